// The lock is flock(2); the text in the file is for people only.
#include "tufmirror/fs/lock_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <unistd.h>

#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "fmt/format.h"
#include "fs/parent.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::fs {
namespace {

constexpr mode_t kLockMode = 0600;
constexpr size_t kMaxHolderBytes = 1024;

std::string HostName() {
  char name[HOST_NAME_MAX + 1] = {};
  if (gethostname(name, sizeof(name) - 1) != 0) return "unknown host";
  return name;
}

std::string HolderText(std::string_view purpose) {
  return fmt::format(
      "process {} on {} since {}: {}\n", getpid(), Printable(HostName()),
      absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::Now(), absl::UTCTimeZone()),
      Printable(purpose));
}

absl::Status Locked(const UniqueFd& fd, const std::string& path) {
  std::string holder(kMaxHolderBytes, '\0');
  const ssize_t got = pread(fd.get(), holder.data(), holder.size(), 0);
  holder.resize(got < 0 ? 0 : static_cast<size_t>(got));
  while (!holder.empty() && holder.back() == '\n') holder.pop_back();
  // The holder locks first and writes second.
  if (holder.empty()) holder = "a process that just started";
  return MakeFailure(
      Failure::kLocked,
      fmt::format("lock {}: held by {}", Printable(path, kMessagePathBytes),
                  Printable(holder, kMaxHolderBytes)));
}

}  // namespace

absl::StatusOr<LockFile> LockFile::Acquire(const std::string& path,
                                           std::string_view purpose) {
  ASSIGN_OR_RETURN(UniqueFd fd, Open(path, O_RDWR | O_CREAT, kLockMode));
  int locked = 0;
  do {
    locked = flock(fd.get(), LOCK_EX | LOCK_NB);
  } while (locked != 0 && errno == EINTR);
  if (locked != 0) {
    if (errno == EWOULDBLOCK) return Locked(fd, path);
    return ErrnoFailure(errno, "lock", path);
  }
  if (ftruncate(fd.get(), 0) != 0) return ErrnoFailure(errno, "write", path);
  // A full disk must not keep a run from starting: it may be what frees space.
  const absl::Status written = WriteAll(fd.get(), HolderText(purpose), path);
  if (!written.ok() && FailureOf(written) != Failure::kDiskFull) return written;
  return LockFile(std::move(fd));
}

}  // namespace tufmirror::fs
