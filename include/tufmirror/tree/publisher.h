// Publication: the standby tree is edited, made durable, and becomes live by
// replacing one symlink. The single commit point of the product.
//
// state/journal lists every path at which the two trees may differ. A path is
// in the durable journal before the standby tree is touched there, so that
// "make every journaled path of the standby tree what the live tree has" brings
// the standby tree level again, after a publication, a rollback or a crash at
// any line alike.
#ifndef TUFMIRROR_TREE_PUBLISHER_H_
#define TUFMIRROR_TREE_PUBLISHER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/base/target_path.h"
#include "tufmirror/tree/home.h"

namespace tufmirror::tree {

// One change of a tree. Paths are relative to the tree's root; never below
// packages/, which both trees share.
struct TreeEdit {
  enum class Kind { kPut, kRemove };
  Kind kind = Kind::kPut;
  TargetPath path;
  // kPut: absolute path of the file with the new content, below staging/ and
  // on disk; it becomes another name of that file (hard link).
  std::string source;
};

// What is recorded of a published generation, in state/generation.json.
struct GenerationInfo {
  uint64_t number = 0;  // counts publications of this home
  absl::Time published;
  uint64_t targets = 0;  // number of targets, packages/ included
  uint64_t target_bytes = 0;
  int64_t timestamp_version = 0;
  // Earliest expiry of any metadata in it: a run with nothing new still says
  // when the mirror goes stale.
  absl::Time earliest_expiry = absl::InfiniteFuture();
};

class Publisher {
 public:
  // Brings the standby tree of `home` level with the live one (a no-op without
  // a journal). The caller holds the home's lock. `home` outlives this.
  static absl::StatusOr<std::unique_ptr<Publisher>> Begin(const Home& home);
  virtual ~Publisher() = default;

  // The root of the tree that is being prepared.
  virtual std::string standby_root() const = 0;

  // Adds an edit; nothing in the tree changes yet. Edits are spilled to disk:
  // memory does not grow with their number. A later edit of a path wins.
  virtual absl::Status Add(const TreeEdit& edit) = 0;

  // Writes the journal durably, then applies every edit to the standby tree.
  // Idempotent.
  virtual absl::Status Stage() = 0;

  // Makes everything durable (syncfs) and replaces live: after this returns
  // OK, `info` is what readers see; after an error before the rename, the old
  // generation is. Needs Stage.
  virtual absl::Status Commit(const GenerationInfo& info) = 0;

  // Puts the previous generation back: live becomes the other tree. Refused
  // (kUsage) if there is no complete previous generation. The caller holds the
  // lock.
  static absl::Status Rollback(const Home& home);

  // The generation that live serves; number 0 if none was published.
  static absl::StatusOr<GenerationInfo> CurrentGeneration(const Home& home);
};

}  // namespace tufmirror::tree

#endif  // TUFMIRROR_TREE_PUBLISHER_H_
