// Files checked against what metadata promises.
#ifndef TUFMIRROR_CRYPTO_FILE_CONTENT_H_
#define TUFMIRROR_CRYPTO_FILE_CONTENT_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/base/digest.h"

namespace tufmirror::crypto {

// Reads the file `path`, in pieces, and checks it against `expected`. kNotFound
// if it is absent; kLength (without reading) and kDigest as
// ContentHasher::Finish; symbolic links and anything but a regular file are
// refused with kFileSystem.
absl::Status CheckFile(const std::string& path,
                       const ExpectedContent& expected);
// The same; gives the inode of the file.
absl::StatusOr<uint64_t> InodeOfChecked(const std::string& path,
                                        const ExpectedContent& expected);

}  // namespace tufmirror::crypto

#endif  // TUFMIRROR_CRYPTO_FILE_CONTENT_H_
