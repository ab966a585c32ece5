// Removals come before links, so that a path which is a file in one tree and a
// directory in the other gets out of the way, whatever the journal's order.
#include "tree/leveling.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "tree/journal.h"
#include "tree/tree_writer.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/fs/walk.h"

namespace tufmirror::tree {
namespace {

class Leveling {
 public:
  static absl::StatusOr<Leveling> Open(const std::string& live_root,
                                       const std::string& standby_root,
                                       const std::string& scratch) {
    ASSIGN_OR_RETURN(fs::UniqueFd live,
                     fs::Open(live_root, O_RDONLY | O_DIRECTORY));
    ASSIGN_OR_RETURN(TreeWriter standby,
                     TreeWriter::Open(standby_root, scratch));
    return Leveling(live_root, standby_root, std::move(live),
                    std::move(standby));
  }

  absl::Status LevelJournaled(const std::string& journal) {
    RETURN_IF_ERROR(ReadJournal(journal, [this](const std::string& path) {
      return RemoveIfGone(path);
    }));
    return ReadJournal(journal, [this](const std::string& path) {
      return LinkIfDifferent(path);
    });
  }

  absl::Status LevelEverything() {
    RETURN_IF_ERROR(fs::WalkFiles(
        standby_root_, [this](std::string_view path, const fs::FileInfo&) {
          return RemoveIfGone(std::string(path));
        }));
    return fs::WalkFiles(live_root_,
                         [this](std::string_view path, const fs::FileInfo&) {
                           return LinkIfDifferent(std::string(path));
                         });
  }

  absl::Status Finish() {
    RETURN_IF_ERROR(standby_.Finish());
    // Else the next journal, which need not list these paths, could reach the
    // disk before these changes.
    return changed_ ? fs::SyncFileSystem(standby_root_) : absl::OkStatus();
  }

 private:
  Leveling(std::string live_root, std::string standby_root, fs::UniqueFd live,
           TreeWriter standby)
      : live_root_(std::move(live_root)),
        standby_root_(std::move(standby_root)),
        live_(std::move(live)),
        standby_(std::move(standby)) {}

  // The regular file `path` below the directory `root`; nullopt if it is none.
  static absl::StatusOr<std::optional<struct stat>> FileAt(
      int root, const std::string& path) {
    struct stat status;
    if (fstatat(root, path.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
      if (S_ISREG(status.st_mode)) return status;
      return std::nullopt;
    }
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    return fs::ErrnoFailure(errno, "stat", path);
  }

  absl::Status RemoveIfGone(const std::string& path) {
    ASSIGN_OR_RETURN(const auto live, FileAt(live_.get(), path));
    if (live) return absl::OkStatus();
    changed_ = true;
    return standby_.Remove(path);
  }

  absl::Status LinkIfDifferent(const std::string& path) {
    ASSIGN_OR_RETURN(const auto live, FileAt(live_.get(), path));
    if (!live) return absl::OkStatus();
    ASSIGN_OR_RETURN(const auto standby, FileAt(standby_.root_fd(), path));
    if (standby && standby->st_ino == live->st_ino) return absl::OkStatus();
    changed_ = true;
    return standby_.Put(live_.get(), path, path);
  }

  std::string live_root_;
  std::string standby_root_;
  fs::UniqueFd live_;
  TreeWriter standby_;
  bool changed_ = false;
};

}  // namespace

absl::Status LevelStandby(const Home& home, TreeSide live,
                          JournalExpected expected) {
  const Layout& layout = home.layout();
  ASSIGN_OR_RETURN(const auto journal, fs::Stat(layout.journal()));
  if (!journal && expected == JournalExpected::kNo) return absl::OkStatus();
  ASSIGN_OR_RETURN(Leveling leveling,
                   Leveling::Open(layout.tree(live), layout.tree(Other(live)),
                                  layout.staging()));
  absl::Status levelled = journal ? leveling.LevelJournaled(layout.journal())
                                  : leveling.LevelEverything();
  if (!levelled.ok() && FailureOf(levelled) == Failure::kMalformed) {
    levelled = leveling.LevelEverything();
  }
  RETURN_IF_ERROR(levelled);
  return leveling.Finish();
}

}  // namespace tufmirror::tree
