// Paths are walked one segment at a time with O_NOFOLLOW from a directory that
// is already open: nothing swapped in meanwhile can lead outside.
#include "serve/live_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::serve {
namespace {

absl::Status Absent(std::string_view path) {
  return MakeFailure(Failure::kNotFound,
                     "serve \"" + Printable(path) + "\": no such file");
}

}  // namespace

absl::StatusOr<LiveTree> LiveTree::Open(const std::string& document_root) {
  ASSIGN_OR_RETURN(fs::UniqueFd directory,
                   fs::Open(document_root, O_PATH | O_DIRECTORY));
  return LiveTree(std::move(directory));
}

absl::StatusOr<fs::UniqueFd> LiveTree::Resolve(std::string_view path,
                                               int flags) const {
  fs::UniqueFd held;
  int current = directory_.get();
  std::string_view rest = path;
  for (bool top = true; !rest.empty(); top = false) {
    const std::string segment(rest.substr(0, rest.find('/')));
    rest.remove_prefix(std::min(rest.size(), segment.size() + 1));
    if (segment.empty() || segment.front() == '.') return Absent(path);
    const bool last = rest.empty();
    int segment_flags = last ? flags : O_PATH | O_DIRECTORY;
    // The trees share one packages directory through this symlink of ours.
    const bool packages = top && segment == tree::kPackagesDirectory;
    if (!(packages && (segment_flags & O_DIRECTORY))) {
      segment_flags |= O_NOFOLLOW;
    }
    fs::UniqueFd next(
        openat(current, segment.c_str(), segment_flags | O_CLOEXEC));
    if (!next.valid()) {
      if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) {
        return Absent(path);
      }
      return fs::ErrnoFailure(errno, "open", Printable(path));
    }
    held = std::move(next);
    current = held.get();
  }
  if (!held.valid()) return Absent(path);
  return held;
}

absl::StatusOr<OpenedFile> LiveTree::OpenFile(std::string_view path) const {
  // Not to wait for the other end, should a FIFO ever be there.
  ASSIGN_OR_RETURN(fs::UniqueFd fd, Resolve(path, O_RDONLY | O_NONBLOCK));
  struct stat info = {};
  if (fstat(fd.get(), &info) != 0) {
    return fs::ErrnoFailure(errno, "stat", Printable(path));
  }
  if (!S_ISREG(info.st_mode)) return Absent(path);
  OpenedFile file;
  file.fd = std::move(fd);
  file.size = static_cast<uint64_t>(info.st_size);
  file.inode = info.st_ino;
  file.mtime = info.st_mtim;
  return file;
}

bool LiveTree::IsDirectory(std::string_view path) const {
  return Resolve(path, O_PATH | O_DIRECTORY).ok();
}

}  // namespace tufmirror::serve
