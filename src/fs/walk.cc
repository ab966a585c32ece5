// Directory reading by file descriptor: a directory that is swapped for a
// symlink meanwhile is not followed.
#include "tufmirror/fs/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "fmt/format.h"
#include "fs/parent.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::fs {
namespace {

using Visitor =
    absl::FunctionRef<absl::Status(std::string_view path, const FileInfo&)>;

// One descriptor is open per level.
constexpr int kMaxDepth = 256;

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};
using DirectoryStream = std::unique_ptr<DIR, CloseDirectory>;

absl::StatusOr<DirectoryStream> StreamOf(UniqueFd fd, std::string_view path) {
  DirectoryStream stream(fdopendir(fd.get()));
  if (stream == nullptr) return ErrnoFailure(errno, "read directory", path);
  fd.Release();
  return stream;
}

// The next entry but "." and ".."; nullptr at the end.
absl::StatusOr<const dirent*> Next(DIR* stream, std::string_view path) {
  while (true) {
    errno = 0;
    const dirent* entry = readdir(stream);
    if (entry == nullptr && errno != 0) {
      return ErrnoFailure(errno, "read directory", path);
    }
    if (entry == nullptr ||
        (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)) {
      return entry;
    }
  }
}

// One walk: the root for messages, the path of the current directory.
class Walker {
 public:
  Walker(const std::string& root, Visitor visit) : root_(root), visit_(visit) {}

  absl::Status WalkDirectory(UniqueFd fd, int depth) {
    if (depth > kMaxDepth) {
      return MakeFailure(
          Failure::kFileSystem,
          fmt::format("walk {}: directories nested deeper than {}", Here(),
                      kMaxDepth));
    }
    ASSIGN_OR_RETURN(const DirectoryStream stream,
                     StreamOf(std::move(fd), Here()));
    while (true) {
      ASSIGN_OR_RETURN(const dirent* const entry, Next(stream.get(), Here()));
      if (entry == nullptr) return absl::OkStatus();
      const size_t length = path_.size();
      if (!path_.empty()) path_ += '/';
      path_ += entry->d_name;
      RETURN_IF_ERROR(VisitEntry(dirfd(stream.get()), *entry, depth));
      path_.resize(length);
    }
  }

 private:
  std::string Here() const { return root_ + "/" + path_; }

  absl::Status VisitEntry(int directory, const dirent& entry, int depth) {
    if (entry.d_type == DT_DIR) return Descend(directory, entry, depth);
    if (entry.d_type != DT_REG && entry.d_type != DT_UNKNOWN) {
      return absl::OkStatus();
    }
    struct stat status;
    if (fstatat(directory, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
      // Removed since the directory was read.
      if (errno == ENOENT) return absl::OkStatus();
      return ErrnoFailure(errno, "stat", Here());
    }
    if (S_ISDIR(status.st_mode)) return Descend(directory, entry, depth);
    if (!S_ISREG(status.st_mode)) return absl::OkStatus();
    return visit_(path_, FileInfoOf(status));
  }

  absl::Status Descend(int directory, const dirent& entry, int depth) {
    UniqueFd fd(openat(directory, entry.d_name,
                       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!fd.valid()) {
      if (errno == ENOENT || errno == ELOOP || errno == ENOTDIR) {
        return absl::OkStatus();
      }
      return ErrnoFailure(errno, "open directory", Here());
    }
    return WalkDirectory(std::move(fd), depth + 1);
  }

  const std::string& root_;
  Visitor visit_;
  std::string path_;
};

}  // namespace

absl::Status WalkFiles(const std::string& root, Visitor visit) {
  ASSIGN_OR_RETURN(UniqueFd fd, Open(root, O_RDONLY | O_DIRECTORY));
  return Walker(root, visit).WalkDirectory(std::move(fd), 1);
}

absl::StatusOr<std::vector<std::string>> ListDirectory(
    const std::string& path) {
  ASSIGN_OR_RETURN(UniqueFd fd, Open(path, O_RDONLY | O_DIRECTORY));
  ASSIGN_OR_RETURN(const DirectoryStream stream, StreamOf(std::move(fd), path));
  std::vector<std::string> names;
  while (true) {
    ASSIGN_OR_RETURN(const dirent* const entry, Next(stream.get(), path));
    if (entry == nullptr) break;
    names.emplace_back(entry->d_name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace tufmirror::fs
