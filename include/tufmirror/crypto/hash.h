// SHA-256 and SHA-512, one-shot and streaming, by libcrypto.
#ifndef TUFMIRROR_CRYPTO_HASH_H_
#define TUFMIRROR_CRYPTO_HASH_H_

#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "tufmirror/base/digest.h"

namespace tufmirror::crypto {

Sha256 Sha256Of(std::string_view bytes);
Sha512 Sha512Of(std::string_view bytes);

// Hashes a stream with every algorithm that `expected` lists, and says at the
// end whether length and digests are the promised ones. Movable; not for use
// by two threads at once.
class ContentHasher {
 public:
  // Always computes SHA-256 too when `expected` lists no digest at all.
  explicit ContentHasher(const Digests& expected);
  ContentHasher(ContentHasher&&) noexcept;
  ContentHasher& operator=(ContentHasher&&) noexcept;
  ~ContentHasher();

  void Update(std::string_view bytes);
  uint64_t length() const;

  // Finishes. kLength or kDigest with expected and got; kUnsupported when
  // `expected` lists an algorithm unknown here; kMalformed when it lists no
  // digest. `what` names the object in the message.
  absl::Status Finish(const ExpectedContent& expected, std::string_view what);
  // Finishes and gives what was computed.
  Digests FinishDigests();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Checks `bytes` against `expected` in one go; errors as ContentHasher::Finish.
absl::Status CheckContent(std::string_view bytes,
                          const ExpectedContent& expected,
                          std::string_view what);

}  // namespace tufmirror::crypto

#endif  // TUFMIRROR_CRYPTO_HASH_H_
