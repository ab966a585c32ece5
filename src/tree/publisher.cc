// The order of writes in this file is what crash safety rests on; each step
// says what a crash after it leaves.
#include "tufmirror/tree/publisher.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <optional>
#include <utility>

#include "fmt/format.h"
#include "tree/edit_spool.h"
#include "tree/generations.h"
#include "tree/journal.h"
#include "tree/leveling.h"
#include "tree/tree_writer.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::tree {
namespace {

// A source gets the permissions of a served file, whatever a download had.
absl::Status MakeServable(int staging, const std::string& source) {
  struct stat status;
  if (fstatat(staging, source.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return fs::ErrnoFailure(errno, "publish staged file", source);
  }
  if (!S_ISREG(status.st_mode)) {
    return MakeFailure(
        Failure::kInternal,
        fmt::format("publish staged file {}: expected a regular file",
                    Printable(source)));
  }
  if ((status.st_mode & 07777) == kServedFileMode ||
      fchmodat(staging, source.c_str(), kServedFileMode, 0) == 0) {
    return absl::OkStatus();
  }
  return fs::ErrnoFailure(errno, "set permissions of staged file", source);
}

absl::Status CheckEditable(const TargetPath& path) {
  if (!IsPackage(path) && path.str() != kPackagesDirectory &&
      path.str() != kSimpleDirectory && path.str() != kMetadataDirectory) {
    return absl::OkStatus();
  }
  return MakeFailure(
      Failure::kUnsafePath,
      fmt::format("edit {}: expected a path outside packages/ that is not a "
                  "directory of the mirror",
                  Printable(path.str())));
}

class StandbyPublisher final : public Publisher {
 public:
  StandbyPublisher(const Home& home, TreeSide live, fs::UniqueFd staging,
                   EditSpool edits)
      : home_(home),
        live_(live),
        staging_(std::move(staging)),
        edits_(std::move(edits)) {}

  std::string standby_root() const override {
    return home_.layout().tree(Other(live_));
  }

  absl::Status Add(const TreeEdit& edit) override {
    RETURN_IF_ERROR(CheckEditable(edit.path));
    RETURN_IF_ERROR(CheckOpen());
    phase_ = Phase::kEditing;
    if (edit.kind == TreeEdit::Kind::kRemove) {
      return edits_.AppendRemove(edit.path.str());
    }
    const std::string staging = home_.layout().staging() + "/";
    if (edit.source.size() <= staging.size() ||
        edit.source.compare(0, staging.size(), staging) != 0) {
      return MakeFailure(
          Failure::kInternal,
          fmt::format("edit {}: expected a source below {}, got {}",
                      Printable(edit.path.str()), Printable(staging),
                      Printable(edit.source)));
    }
    return edits_.AppendPut(
        edit.path.str(), std::string_view(edit.source).substr(staging.size()));
  }

  absl::Status Stage() override {
    RETURN_IF_ERROR(CheckOpen());
    // A crash from here on finds a journal that lists all that is about to
    // change; the trees were level before, so the old one is not needed.
    RETURN_IF_ERROR(WriteJournal());
    ASSIGN_OR_RETURN(
        TreeWriter writer,
        TreeWriter::Open(standby_root(), home_.layout().staging()));
    RETURN_IF_ERROR(
        edits_.ForEach([&](const std::string& path,
                           const std::string& source) -> absl::Status {
          if (source.empty()) return writer.Remove(path);
          RETURN_IF_ERROR(MakeServable(staging_.get(), source));
          return writer.Put(staging_.get(), source, path);
        }));
    RETURN_IF_ERROR(writer.Finish());
    phase_ = Phase::kStaged;
    return absl::OkStatus();
  }

  absl::Status Commit(const GenerationInfo& info) override {
    if (phase_ != Phase::kStaged) {
      return MakeFailure(Failure::kInternal,
                         "publish: expected staged edits, got edits that were "
                         "not staged or a second publication");
    }
    const Layout& layout = home_.layout();
    ASSIGN_OR_RETURN(Generations generations, LoadGenerations(layout));
    const uint64_t current =
        generations.of(live_) ? generations.of(live_)->number : 0;
    if (info.number <= current) {
      return MakeFailure(
          Failure::kInternal,
          fmt::format("publish: expected a generation after {}, got {}",
                      current, info.number));
    }
    // The new tree, its packages and its files are on disk...
    RETURN_IF_ERROR(fs::SyncFileSystem(standby_root()));
    // ...before anything says so. A crash here leaves the old tree live; the
    // new entry is not used, as its number is higher than the live one's.
    generations.of(Other(live_)) = info;
    RETURN_IF_ERROR(SaveGenerations(layout, generations));
    phase_ = Phase::kOver;
    // The commit point.
    return fs::ReplaceSymlink(Layout::LiveTarget(Other(live_)), layout.live());
  }

 private:
  enum class Phase { kEditing, kStaged, kOver };

  // After the commit the tree that was standby is live: hands off.
  absl::Status CheckOpen() const {
    if (phase_ != Phase::kOver) return absl::OkStatus();
    return MakeFailure(Failure::kInternal,
                       "edit a tree: expected a publication under way, got "
                       "one that is over");
  }

  absl::Status WriteJournal() {
    ASSIGN_OR_RETURN(JournalWriter journal,
                     JournalWriter::Create(home_.layout().journal()));
    RETURN_IF_ERROR(
        edits_.ForEach([&journal](const std::string& path, const std::string&) {
          return journal.Append(path);
        }));
    return journal.Commit();
  }

  const Home& home_;
  TreeSide live_;
  fs::UniqueFd staging_;
  EditSpool edits_;
  Phase phase_ = Phase::kEditing;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Publisher>> Publisher::Begin(const Home& home) {
  const Layout& layout = home.layout();
  RETURN_IF_ERROR(fs::RemoveTemporaries(layout.state()));
  ASSIGN_OR_RETURN(const TreeSide live, home.LiveSide());
  ASSIGN_OR_RETURN(Generations generations, LoadGenerations(layout));
  // From here on the standby tree is no generation to go back to.
  if (generations.of(Other(live))) {
    generations.of(Other(live)).reset();
    RETURN_IF_ERROR(SaveGenerations(layout, generations));
  }
  // Every publication left a journal.
  const auto expected =
      generations.of(live) ? JournalExpected::kYes : JournalExpected::kNo;
  RETURN_IF_ERROR(LevelStandby(home, live, expected));
  ASSIGN_OR_RETURN(fs::UniqueFd staging,
                   fs::Open(layout.staging(), O_RDONLY | O_DIRECTORY));
  ASSIGN_OR_RETURN(EditSpool edits,
                   EditSpool::Create(layout.staging() + "/edits"));
  return std::make_unique<StandbyPublisher>(home, live, std::move(staging),
                                            std::move(edits));
}

absl::Status Publisher::Rollback(const Home& home) {
  const Layout& layout = home.layout();
  ASSIGN_OR_RETURN(const TreeSide live, home.LiveSide());
  ASSIGN_OR_RETURN(Generations generations, LoadGenerations(layout));
  const std::optional<GenerationInfo>& previous = generations.of(Other(live));
  const uint64_t current =
      generations.of(live) ? generations.of(live)->number : 0;
  if (!previous) {
    return MakeFailure(
        Failure::kUsage,
        fmt::format("roll back {}: expected a complete previous generation, "
                    "got none: nothing was published before generation {}, or "
                    "a later sync that did not finish has begun to reuse its "
                    "tree; generation {} stays live",
                    Printable(layout.home()), current, current));
  }
  // A higher number: live was rolled back already, or the other tree was never
  // published.
  if (previous->number >= current) {
    return MakeFailure(
        Failure::kUsage,
        fmt::format("roll back {}: expected a generation before {}, got {}; "
                    "only one step back is kept",
                    Printable(layout.home()), current, previous->number));
  }
  return fs::ReplaceSymlink(Layout::LiveTarget(Other(live)), layout.live());
}

absl::StatusOr<GenerationInfo> Publisher::CurrentGeneration(const Home& home) {
  ASSIGN_OR_RETURN(const TreeSide live, home.LiveSide());
  ASSIGN_OR_RETURN(Generations generations, LoadGenerations(home.layout()));
  return generations.of(live).value_or(GenerationInfo());
}

}  // namespace tufmirror::tree
