// Files with secrets: keys, passwords, tokens. Only their owner may read them.
#ifndef TUFMIRROR_CRYPTO_SECRET_FILE_H_
#define TUFMIRROR_CRYPTO_SECRET_FILE_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "tufmirror/crypto/private_key.h"

namespace tufmirror::crypto {

// The bytes of `path`, a `what` ("private key") in messages. kNotFound if
// absent; kKey if it is no regular file (a symlink is none), if group or others
// have any permission on it, if it is larger than 64 KiB or cannot be opened.
absl::StatusOr<Secret> ReadSecretFile(const std::string& path,
                                      std::string_view what);
// The same of a file that may turn out to be no secret, which `is_public` says
// of its bytes: then everybody may have permissions on it.
absl::StatusOr<Secret> ReadSecretFile(
    const std::string& path, std::string_view what,
    absl::FunctionRef<bool(std::string_view)> is_public);

// The first line of such a file, or of the open descriptor `fd` (a pipe, a
// terminal), without its line end. At most kMaxSecretLineBytes: kKey for more.
// The descriptor is read no further than a read(2) gave.
inline constexpr size_t kMaxSecretLineBytes = 1024;
absl::StatusOr<Secret> ReadSecretLineOfFile(const std::string& path,
                                            std::string_view what);
absl::StatusOr<Secret> ReadSecretLineOf(int fd, std::string_view what);

}  // namespace tufmirror::crypto

#endif  // TUFMIRROR_CRYPTO_SECRET_FILE_H_
