// See secret_file.h.
#include "tufmirror/crypto/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

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

absl::StatusOr<mode_t> ModeOfRegularFile(int fd, const Named& file) {
  struct stat info {};
  if (fstat(fd, &info) != 0) return fs::ErrnoFailure(errno, "fstat", file.path);
  if (S_ISREG(info.st_mode)) return info.st_mode;
  return SecretFileFailure(file, "expected a regular file, got something else");
}

absl::Status CheckMode(mode_t mode, const Named& file) {
  if ((mode & 077) == 0) return absl::OkStatus();
  return SecretFileFailure(
      file,
      fmt::format("expected a file that only its owner can access, got mode "
                  "{:04o}; to correct it: chmod 600 {}",
                  mode & 07777, Printable(file.path)));
}

enum class Until { kEnd, kLineFeed };

// At most `limit` bytes, as they come, into locked memory.
absl::StatusOr<Secret> ReadUntil(int fd, Until until, size_t limit,
                                 const Named& file) {
  const auto fill = [&](char* bytes) -> absl::StatusOr<size_t> {
    size_t size = 0;
    while (size <= limit) {
      const ssize_t got = read(fd, bytes + size, limit + 1 - size);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return fs::ErrnoFailure(errno, "read", file.path);
      const std::string_view read(bytes + size, static_cast<size_t>(got));
      size += read.size();
      const bool ended = read.empty() || (until == Until::kLineFeed &&
                                          read.find('\n') != read.npos);
      if (ended) return size;
    }
    return SecretFileFailure(
        file, fmt::format("expected at most {} bytes, got more", limit));
  };
  return Secret::Filled(limit + 1, fill);
}

absl::StatusOr<Secret> FirstLine(const Secret& text, const Named& file) {
  const std::string_view line =
      text.view().substr(0, text.view().find_first_of("\r\n"));
  if (line.size() <= kMaxSecretLineBytes) return Secret::Copy(line);
  return SecretFileFailure(file,
                           fmt::format("expected a line of at most {} bytes, "
                                       "got a longer one",
                                       kMaxSecretLineBytes));
}

}  // namespace

absl::StatusOr<Secret> ReadSecretFile(
    const std::string& path, std::string_view what,
    absl::FunctionRef<bool(std::string_view)> is_public) {
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
  ASSIGN_OR_RETURN(const mode_t mode, ModeOfRegularFile(fd->get(), file));
  ASSIGN_OR_RETURN(Secret bytes, ReadUntil(fd->get(), Until::kEnd,
                                           kMaxSecretFileBytes, file));
  if (!is_public(bytes.view())) RETURN_IF_ERROR(CheckMode(mode, file));
  return bytes;
}

absl::StatusOr<Secret> ReadSecretFile(const std::string& path,
                                      std::string_view what) {
  return ReadSecretFile(path, what, [](std::string_view) { return false; });
}

absl::StatusOr<Secret> ReadSecretLineOfFile(const std::string& path,
                                            std::string_view what) {
  ASSIGN_OR_RETURN(const Secret text, ReadSecretFile(path, what));
  return FirstLine(text, {path, what});
}

absl::StatusOr<Secret> ReadSecretLineOf(int fd, std::string_view what) {
  const std::string name = fmt::format("from descriptor {}", fd);
  const Named file{name, what};
  ASSIGN_OR_RETURN(const Secret text, ReadUntil(fd, Until::kLineFeed,
                                                kMaxSecretLineBytes + 2, file));
  return FirstLine(text, file);
}

}  // namespace tufmirror::crypto
