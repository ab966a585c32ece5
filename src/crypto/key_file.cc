#include "crypto/key_file.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <optional>

#include "absl/cleanup/cleanup.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::crypto {
namespace {

constexpr size_t kMaxKeyFileBytes = size_t{64} << 10;

absl::Status KeyFileFailure(std::string_view operation, const std::string& path,
                            std::string_view problem) {
  return MakeFailure(Failure::kKey,
                     fmt::format("{} private key {}: {}", operation,
                                 Printable(path), problem));
}

absl::Status CheckKeyFile(int fd, const std::string& path) {
  struct stat info {};
  if (fstat(fd, &info) != 0) return fs::ErrnoFailure(errno, "fstat", path);
  if (!S_ISREG(info.st_mode)) {
    return KeyFileFailure("read", path,
                          "expected a regular file, got something else");
  }
  if ((info.st_mode & 077) != 0) {
    return KeyFileFailure(
        "read", path,
        fmt::format("expected a file that only its owner can access, got mode "
                    "{:04o}; to correct it: chmod 600 {}",
                    info.st_mode & 07777, Printable(path)));
  }
  return absl::OkStatus();
}

absl::StatusOr<Secret> ReadAll(int fd, const std::string& path) {
  std::array<char, kMaxKeyFileBytes + 1> buffer;
  const absl::Cleanup wipe = [&buffer] {
    sodium_memzero(buffer.data(), buffer.size());
  };
  size_t size = 0;
  while (size < buffer.size()) {
    const ssize_t got = read(fd, buffer.data() + size, buffer.size() - size);
    if (got == 0) return Secret::Copy({buffer.data(), size});
    if (got > 0) {
      size += static_cast<size_t>(got);
    } else if (errno != EINTR) {
      return fs::ErrnoFailure(errno, "read", path);
    }
  }
  return KeyFileFailure(
      "read", path,
      fmt::format("expected at most {} bytes, got more", kMaxKeyFileBytes));
}

absl::Status WriteDurably(fs::UniqueFd& fd, const std::string& path,
                          std::string_view bytes) {
  RETURN_IF_ERROR(fs::WriteAll(fd.get(), bytes, path));
  if (fsync(fd.get()) != 0) return fs::ErrnoFailure(errno, "fsync", path);
  RETURN_IF_ERROR(fd.Close(path));
  const size_t slash = path.rfind('/');
  return fs::SyncDirectory(slash == std::string::npos ? "."
                           : slash == 0               ? "/"
                                                      : path.substr(0, slash));
}

}  // namespace

absl::StatusOr<Secret> ReadKeyFile(const std::string& path) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  const absl::StatusOr<fs::UniqueFd> fd =
      fs::Open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (!fd.ok()) {
    if (FailureOf(fd.status()) == Failure::kNotFound) return fd.status();
    const auto info = fs::Stat(path);
    if (info.ok() && *info && S_ISLNK((*info)->mode)) {
      return KeyFileFailure("read", path,
                            "expected a regular file, got a symbolic link");
    }
    return KeyFileFailure("read", path, MessageOf(fd.status()));
  }
  RETURN_IF_ERROR(CheckKeyFile(fd->get(), path));
  return ReadAll(fd->get(), path);
}

absl::Status WriteKeyFile(const std::string& path, const Secret& bytes) {
  absl::StatusOr<fs::UniqueFd> fd =
      fs::Open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  if (!fd.ok()) {
    const auto existing = fs::Stat(path);
    if (!existing.ok() || !*existing) return fd.status();
    return KeyFileFailure("write", path,
                          "expected no such file yet, got an existing one; a "
                          "key is never overwritten");
  }
  const absl::Status written = WriteDurably(*fd, path, bytes.view());
  if (written.ok()) return written;
  // A half-written key is of no use. The first error is the one to report.
  fs::Remove(path).IgnoreError();
  return written;
}

}  // namespace tufmirror::crypto
