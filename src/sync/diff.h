// The pure comparison of two repository states: which targets were added,
// changed and removed, each decided by the role that readers would trust.
#ifndef TUFMIRROR_SYNC_DIFF_H_
#define TUFMIRROR_SYNC_DIFF_H_

#include "absl/status/status.h"
#include "tufmirror/client/repository_view.h"
#include "tufmirror/source/tuf_source.h"
#include "tufmirror/sync/plan.h"

namespace tufmirror::sync {

// Adds to `plan` every target that differs between `published` (nullptr:
// nothing) and `wanted`. Only roles in `changed` are read. kUnsafePath if
// `wanted` has a target that cannot be served, kUnsupported if one lists a
// digest that cannot be checked.
absl::Status AddDifferences(client::RepositoryView* published,
                            client::RepositoryView& wanted,
                            const source::ChangedRoles& changed,
                            const source::PublishedState* state,
                            SyncPlan& plan);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_DIFF_H_
