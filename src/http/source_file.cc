// See source_file.h.
#include "http/source_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::http {
namespace {

constexpr uint64_t kChunkBytes = 64 * 1024;

std::string_view KindOf(mode_t mode) {
  if (S_ISDIR(mode)) return "a directory";
  if (S_ISFIFO(mode)) return "a FIFO";
  return "a device or socket";
}

}  // namespace

absl::StatusOr<fs::UniqueFd> OpenSourceFile(const std::string& path) {
  // Else the open of a FIFO without a writer would never return.
  ASSIGN_OR_RETURN(fs::UniqueFd fd, fs::Open(path, O_RDONLY | O_NONBLOCK));
  struct stat info {};
  if (fstat(fd.get(), &info) != 0) {
    return fs::ErrnoFailure(errno, "stat", path);
  }
  if (!S_ISREG(info.st_mode)) {
    return MakeFailure(Failure::kFileSystem,
                       fmt::format("read {}: expected a regular file, got {}",
                                   Printable(path), KindOf(info.st_mode)));
  }
  return fd;
}

absl::StatusOr<std::string> ReadSourceFile(const std::string& path,
                                           uint64_t max_bytes) {
  ASSIGN_OR_RETURN(const fs::UniqueFd fd, OpenSourceFile(path));
  std::string bytes;
  while (true) {
    const size_t old_size = bytes.size();
    bytes.resize(old_size + kChunkBytes);
    const ssize_t got = read(fd.get(), bytes.data() + old_size, kChunkBytes);
    const int error_number = errno;
    bytes.resize(old_size + static_cast<size_t>(std::max<ssize_t>(got, 0)));
    if (got < 0 && error_number != EINTR) {
      return fs::ErrnoFailure(error_number, "read", path);
    }
    if (bytes.size() > max_bytes) {
      return MakeFailure(
          Failure::kTooLarge,
          fmt::format("read {}: expected at most {} bytes, got more",
                      Printable(path), max_bytes));
    }
    if (got == 0) return bytes;
  }
}

}  // namespace tufmirror::http
