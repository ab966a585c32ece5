// Strict PEM: one block, of the wanted name, with nothing around it.
#ifndef TUFMIRROR_SRC_CRYPTO_PEM_H_
#define TUFMIRROR_SRC_CRYPTO_PEM_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

namespace tufmirror::crypto {

// The bytes of a PEM block. They may be a secret: wiped when freed.
class DerBytes {
 public:
  DerBytes(unsigned char* owned, size_t size);
  DerBytes(DerBytes&&) noexcept = default;
  DerBytes& operator=(DerBytes&&) noexcept = default;

  const unsigned char* data() const { return bytes_.get(); }
  size_t size() const { return bytes_.get_deleter().size; }

  // Decodes with one of libcrypto's d2i functions; null if the bytes are not
  // exactly one such object.
  template <typename Ptr, typename Decode>
  Ptr DecodeWhole(Decode decode) const {
    const unsigned char* cursor = data();
    Ptr object(decode(nullptr, &cursor, static_cast<long>(size())));
    if (cursor != data() + size()) object.reset();
    return object;
  }

 private:
  struct Wiper {
    size_t size = 0;
    void operator()(unsigned char* bytes) const;
  };
  std::unique_ptr<unsigned char, Wiper> bytes_;
};

// The contents of `text`; nullopt unless it is exactly one PEM block `name`
// ("PUBLIC KEY", ...) without headers, white space around it apart.
// libcrypto's own reader would skip any text before and after. Secret contents
// are decoded in libcrypto's locked heap (see UseLockedHeap).
enum class PemContents { kPublic, kSecret };
std::optional<DerBytes> DecodePem(std::string_view text, std::string_view name,
                                  PemContents contents);

// True if `text` begins, white space apart, as DecodePem needs it.
bool BeginsPem(std::string_view text, std::string_view name);

}  // namespace tufmirror::crypto

#endif  // TUFMIRROR_SRC_CRYPTO_PEM_H_
