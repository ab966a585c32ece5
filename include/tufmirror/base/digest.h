// Digest values: what was promised for some bytes, and what they turned out to
// be. Values only; hashing is in crypto.
#ifndef TUFMIRROR_BASE_DIGEST_H_
#define TUFMIRROR_BASE_DIGEST_H_

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tufmirror {

// A digest of N bytes with its hexadecimal form.
template <size_t N>
class DigestValue {
 public:
  static constexpr size_t kSize = N;

  DigestValue() : bytes_{} {}
  explicit DigestValue(const std::array<uint8_t, N>& bytes) : bytes_(bytes) {}

  // Exactly 2N hexadecimal digits, lower case as the specification's examples
  // have them (upper case accepted on input); kMalformed otherwise.
  static absl::StatusOr<DigestValue> FromHex(std::string_view hex);

  std::string Hex() const;
  const std::array<uint8_t, N>& bytes() const { return bytes_; }

  friend auto operator<=>(const DigestValue&, const DigestValue&) = default;

  template <typename H>
  friend H AbslHashValue(H h, const DigestValue& d) {
    return H::combine_contiguous(std::move(h), d.bytes_.data(), N);
  }

 private:
  std::array<uint8_t, N> bytes_;
};

using Sha256 = DigestValue<32>;
using Sha512 = DigestValue<64>;

extern template class DigestValue<32>;
extern template class DigestValue<64>;

// Every digest that metadata lists for some bytes. All listed ones are checked
// (TUF 5.7.1); one that nothing here can compute makes the check fail.
struct Digests {
  std::optional<Sha256> sha256;
  std::optional<Sha512> sha512;
  // Name of a listed algorithm that is not known here; empty if none.
  std::string unsupported;

  bool empty() const { return !sha256 && !sha512 && unsupported.empty(); }
  friend bool operator==(const Digests&, const Digests&) = default;
};

// The bytes that signed metadata promises: exact length and all digests.
struct ExpectedContent {
  uint64_t length = 0;  // bytes
  Digests digests;

  friend bool operator==(const ExpectedContent&,
                         const ExpectedContent&) = default;
};

}  // namespace tufmirror

#endif  // TUFMIRROR_BASE_DIGEST_H_
