// Private keys on disk: files that only their owner can read.
#ifndef TUFMIRROR_SRC_CRYPTO_KEY_FILE_H_
#define TUFMIRROR_SRC_CRYPTO_KEY_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/crypto/private_key.h"

namespace tufmirror::crypto {

// ReadSecretFile for a private key.
absl::StatusOr<Secret> ReadKeyFile(const std::string& path);

// Writes `bytes` to the new file `path`, mode 0600, durable when this returns.
// kKey if `path` exists in any form. What was begun is removed on failure.
absl::Status WriteKeyFile(const std::string& path, const Secret& bytes);

}  // namespace tufmirror::crypto

#endif  // TUFMIRROR_SRC_CRYPTO_KEY_FILE_H_
