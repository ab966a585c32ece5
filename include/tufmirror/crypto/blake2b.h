// BLAKE2b with 256 bits of output (RFC 7693, no key), by libsodium. PyPI's file
// URLs have it of the file's content in their path.
#ifndef TUFMIRROR_CRYPTO_BLAKE2B_H_
#define TUFMIRROR_CRYPTO_BLAKE2B_H_

#include <memory>
#include <string_view>

#include "tufmirror/base/digest.h"

namespace tufmirror::crypto {

using Blake2bDigest = DigestValue<32>;

// Hashes a stream. Movable; not for use by two threads at once.
class Blake2b256 {
 public:
  Blake2b256();
  Blake2b256(Blake2b256&&) noexcept;
  Blake2b256& operator=(Blake2b256&&) noexcept;
  ~Blake2b256();

  void Update(std::string_view bytes);
  // Once, at the end.
  Blake2bDigest Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Blake2bDigest Blake2b256Of(std::string_view bytes);

}  // namespace tufmirror::crypto

#endif  // TUFMIRROR_CRYPTO_BLAKE2B_H_
