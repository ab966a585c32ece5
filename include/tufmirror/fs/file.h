// Files through POSIX, with every error checked and named.
//
// Paths here are ours (homes, staging), never taken from outside; outside
// paths pass through TargetPath first. errno ENOSPC, EDQUOT and ENOENT map to
// kDiskFull and kNotFound, the rest to kFileSystem.
#ifndef TUFMIRROR_FS_FILE_H_
#define TUFMIRROR_FS_FILE_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace tufmirror::fs {

// A file descriptor that is closed once.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(other.Release()) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept;
  ~UniqueFd();

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  int Release();
  // Closes and reports what close(2) said: for files that were written.
  absl::Status Close(std::string_view path);

 private:
  int fd_ = -1;
};

// The error of `operation` on `path` from `error_number` (an errno value).
absl::Status ErrnoFailure(int error_number, std::string_view operation,
                          std::string_view path);

enum class Durability {
  kNone,   // the caller makes it durable later, with SyncFileSystem
  kFsync,  // the file and its directory are fsynced
};

// Whole file; kTooLarge if longer than `max_bytes`, kNotFound if absent.
absl::StatusOr<std::string> ReadFile(const std::string& path,
                                     uint64_t max_bytes);

// Replaces `path` by `bytes`: temporary file beside it, rename. A reader sees
// the old or the new bytes. The temporary file is removed on failure.
absl::Status WriteFileAtomically(const std::string& path,
                                 std::string_view bytes, mode_t mode,
                                 Durability durability);

// open(2) with O_CLOEXEC.
absl::StatusOr<UniqueFd> Open(const std::string& path, int flags,
                              mode_t mode = 0);
// Writes all of `bytes`, through EINTR and short writes.
absl::Status WriteAll(int fd, std::string_view bytes, std::string_view path);

absl::Status MakeDirectories(const std::string& path, mode_t mode);
absl::Status Rename(const std::string& from, const std::string& to);
// link(2). kFileSystem if `to` exists.
absl::Status Link(const std::string& from, const std::string& to);
// Makes `to` another name of `from`, replacing what `to` was, atomically.
absl::Status LinkOver(const std::string& from, const std::string& to);
// unlink(2); not an error if absent.
absl::Status Remove(const std::string& path);
// Removes a directory if it is empty; not an error if absent or not empty.
absl::Status RemoveDirectoryIfEmpty(const std::string& path);
// Removes a whole directory tree; not an error if absent. Follows no symlink.
absl::Status RemoveTree(const std::string& path);
// Removes what killed WriteFileAtomically and LinkOver calls left in
// `directory`. The caller makes sure that none is under way there.
absl::Status RemoveTemporaries(const std::string& directory);
// Makes `link` a symlink to `target`, replacing atomically (rename), and
// fsyncs the directory of `link`.
absl::Status ReplaceSymlink(const std::string& target, const std::string& link);
absl::StatusOr<std::string> ReadSymlink(const std::string& path);

// syncfs(2) on the file system of `path`: everything written is on disk.
absl::Status SyncFileSystem(const std::string& path);
absl::Status SyncDirectory(const std::string& path);

struct FileInfo {
  uint64_t size = 0;  // bytes
  absl::Time mtime;   // nanosecond precision
  mode_t mode = 0;    // type and permissions
  uint64_t device = 0;
  uint64_t inode = 0;
  uint64_t links = 0;
};
// lstat(2); nullopt if absent.
absl::StatusOr<std::optional<FileInfo>> Stat(const std::string& path);

struct Space {
  uint64_t free_bytes = 0;  // available to this user
  uint64_t total_bytes = 0;
  uint64_t free_inodes = 0;  // UINT64_MAX where the file system has no limit
};
absl::StatusOr<Space> SpaceOf(const std::string& path);

}  // namespace tufmirror::fs

#endif  // TUFMIRROR_FS_FILE_H_
