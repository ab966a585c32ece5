#include "tufmirror/crypto/file_content.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::crypto {
namespace {

constexpr size_t kPieceBytes = size_t{1} << 18;

}  // namespace

absl::Status CheckFile(const std::string& path,
                       const ExpectedContent& expected) {
  return InodeOfChecked(path, expected).status();
}

absl::StatusOr<uint64_t> InodeOfChecked(const std::string& path,
                                        const ExpectedContent& expected) {
  ASSIGN_OR_RETURN(const fs::UniqueFd fd,
                   fs::Open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  struct stat info = {};
  if (fstat(fd.get(), &info) != 0) {
    return fs::ErrnoFailure(errno, "stat", path);
  }
  if (!S_ISREG(info.st_mode)) {
    return MakeFailure(Failure::kFileSystem,
                       fmt::format("{}: not a regular file", path));
  }
  if (static_cast<uint64_t>(info.st_size) != expected.length) {
    return MakeFailure(Failure::kLength,
                       fmt::format("{}: expected {} bytes, got {}", path,
                                   expected.length, info.st_size));
  }
  ContentHasher hasher(expected.digests);
  std::string piece(std::min<uint64_t>(kPieceBytes, expected.length + 1), '\0');
  while (true) {
    const ssize_t got = read(fd.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fs::ErrnoFailure(errno, "read", path);
    if (got == 0) break;
    hasher.Update(std::string_view(piece.data(), static_cast<size_t>(got)));
    // All that was promised, and a file that ended there.
    if (hasher.length() == expected.length &&
        static_cast<size_t>(got) < piece.size()) {
      break;
    }
  }
  RETURN_IF_ERROR(hasher.Finish(expected, path));
  return uint64_t{info.st_ino};
}

}  // namespace tufmirror::crypto
