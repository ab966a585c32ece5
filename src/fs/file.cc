// Bytes and attributes of files: every system call's error becomes a status
// that names the operation and the path.
#include "tufmirror/fs/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <system_error>
#include <utility>

#include "fmt/format.h"
#include "fs/parent.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::fs {
namespace {

constexpr size_t kReadChunk = size_t{64} << 10;
// Above this a read starts with a small buffer even if fstat promises more.
constexpr uint64_t kLargestReservation = uint64_t{1} << 30;

Failure FailureOfErrno(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      return Failure::kDiskFull;
    case ENOENT:
      return Failure::kNotFound;
    default:
      return Failure::kFileSystem;
  }
}

absl::Status TooLarge(const std::string& path, uint64_t max_bytes) {
  return MakeFailure(
      Failure::kTooLarge,
      fmt::format("read {}: expected at most {} bytes, got more",
                  Printable(path, kMessagePathBytes), max_bytes));
}

// write, chmod, fsync, close: everything before the name changes.
absl::Status FillTemporary(UniqueFd fd, const std::string& temporary,
                           std::string_view bytes, mode_t mode,
                           Durability durability) {
  RETURN_IF_ERROR(WriteAll(fd.get(), bytes, temporary));
  if (fchmod(fd.get(), mode) != 0) {
    return ErrnoFailure(errno, "set permissions of", temporary);
  }
  if (durability == Durability::kFsync && fsync(fd.get()) != 0) {
    return ErrnoFailure(errno, "fsync", temporary);
  }
  return fd.Close(temporary);
}

absl::Time TimeOf(const timespec& time) { return absl::TimeFromTimespec(time); }

}  // namespace

std::string ParentDirectory(std::string_view path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(path.substr(0, std::max<size_t>(slash, 1)));
}

UniqueFd& UniqueFd::operator=(UniqueFd&& other) noexcept {
  if (this != &other) {
    if (valid()) close(fd_);
    fd_ = other.Release();
  }
  return *this;
}

UniqueFd::~UniqueFd() {
  if (valid()) close(fd_);
}

int UniqueFd::Release() { return std::exchange(fd_, -1); }

absl::Status UniqueFd::Close(std::string_view path) {
  if (!valid()) return absl::OkStatus();
  // Linux closes the descriptor also when close(2) reports EINTR.
  if (close(Release()) != 0 && errno != EINTR) {
    return ErrnoFailure(errno, "close", path);
  }
  return absl::OkStatus();
}

absl::Status ErrnoFailure(int error_number, std::string_view operation,
                          std::string_view path) {
  return MakeFailure(
      FailureOfErrno(error_number),
      fmt::format("{} {}: {}", operation, Printable(path, kMessagePathBytes),
                  std::generic_category().message(error_number)));
}

absl::StatusOr<UniqueFd> Open(const std::string& path, int flags, mode_t mode) {
  int fd = -1;
  do {
    fd = open(path.c_str(), flags | O_CLOEXEC, mode);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return ErrnoFailure(errno, "open", path);
  return UniqueFd(fd);
}

absl::Status WriteAll(int fd, std::string_view bytes, std::string_view path) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return ErrnoFailure(errno, "write", path);
    }
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadFile(const std::string& path,
                                     uint64_t max_bytes) {
  ASSIGN_OR_RETURN(const UniqueFd fd, Open(path, O_RDONLY));
  struct stat status;
  if (fstat(fd.get(), &status) != 0) return ErrnoFailure(errno, "stat", path);
  const uint64_t promised = static_cast<uint64_t>(status.st_size);
  if (S_ISREG(status.st_mode) && promised > max_bytes) {
    return TooLarge(path, max_bytes);
  }
  std::string bytes;
  size_t length = 0;
  // One byte more than promised, so that the end is seen without growing.
  bytes.resize(promised < kLargestReservation ? promised + 1 : kReadChunk);
  while (true) {
    if (length == bytes.size())
      bytes.resize(length + std::max(length, kReadChunk));
    const ssize_t got =
        read(fd.get(), bytes.data() + length, bytes.size() - length);
    if (got < 0) {
      if (errno == EINTR) continue;
      return ErrnoFailure(errno, "read", path);
    }
    if (got == 0) break;
    length += static_cast<size_t>(got);
    if (length > max_bytes) return TooLarge(path, max_bytes);
  }
  bytes.resize(length);
  return bytes;
}

absl::Status WriteFileAtomically(const std::string& path,
                                 std::string_view bytes, mode_t mode,
                                 Durability durability) {
  std::string temporary =
      fmt::format("{}/{}XXXXXX", ParentDirectory(path), kTemporaryPrefix);
  UniqueFd fd(mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd.valid()) return ErrnoFailure(errno, "create a file beside", path);
  absl::Status status =
      FillTemporary(std::move(fd), temporary, bytes, mode, durability);
  if (status.ok()) status = Rename(temporary, path);
  if (!status.ok()) {
    unlink(temporary.c_str());
    return Annotate(
        status, fmt::format("replace {}", Printable(path, kMessagePathBytes)));
  }
  if (durability == Durability::kNone) return absl::OkStatus();
  return SyncDirectory(ParentDirectory(path));
}

absl::Status SyncFileSystem(const std::string& path) {
  ASSIGN_OR_RETURN(const UniqueFd fd, Open(path, O_RDONLY));
  if (syncfs(fd.get()) != 0) return ErrnoFailure(errno, "syncfs", path);
  return absl::OkStatus();
}

absl::Status SyncDirectory(const std::string& path) {
  ASSIGN_OR_RETURN(const UniqueFd fd, Open(path, O_RDONLY | O_DIRECTORY));
  if (fsync(fd.get()) != 0) return ErrnoFailure(errno, "fsync", path);
  return absl::OkStatus();
}

FileInfo FileInfoOf(const struct stat& status) {
  FileInfo info;
  info.size = static_cast<uint64_t>(status.st_size);
  info.mtime = TimeOf(status.st_mtim);
  info.mode = status.st_mode;
  info.device = status.st_dev;
  info.inode = status.st_ino;
  info.links = status.st_nlink;
  return info;
}

absl::StatusOr<std::optional<FileInfo>> Stat(const std::string& path) {
  struct stat status;
  if (lstat(path.c_str(), &status) == 0) return FileInfoOf(status);
  if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
  return ErrnoFailure(errno, "stat", path);
}

absl::StatusOr<Space> SpaceOf(const std::string& path) {
  struct statvfs status;
  if (statvfs(path.c_str(), &status) != 0) {
    return ErrnoFailure(errno, "statvfs", path);
  }
  Space space;
  space.free_bytes = uint64_t{status.f_bavail} * status.f_frsize;
  space.total_bytes = uint64_t{status.f_blocks} * status.f_frsize;
  // btrfs and others make inodes as needed and report none at all.
  space.free_inodes = status.f_files == 0 ? std::numeric_limits<uint64_t>::max()
                                          : uint64_t{status.f_favail};
  return space;
}

}  // namespace tufmirror::fs
