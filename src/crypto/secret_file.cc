// See secret_file.h.
#include "tufmirror/crypto/secret_file.h"

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

constexpr size_t kMaxSecretFileBytes = size_t{64} << 10;

// A file as messages name it.
struct Named {
  const std::string& path;
  std::string_view what;
};

absl::Status SecretFileFailure(const Named& file, std::string_view problem) {
  return MakeFailure(Failure::kKey, fmt::format("read {} {}: {}", file.what,
                                                Printable(file.path), problem));
}

absl::Status CheckSecretFile(int fd, const Named& file) {
  struct stat info {};
  if (fstat(fd, &info) != 0) return fs::ErrnoFailure(errno, "fstat", file.path);
  if (!S_ISREG(info.st_mode)) {
    return SecretFileFailure(file,
                             "expected a regular file, got something else");
  }
  if ((info.st_mode & 077) != 0) {
    return SecretFileFailure(
        file,
        fmt::format("expected a file that only its owner can access, got mode "
                    "{:04o}; to correct it: chmod 600 {}",
                    info.st_mode & 07777, Printable(file.path)));
  }
  return absl::OkStatus();
}

absl::StatusOr<Secret> ReadAll(int fd, const Named& file) {
  std::array<char, kMaxSecretFileBytes + 1> buffer;
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
      return fs::ErrnoFailure(errno, "read", file.path);
    }
  }
  return SecretFileFailure(
      file,
      fmt::format("expected at most {} bytes, got more", kMaxSecretFileBytes));
}

}  // namespace

absl::StatusOr<Secret> ReadSecretFile(const std::string& path,
                                      std::string_view what) {
  const Named file{path, what};
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  const absl::StatusOr<fs::UniqueFd> fd =
      fs::Open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  if (!fd.ok()) {
    if (FailureOf(fd.status()) == Failure::kNotFound) return fd.status();
    const auto info = fs::Stat(path);
    if (info.ok() && *info && S_ISLNK((*info)->mode)) {
      return SecretFileFailure(file,
                               "expected a regular file, got a symbolic link");
    }
    return SecretFileFailure(file, MessageOf(fd.status()));
  }
  RETURN_IF_ERROR(CheckSecretFile(fd->get(), file));
  return ReadAll(fd->get(), file);
}

}  // namespace tufmirror::crypto
