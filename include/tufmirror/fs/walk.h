// Reading directories.
#ifndef TUFMIRROR_FS_WALK_H_
#define TUFMIRROR_FS_WALK_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::fs {

// Calls `visit` for every regular file below `root`, with its path relative to
// `root` ('/' between segments) and its lstat. Directories are read with file
// descriptors, never following symlinks; symlinks, devices and sockets are
// passed over. Order is unspecified. Stops at the first error, also one that
// `visit` returns.
absl::Status WalkFiles(
    const std::string& root,
    absl::FunctionRef<absl::Status(std::string_view path, const FileInfo&)>
        visit);

// Names in one directory, sorted, without "." and "..".
absl::StatusOr<std::vector<std::string>> ListDirectory(const std::string& path);

}  // namespace tufmirror::fs

#endif  // TUFMIRROR_FS_WALK_H_
