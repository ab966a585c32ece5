// Every name inside a home, owned here and nowhere else.
//
//   <home>/tufmirror.toml   configuration
//   <home>/trust/           trusted upstream root (replica)
//   <home>/packages/        distribution files, immutable, shared by both trees
//   <home>/trees/a, b       two full trees of everything mutable
//   <home>/live             symlink to one tree: the document root
//   <home>/staging/         downloads in progress; never served
//   <home>/state/           journal, lock, history; private
#ifndef TUFMIRROR_TREE_LAYOUT_H_
#define TUFMIRROR_TREE_LAYOUT_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "tufmirror/base/digest.h"
#include "tufmirror/base/target_path.h"

namespace tufmirror::tree {

inline constexpr std::string_view kPackagesDirectory = "packages";
inline constexpr std::string_view kMetadataDirectory = "metadata";
inline constexpr std::string_view kDeltasDirectory = "deltas";
inline constexpr std::string_view kSimpleDirectory = "simple";
inline constexpr std::string_view kHtmlPage = "index.html";
inline constexpr std::string_view kJsonPage = "index.v1_json";
// Top-level names of a tree that are ours: no target may be one of them or lie
// below one ("packages" and "simple" are for targets).
inline constexpr std::string_view kReservedNames[] = {
    "metadata", "deltas", "status", "status.json", "last-modified"};

// Permissions: what is served is world-readable, what is ours is private.
inline constexpr unsigned kServedFileMode = 0644;
inline constexpr unsigned kServedDirectoryMode = 0755;
inline constexpr unsigned kPrivateFileMode = 0600;
inline constexpr unsigned kPrivateDirectoryMode = 0700;

enum class TreeSide { kA, kB };
inline TreeSide Other(TreeSide side) {
  return side == TreeSide::kA ? TreeSide::kB : TreeSide::kA;
}

// Absolute paths of one home.
class Layout {
 public:
  // `home` must be absolute.
  explicit Layout(std::string home) : home_(std::move(home)) {}

  const std::string& home() const { return home_; }
  std::string config() const { return home_ + "/tufmirror.toml"; }
  std::string trust() const { return home_ + "/trust"; }
  std::string trusted_root() const { return home_ + "/trust/root.json"; }
  std::string packages() const { return home_ + "/packages"; }
  std::string trees() const { return home_ + "/trees"; }
  std::string tree(TreeSide side) const {
    return home_ + (side == TreeSide::kA ? "/trees/a" : "/trees/b");
  }
  std::string live() const { return home_ + "/live"; }
  // What the symlink live contains.
  static std::string LiveTarget(TreeSide side) {
    return side == TreeSide::kA ? "trees/a" : "trees/b";
  }

  std::string staging() const { return home_ + "/staging"; }
  std::string staged_metadata() const { return home_ + "/staging/metadata"; }
  std::string partials() const { return home_ + "/staging/partial"; }
  std::string blobs() const { return home_ + "/staging/blobs"; }
  // Scratch space of a dry run, removed when it ends.
  std::string dry_run() const { return home_ + "/staging/dry-run"; }
  // The plan of the run in progress, or of one that did not publish it; and
  // one that is being made.
  std::string plan() const { return home_ + "/staging/plan"; }
  std::string dry_run_plan() const { return dry_run() + "/plan"; }
  std::string next_plan() const { return home_ + "/staging/plan.next"; }

  std::string state() const { return home_ + "/state"; }
  std::string lock() const { return home_ + "/state/lock"; }
  std::string journal() const { return home_ + "/state/journal"; }
  std::string retired() const { return home_ + "/state/retired"; }
  std::string generation() const { return home_ + "/state/generation.json"; }
  std::string held_back() const { return home_ + "/state/held-back.json"; }
  // When the last reminder of what expires was given.
  std::string reminder() const { return home_ + "/state/reminder"; }
  std::string history() const { return home_ + "/state/history.jsonl"; }
  // Metadata that a replica's TUF client trusts (rollback protection).
  std::string upstream_trust() const { return home_ + "/state/upstream"; }
  // Until when the published delegated roles are good.
  std::string role_expiries() const { return home_ + "/state/role-expiries"; }
  // What an origin knows of its source directory.
  std::string source_index() const { return home_ + "/state/source-index"; }
  // What an origin knows of a plain index; and, for a dry run, what it learns.
  std::string index_state() const { return home_ + "/state/index"; }
  std::string dry_run_index() const { return dry_run() + "/index"; }
  // Which ceremony of an origin is open.
  std::string open_ceremony() const { return home_ + "/state/ceremony.json"; }
  // What an origin knows between its runs.
  std::string origin_state() const { return home_ + "/state/origin"; }
  // What maintainers of projects gave an origin to publish.
  std::string claims() const { return home_ + "/state/claims"; }

 private:
  std::string home_;
};

// Below index_state(): what is known of each project, how far the background
// checks are, the page of a project ("json" or "html") as it was fetched, and
// what its files require.
std::string IndexProjectsPath(std::string_view index_state);
std::string IndexCursorsPath(std::string_view index_state);
std::string IndexPagePath(std::string_view index_state,
                          std::string_view project, std::string_view extension);
std::string IndexRequiresPath(std::string_view index_state,
                              std::string_view project);

// Path of a metadata file inside a tree: "metadata/7.bin-00ff.json".
std::string MetadataPath(std::string_view role, std::optional<int64_t> version);

// Path of the delta pack that leads to a version of a role:
// "deltas/7.bin-00ff.pack".
std::string PackPath(std::string_view role, int64_t version);
// Path of the list of versions of a snapshot: "deltas/7.snapshot.versions".
std::string VersionListPath(int64_t version);

// The path inside a tree of a target, and of its digest-prefixed other name
// (TUF 6.2). kUnsafePath if the target would collide with a reserved name or
// if the prefixed name would be too long for a file system.
absl::StatusOr<TargetPath> TreePathOfTarget(std::string_view target);
absl::StatusOr<TargetPath> PrefixedPath(const TargetPath& path,
                                        const Digests& digests);

// True if `path` lies below packages/: shared by both trees, immutable.
bool IsPackage(const TargetPath& path);

}  // namespace tufmirror::tree

#endif  // TUFMIRROR_TREE_LAYOUT_H_
