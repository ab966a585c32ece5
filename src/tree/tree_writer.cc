// One link(2) for a new file, three calls for a replaced one.
#include "tree/tree_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::tree {
namespace {

// The name in the scratch directory that a replacement has for a moment. What
// a killed process left there is taken over.
constexpr char kReplacement[] = "replacement";
constexpr size_t kCopyBytes = size_t{64} << 10;
constexpr int kDirectoryFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

struct SplitPath {
  std::string_view directory;
  const char* name;
};

SplitPath Split(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {"", path.c_str()};
  return {std::string_view(path).substr(0, slash), path.c_str() + slash + 1};
}

std::string_view ParentOf(std::string_view directory) {
  const size_t slash = directory.rfind('/');
  return slash == std::string_view::npos ? "" : directory.substr(0, slash);
}

bool IsKept(std::string_view directory) {
  return directory.empty() || directory == kSimpleDirectory ||
         directory == kMetadataDirectory || directory == kDeltasDirectory;
}

}  // namespace

absl::StatusOr<TreeWriter> TreeWriter::Open(const std::string& root,
                                            const std::string& scratch) {
  ASSIGN_OR_RETURN(fs::UniqueFd root_fd, fs::Open(root, kDirectoryFlags));
  ASSIGN_OR_RETURN(fs::UniqueFd scratch_fd, fs::Open(scratch, kDirectoryFlags));
  return TreeWriter(root, std::move(root_fd), std::move(scratch_fd));
}

absl::Status TreeWriter::Fail(int error_number, std::string_view operation,
                              const std::string& path) const {
  if (error_number == ENOTDIR || error_number == EISDIR) {
    return MakeFailure(
        Failure::kUnsafePath,
        fmt::format("{} {}/{}: expected a free name, got one that is both a "
                    "file and a directory of other files",
                    operation, Printable(root_path_), Printable(path)));
  }
  return fs::ErrnoFailure(error_number, operation, root_path_ + "/" + path);
}

absl::Status TreeWriter::MakeDirectory(const std::string& directory) {
  const char* path = directory.c_str();
  if (mkdirat(root_.get(), path, kServedDirectoryMode) != 0) {
    if (errno == EEXIST) return absl::OkStatus();
    if (errno != ENOENT) return Fail(errno, "make directory", directory);
    RETURN_IF_ERROR(MakeDirectory(std::string(ParentOf(directory))));
    if (mkdirat(root_.get(), path, kServedDirectoryMode) != 0) {
      return Fail(errno, "make directory", directory);
    }
  }
  struct stat status;
  if (fstatat(root_.get(), path, &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return Fail(errno, "stat", directory);
  }
  // Only under an unusual umask.
  if ((status.st_mode & 07777) != kServedDirectoryMode &&
      fchmodat(root_.get(), path, kServedDirectoryMode, 0) != 0) {
    return Fail(errno, "set permissions of", directory);
  }
  return absl::OkStatus();
}

absl::StatusOr<int> TreeWriter::Enter(std::string_view directory,
                                      Missing missing) {
  if (directory.empty()) {
    RETURN_IF_ERROR(Leave());
    return root_.get();
  }
  if (current_fd_.valid() && current_ == directory) return current_fd_.get();
  RETURN_IF_ERROR(Leave());
  current_.assign(directory);
  int fd = openat(root_.get(), current_.c_str(), kDirectoryFlags);
  if (fd < 0 && errno == ENOENT && missing == Missing::kCreate) {
    RETURN_IF_ERROR(MakeDirectory(current_));
    fd = openat(root_.get(), current_.c_str(), kDirectoryFlags);
  }
  if (fd < 0) {
    const bool absent = errno == ENOENT || errno == ENOTDIR;
    if (absent && missing == Missing::kIgnore) return -1;
    return Fail(errno, "open directory", current_);
  }
  current_fd_ = fs::UniqueFd(fd);
  return fd;
}

absl::Status TreeWriter::Leave() {
  current_fd_ = fs::UniqueFd();
  if (!std::exchange(prune_current_, false)) return absl::OkStatus();
  for (std::string directory = current_; !IsKept(directory);
       directory = std::string(ParentOf(directory))) {
    if (unlinkat(root_.get(), directory.c_str(), AT_REMOVEDIR) == 0) continue;
    if (errno == ENOTEMPTY || errno == EEXIST) break;
    if (errno != ENOENT && errno != ENOTDIR) {
      return Fail(errno, "remove directory", directory);
    }
  }
  return absl::OkStatus();
}

absl::Status TreeWriter::CopyToScratch(int source_directory,
                                       const std::string& source) {
  const fs::UniqueFd from(openat(source_directory, source.c_str(),
                                 O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  if (!from.valid()) return fs::ErrnoFailure(errno, "open", source);
  fs::UniqueFd to(openat(scratch_.get(), kReplacement,
                         O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                         kServedFileMode));
  if (!to.valid()) return fs::ErrnoFailure(errno, "create", kReplacement);
  std::string buffer(kCopyBytes, '\0');
  while (true) {
    const ssize_t got = read(from.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fs::ErrnoFailure(errno, "read", source);
    if (got == 0) break;
    RETURN_IF_ERROR(fs::WriteAll(
        to.get(), std::string_view(buffer).substr(0, static_cast<size_t>(got)),
        kReplacement));
  }
  if (fchmod(to.get(), kServedFileMode) != 0) {
    return fs::ErrnoFailure(errno, "set permissions of", kReplacement);
  }
  return to.Close(kReplacement);
}

absl::Status TreeWriter::LinkOrCopyToScratch(int source_directory,
                                             const std::string& source) {
  if (unlinkat(scratch_.get(), kReplacement, 0) != 0 && errno != ENOENT) {
    return fs::ErrnoFailure(errno, "remove", kReplacement);
  }
  if (linkat(source_directory, source.c_str(), scratch_.get(), kReplacement,
             0) == 0) {
    return absl::OkStatus();
  }
  // A file has at most 65000 names on ext4.
  if (errno == EMLINK) return CopyToScratch(source_directory, source);
  return fs::ErrnoFailure(errno, "link", source);
}

absl::Status TreeWriter::Put(int source_directory, const std::string& source,
                             const std::string& path) {
  const SplitPath split = Split(path);
  ASSIGN_OR_RETURN(const int directory,
                   Enter(split.directory, Missing::kCreate));
  if (linkat(source_directory, source.c_str(), directory, split.name, 0) == 0) {
    return absl::OkStatus();
  }
  if (errno != EEXIST && errno != EMLINK) {
    return Fail(errno, fmt::format("link {} as", Printable(source)), path);
  }
  RETURN_IF_ERROR(Annotate(
      LinkOrCopyToScratch(source_directory, source),
      fmt::format("put {}/{}", Printable(root_path_), Printable(path))));
  if (renameat(scratch_.get(), kReplacement, directory, split.name) != 0) {
    return Fail(errno, "replace", path);
  }
  return absl::OkStatus();
}

absl::Status TreeWriter::Remove(const std::string& path) {
  const SplitPath split = Split(path);
  ASSIGN_OR_RETURN(const int directory,
                   Enter(split.directory, Missing::kIgnore));
  if (directory >= 0 && unlinkat(directory, split.name, 0) != 0 &&
      errno != ENOENT && errno != EISDIR) {
    return Fail(errno, "remove", path);
  }
  // Also when it was gone already: a killed run may have left directories.
  prune_current_ = !split.directory.empty();
  return absl::OkStatus();
}

absl::Status TreeWriter::Finish() {
  RETURN_IF_ERROR(Leave());
  if (unlinkat(scratch_.get(), kReplacement, 0) != 0 && errno != ENOENT) {
    return fs::ErrnoFailure(errno, "remove", kReplacement);
  }
  return absl::OkStatus();
}

}  // namespace tufmirror::tree
