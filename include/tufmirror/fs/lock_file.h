// One lock per home: a second run learns at once who holds it.
#ifndef TUFMIRROR_FS_LOCK_FILE_H_
#define TUFMIRROR_FS_LOCK_FILE_H_

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::fs {

// An exclusive advisory lock (flock(2)) held while this object lives; the
// kernel releases it when the process dies, so there are no stale locks.
class LockFile {
 public:
  // Takes the lock at `path` without waiting and writes holder (process id,
  // host, start time, `purpose`) into it for people. kLocked, with the
  // holder's own words, if another process has it.
  static absl::StatusOr<LockFile> Acquire(const std::string& path,
                                          std::string_view purpose);
  LockFile(LockFile&&) noexcept = default;
  LockFile& operator=(LockFile&&) noexcept = default;

 private:
  explicit LockFile(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace tufmirror::fs

#endif  // TUFMIRROR_FS_LOCK_FILE_H_
