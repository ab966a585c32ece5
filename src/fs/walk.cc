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
#include <thread>
#include <utility>
#include <vector>

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
// Entries of one directory in memory at a time.
constexpr size_t kBatch = 4096;
constexpr size_t kWorthSharing = 1024;

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

struct Entry {
  std::string name;
  unsigned char type;  // DT_*; after Stat none that is not known
  int error = 0;       // errno of stat
  FileInfo info = {};
};

// Finds out about what is, or may be, a regular file.
void Stat(int directory, Entry& entry) {
  if (entry.type != DT_REG && entry.type != DT_UNKNOWN) return;
  struct stat status;
  if (fstatat(directory, entry.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) !=
      0) {
    entry.error = errno;
    return;
  }
  entry.type = IFTODT(status.st_mode);
  entry.info = FileInfoOf(status);
}

// Most of the time of a walk is spent here, in the kernel: long lists are
// shared with a second thread.
void StatAll(int directory, std::vector<Entry>& entries) {
  const auto stat_range = [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) Stat(directory, entries[i]);
  };
  if (entries.size() < kWorthSharing) return stat_range(0, entries.size());
  const size_t half = entries.size() / 2;
  std::thread other(stat_range, 0, half);
  stat_range(half, entries.size());
  other.join();
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
    std::vector<Entry> entries;
    bool more = true;
    while (more) {
      entries.clear();
      while (more && entries.size() < kBatch) {
        ASSIGN_OR_RETURN(const dirent* const entry, Next(stream.get(), Here()));
        more = entry != nullptr;
        if (more) entries.push_back({entry->d_name, entry->d_type});
      }
      const int directory = dirfd(stream.get());
      StatAll(directory, entries);
      for (const Entry& entry : entries) {
        const size_t length = path_.size();
        if (!path_.empty()) path_ += '/';
        path_ += entry.name;
        RETURN_IF_ERROR(VisitEntry(directory, entry, depth));
        path_.resize(length);
      }
    }
    return absl::OkStatus();
  }

 private:
  std::string Here() const { return root_ + "/" + path_; }

  absl::Status VisitEntry(int directory, const Entry& entry, int depth) {
    if (entry.type == DT_DIR) return Descend(directory, entry.name, depth);
    // Removed since the directory was read.
    if (entry.error == ENOENT) return absl::OkStatus();
    if (entry.error != 0) return ErrnoFailure(entry.error, "stat", Here());
    if (entry.type != DT_REG) return absl::OkStatus();
    return visit_(path_, entry.info);
  }

  absl::Status Descend(int directory, const std::string& name, int depth) {
    UniqueFd fd(openat(directory, name.c_str(),
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
