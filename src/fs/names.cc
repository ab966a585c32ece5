// Names of files: directories, links, renames, removals, symlinks.
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <filesystem>
#include <system_error>
#include <vector>

#include "fmt/format.h"
#include "fs/parent.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/fs/walk.h"

namespace tufmirror::fs {
namespace {

// "link A as B"
absl::Status PairFailure(int error_number, std::string_view operation,
                         std::string_view from, std::string_view joint,
                         std::string_view to) {
  return ErrnoFailure(error_number,
                      fmt::format("{} {} {}", operation,
                                  Printable(from, kMessagePathBytes), joint),
                      to);
}

absl::Status ExpectDirectory(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) {
    return ErrnoFailure(errno, "stat", path);
  }
  if (S_ISDIR(status.st_mode)) return absl::OkStatus();
  return MakeFailure(Failure::kFileSystem,
                     fmt::format("make directory {}: something that is not a "
                                 "directory has this name",
                                 Printable(path, kMessagePathBytes)));
}

// Links `from` to an unused name beside `to` and gives that name.
absl::StatusOr<std::string> LinkBeside(const std::string& from,
                                       const std::string& to) {
  for (int attempt = 0;; ++attempt) {
    std::string temporary = fmt::format("{}/{}{}-{}", ParentDirectory(to),
                                        kTemporaryPrefix, getpid(), attempt);
    if (link(from.c_str(), temporary.c_str()) == 0) return temporary;
    if (errno != EEXIST) return PairFailure(errno, "link", from, "as", to);
  }
}

}  // namespace

absl::Status MakeDirectories(const std::string& path, mode_t mode) {
  if (mkdir(path.c_str(), mode) == 0) {
    // Whatever the umask took away.
    if (chmod(path.c_str(), mode) == 0) return absl::OkStatus();
    return ErrnoFailure(errno, "set permissions of", path);
  }
  if (errno == EEXIST) return ExpectDirectory(path);
  const std::string parent = ParentDirectory(path);
  if (errno != ENOENT || parent == path || path.empty()) {
    return ErrnoFailure(errno, "make directory", path);
  }
  RETURN_IF_ERROR(MakeDirectories(parent, mode));
  if (mkdir(path.c_str(), mode) != 0 && errno != EEXIST) {
    return ErrnoFailure(errno, "make directory", path);
  }
  if (chmod(path.c_str(), mode) != 0) {
    return ErrnoFailure(errno, "set permissions of", path);
  }
  return absl::OkStatus();
}

absl::Status Rename(const std::string& from, const std::string& to) {
  if (rename(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
  return PairFailure(errno, "rename", from, "to", to);
}

absl::Status Link(const std::string& from, const std::string& to) {
  if (link(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
  return PairFailure(errno, "link", from, "as", to);
}

absl::Status LinkOver(const std::string& from, const std::string& to) {
  if (link(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
  if (errno != EEXIST) return PairFailure(errno, "link", from, "as", to);
  ASSIGN_OR_RETURN(const std::string temporary, LinkBeside(from, to));
  const absl::Status renamed = Rename(temporary, to);
  // Also after success: rename(2) between two names of one file does nothing
  // and leaves both.
  if (unlink(temporary.c_str()) != 0 && errno != ENOENT && renamed.ok()) {
    return ErrnoFailure(errno, "remove", temporary);
  }
  return renamed;
}

absl::Status Remove(const std::string& path) {
  if (unlink(path.c_str()) == 0 || errno == ENOENT) return absl::OkStatus();
  return ErrnoFailure(errno, "remove", path);
}

absl::Status RemoveDirectoryIfEmpty(const std::string& path) {
  if (rmdir(path.c_str()) == 0 || errno == ENOENT || errno == ENOTEMPTY ||
      errno == EEXIST) {
    return absl::OkStatus();
  }
  return ErrnoFailure(errno, "remove directory", path);
}

absl::Status RemoveTree(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (!error || error.value() == ENOENT) return absl::OkStatus();
  return ErrnoFailure(error.value(), "remove tree", path);
}

absl::Status RemoveTemporaries(const std::string& directory) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names,
                   ListDirectory(directory));
  for (const std::string& name : names) {
    if (name.compare(0, kTemporaryPrefix.size(), kTemporaryPrefix) != 0) {
      continue;
    }
    RETURN_IF_ERROR(Remove(directory + "/" + name));
  }
  return absl::OkStatus();
}

absl::Status ReplaceSymlink(const std::string& target,
                            const std::string& link) {
  // A fixed name: what a killed process left is taken over, not collected.
  const std::string temporary = link + ".new";
  RETURN_IF_ERROR(Remove(temporary));
  if (symlink(target.c_str(), temporary.c_str()) != 0) {
    return ErrnoFailure(errno, "make symlink", temporary);
  }
  if (const absl::Status renamed = Rename(temporary, link); !renamed.ok()) {
    unlink(temporary.c_str());
    return renamed;
  }
  return SyncDirectory(ParentDirectory(link));
}

absl::StatusOr<std::string> ReadSymlink(const std::string& path) {
  std::string target(PATH_MAX, '\0');
  const ssize_t length = readlink(path.c_str(), target.data(), target.size());
  if (length < 0) return ErrnoFailure(errno, "read symlink", path);
  target.resize(static_cast<size_t>(length));
  return target;
}

}  // namespace tufmirror::fs
