// Files that file URLs name. They are somebody else's: what is there need not
// be a file, and must not keep a run waiting.
#ifndef TUFMIRROR_SRC_HTTP_SOURCE_FILE_H_
#define TUFMIRROR_SRC_HTTP_SOURCE_FILE_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::http {

// Opens a regular file for reading, without waiting. kFileSystem for a
// directory, FIFO or device; kNotFound if absent.
absl::StatusOr<fs::UniqueFd> OpenSourceFile(const std::string& path);

// The whole file, opened like that; kTooLarge if longer than `max_bytes`.
absl::StatusOr<std::string> ReadSourceFile(const std::string& path,
                                           uint64_t max_bytes);

}  // namespace tufmirror::http

#endif  // TUFMIRROR_SRC_HTTP_SOURCE_FILE_H_
