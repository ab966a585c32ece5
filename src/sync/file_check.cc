// One pass in pieces: memory does not depend on the file.
#include "sync/file_check.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::sync {
namespace {

constexpr size_t kMaxPieceBytes = size_t{1} << 20;

}  // namespace

absl::Status CheckFile(const std::string& path, const ExpectedContent& expected,
                       std::string_view what) {
  ASSIGN_OR_RETURN(const fs::UniqueFd fd, fs::Open(path, O_RDONLY));
  crypto::ContentHasher hasher(expected.digests);
  // One byte more than expected, so that the end shows in the first read.
  std::string buffer(
      std::min(kMaxPieceBytes, static_cast<size_t>(expected.length) + 1), '\0');
  while (hasher.length() <= expected.length) {
    const ssize_t got = read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fs::ErrnoFailure(errno, "read", path);
    if (got == 0) break;
    hasher.Update(std::string_view(buffer).substr(0, static_cast<size_t>(got)));
  }
  return hasher.Finish(expected, Printable(what));
}

}  // namespace tufmirror::sync
