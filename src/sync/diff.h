// The pure comparison of two repository states: which targets were added,
// changed and removed, each decided by the role that readers would trust.
#ifndef TUFMIRROR_SYNC_DIFF_H_
#define TUFMIRROR_SYNC_DIFF_H_

#include <set>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "tufmirror/client/repository_view.h"
#include "tufmirror/source/tuf_source.h"
#include "tufmirror/sync/plan.h"
#include "tufmirror/tree/layout.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::sync {

// Told of every target of the wanted state that no tree can have (see
// ServablePath), with the role that lists it in the reason.
using HoldBack =
    absl::FunctionRef<void(const tuf::TargetFile& target, absl::Status reason)>;

// Adds to `plan` every target that differs between `published` (nullptr:
// nothing) and `wanted`, as far as a home with `layout` can have it. Only roles
// in `changed` are read. kUnsupported if a target lists a digest that cannot be
// checked.
absl::Status AddDifferences(client::RepositoryView* published,
                            client::RepositoryView& wanted,
                            const source::ChangedRoles& changed,
                            const source::PublishedState* state,
                            const tree::Layout& layout, HoldBack hold_back,
                            SyncPlan& plan);

// Adds to `plan` the repair of every one of `targets` that is the same in both
// states; AddDifferences has the others.
absl::Status AddRepairs(client::RepositoryView& published,
                        client::RepositoryView& wanted,
                        const std::set<std::string>& targets, SyncPlan& plan);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_DIFF_H_
