// What the files of this module share and nobody else needs.
#ifndef TUFMIRROR_SRC_FS_PARENT_H_
#define TUFMIRROR_SRC_FS_PARENT_H_

#include <sys/stat.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "tufmirror/fs/file.h"

namespace tufmirror::fs {

// Paths in messages are shown up to this length: a path is useless when cut.
inline constexpr size_t kMessagePathBytes = 1024;

// Every temporary name begins so; the rest makes it unique.
inline constexpr std::string_view kTemporaryPrefix = ".tmp-";

// The directory that holds the name `path`; "." if it has no '/'.
std::string ParentDirectory(std::string_view path);

FileInfo FileInfoOf(const struct stat& status);

}  // namespace tufmirror::fs

#endif  // TUFMIRROR_SRC_FS_PARENT_H_
