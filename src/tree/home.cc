// Making and opening homes. Opening is on the path of every run, so it is a
// handful of system calls and reads no directory.
#include "tufmirror/tree/home.h"

#include <errno.h>
#include <sys/stat.h>

#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/fs/walk.h"

namespace tufmirror::tree {
namespace {

constexpr size_t kMessagePathBytes = 1024;
// What the symlink `packages` of each tree contains.
constexpr std::string_view kSharedPackages = "../../packages";
// What Create makes, in the home.
constexpr std::array<std::string_view, 7> kOwnNames = {
    "trust", "packages", "trees", "live", "live.new", "staging", "state"};

std::string Shown(std::string_view path) {
  return Printable(path, kMessagePathBytes);
}

absl::StatusOr<std::string> Absolute(std::string_view path) {
  if (path.empty()) {
    return MakeFailure(Failure::kUsage,
                       "home: expected a directory, got an empty path");
  }
  std::string absolute(path);
  if (absolute.front() != '/') {
    std::error_code error;
    const std::filesystem::path here = std::filesystem::current_path(error);
    if (error) {
      return fs::ErrnoFailure(error.value(), "find the directory of", path);
    }
    absolute = here.string() + "/" + absolute;
  }
  while (absolute.size() > 1 && absolute.back() == '/') absolute.pop_back();
  return absolute;
}

absl::Status NotAHome(const std::string& path) {
  return MakeFailure(
      Failure::kUsage,
      fmt::format("open home {0}: it is not a home of tufmirror, it has no "
                  "tufmirror.toml; make one with 'tufmirror init replica {0} "
                  "--from URL --root FILE' or 'tufmirror init origin {0} "
                  "--from DIR'",
                  Shown(path)));
}

// Device of the directory `path`, symlinks followed.
absl::StatusOr<dev_t> DeviceOf(const std::string& path) {
  struct stat status;
  if (stat(path.c_str(), &status) != 0) {
    return MakeFailure(
        Failure::kFileSystem,
        fmt::format("open home: expected the directory {}, got: {}; mount or "
                    "restore it, then run again",
                    Shown(path), std::generic_category().message(errno)));
  }
  if (S_ISDIR(status.st_mode)) return status.st_dev;
  return MakeFailure(
      Failure::kFileSystem,
      fmt::format("open home: expected the directory {}, got something else",
                  Shown(path)));
}

// Publication links and renames between these: they must share one device.
absl::Status CheckOneFileSystem(const Layout& layout) {
  const std::string tree_a = layout.tree(TreeSide::kA);
  ASSIGN_OR_RETURN(const dev_t device, DeviceOf(tree_a));
  for (const std::string& other :
       {layout.tree(TreeSide::kB), layout.packages(), layout.staging()}) {
    ASSIGN_OR_RETURN(const dev_t other_device, DeviceOf(other));
    if (other_device == device) continue;
    return MakeFailure(
        Failure::kFileSystem,
        fmt::format("open home {}: expected trees, packages and staging on one "
                    "file system, got {} and {} on different ones; move the "
                    "whole home to one file system",
                    Shown(layout.home()), Shown(tree_a), Shown(other)));
  }
  return absl::OkStatus();
}

// kUsage unless `home` holds only what an interrupted Create left.
absl::Status CheckMayCreate(const Layout& layout) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names,
                   fs::ListDirectory(layout.home()));
  for (const std::string& name : names) {
    if (name == "tufmirror.toml") {
      return MakeFailure(
          Failure::kUsage,
          fmt::format("make home {0}: it is a home already; 'tufmirror sync "
                      "{0}' fills it",
                      Shown(layout.home())));
    }
    bool own = false;
    for (const std::string_view known : kOwnNames) own = own || name == known;
    if (own) continue;
    return MakeFailure(
        Failure::kUsage,
        fmt::format("make home {}: expected a new or empty directory, it holds "
                    "{}",
                    Shown(layout.home()), Shown(name)));
  }
  const absl::Status empty = fs::WalkFiles(
      layout.packages(), [&layout](std::string_view path, const fs::FileInfo&) {
        return MakeFailure(
            Failure::kUsage,
            fmt::format("make home {}: it holds packages ({}) but no "
                        "tufmirror.toml; restore that file, or use another "
                        "directory",
                        Shown(layout.home()), Shown(path)));
      });
  return FailureOf(empty) == Failure::kNotFound ? absl::OkStatus() : empty;
}

absl::Status CheckHardLinks(const Layout& layout) {
  const std::string file = layout.staging() + "/link-check";
  const std::string other = file + ".other";
  RETURN_IF_ERROR(fs::WriteFileAtomically(file, "", kPrivateFileMode,
                                          fs::Durability::kNone));
  const absl::Status linked = fs::LinkOver(file, other);
  RETURN_IF_ERROR(fs::Remove(other));
  RETURN_IF_ERROR(fs::Remove(file));
  return Annotate(linked,
                  fmt::format("make home {}: expected a file system with hard "
                              "links",
                              Shown(layout.home())));
}

absl::Status MakeDirectories(const Layout& layout) {
  RETURN_IF_ERROR(fs::MakeDirectories(layout.home(), kServedDirectoryMode));
  for (const std::string& path :
       {layout.trust(), layout.packages(), layout.trees(),
        layout.tree(TreeSide::kA), layout.tree(TreeSide::kB)}) {
    RETURN_IF_ERROR(fs::MakeDirectories(path, kServedDirectoryMode));
  }
  for (const std::string& path :
       {layout.staging(), layout.staged_metadata(), layout.partials(),
        layout.blobs(), layout.state(), layout.upstream_trust()}) {
    RETURN_IF_ERROR(fs::MakeDirectories(path, kPrivateDirectoryMode));
  }
  return absl::OkStatus();
}

absl::StatusOr<TreeSide> SideOf(const Layout& layout) {
  const absl::StatusOr<std::string> target = fs::ReadSymlink(layout.live());
  if (target.ok()) {
    for (const TreeSide side : {TreeSide::kA, TreeSide::kB}) {
      if (*target == Layout::LiveTarget(side)) return side;
    }
  }
  return MakeFailure(
      Failure::kFileSystem,
      fmt::format("open home {}: expected live to be a symlink to trees/a or "
                  "trees/b, got {}; 'ln -sfn trees/a live' there serves tree a",
                  Shown(layout.home()),
                  target.ok() ? Shown(*target)
                              : std::string(MessageOf(target.status()))));
}

}  // namespace

absl::StatusOr<Home> Home::Create(const std::string& path) {
  ASSIGN_OR_RETURN(std::string absolute, Absolute(path));
  Layout layout(std::move(absolute));
  RETURN_IF_ERROR(fs::MakeDirectories(layout.home(), kServedDirectoryMode));
  RETURN_IF_ERROR(CheckMayCreate(layout));
  RETURN_IF_ERROR(MakeDirectories(layout));
  RETURN_IF_ERROR(CheckOneFileSystem(layout));
  RETURN_IF_ERROR(CheckHardLinks(layout));
  for (const TreeSide side : {TreeSide::kA, TreeSide::kB}) {
    RETURN_IF_ERROR(fs::ReplaceSymlink(
        std::string(kSharedPackages),
        layout.tree(side) + "/" + std::string(kPackagesDirectory)));
  }
  RETURN_IF_ERROR(
      fs::ReplaceSymlink(Layout::LiveTarget(TreeSide::kA), layout.live()));
  return Home(std::move(layout));
}

absl::StatusOr<Home> Home::Open(const std::string& path) {
  ASSIGN_OR_RETURN(std::string absolute, Absolute(path));
  Layout layout(std::move(absolute));
  ASSIGN_OR_RETURN(const auto config, fs::Stat(layout.config()));
  if (!config) return NotAHome(layout.home());
  RETURN_IF_ERROR(CheckOneFileSystem(layout));
  RETURN_IF_ERROR(SideOf(layout).status());
  return Home(std::move(layout));
}

absl::StatusOr<fs::LockFile> Home::Lock(std::string_view purpose) const {
  RETURN_IF_ERROR(fs::MakeDirectories(layout_.state(), kPrivateDirectoryMode));
  return fs::LockFile::Acquire(layout_.lock(), purpose);
}

absl::StatusOr<TreeSide> Home::LiveSide() const { return SideOf(layout_); }

}  // namespace tufmirror::tree
