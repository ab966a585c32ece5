// The repository in one of a home's trees, verified from its first root on.
#ifndef TUFMIRROR_REPO_TREE_VIEW_H_
#define TUFMIRROR_REPO_TREE_VIEW_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/client/repository_view.h"

namespace tufmirror::repo {

// Verifies root chain, timestamp, snapshot and top-level targets of the tree
// at `tree_root` as a client would that trusts its root version 1; roles below
// are verified as they are asked for. `now` decides what is expired: an origin
// that opens its own tree to sign it again gives absl::InfinitePast(). The
// tree must not change while the view is used.
absl::StatusOr<client::RepositoryView> OpenTreeView(
    const std::string& tree_root, absl::Time now);

}  // namespace tufmirror::repo

#endif  // TUFMIRROR_REPO_TREE_VIEW_H_
