// The product's own client looks at a tree before readers may.
#ifndef TUFMIRROR_SYNC_ORIGIN_CHECK_H_
#define TUFMIRROR_SYNC_ORIGIN_CHECK_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tufmirror/repo/editor.h"

namespace tufmirror::sync {

// What is new in a staged tree.
struct StagedNews {
  const std::vector<repo::SignedRole>& roles;
  const repo::ChangesByBin& changes;
};

// Verifies the tree at `tree_root` as a client would at `now`: root chain,
// timestamp, snapshot, targets, bins, every role in `news`, and that every
// changed target is found with its new content, whose bytes are on disk under
// both names, and every removed one is not found. `tick` as in ParallelFor.
absl::Status CheckStagedTree(const std::string& tree_root, absl::Time now,
                             const StagedNews& news,
                             absl::FunctionRef<absl::Status(size_t done)> tick);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_ORIGIN_CHECK_H_
