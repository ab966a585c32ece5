// Files that the current generation no longer refers to, kept for a while:
// superseded metadata and pages for the grace period, removed packages for
// longer. state/retired is the list, so that no tree is ever walked for it.
#ifndef TUFMIRROR_TREE_RETIRED_H_
#define TUFMIRROR_TREE_RETIRED_H_

#include <map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/base/target_path.h"
#include "tufmirror/tree/home.h"

namespace tufmirror::tree {

struct RetiredFile {
  TargetPath path;       // relative to a tree; may be below packages/
  absl::Time remove_at;  // not before
};

class RetiredFiles {
 public:
  // Reads the list of `home`; empty if there is none. A damaged line is
  // dropped (its file stays on disk until `verify` finds it).
  static absl::StatusOr<RetiredFiles> Load(const Home& home);

  void Add(TargetPath path, absl::Time remove_at);
  // Takes back a path that is in use again.
  void Forget(const TargetPath& path);
  bool Contains(const TargetPath& path) const;

  // Those due at `now`, taken out of the list.
  std::vector<RetiredFile> TakeDue(absl::Time now);

  // Writes the list durably.
  absl::Status Save(const Home& home) const;

 private:
  std::map<TargetPath, absl::Time> files_;  // remove_at by path
};

}  // namespace tufmirror::tree

#endif  // TUFMIRROR_TREE_RETIRED_H_
