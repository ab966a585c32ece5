// Packages that a run brought here, and then published nothing.
#ifndef TUFMIRROR_SYNC_LEFTOVERS_H_
#define TUFMIRROR_SYNC_LEFTOVERS_H_

#include "absl/status/status.h"
#include "tufmirror/client/repository_view.h"
#include "tufmirror/tree/home.h"

namespace tufmirror::sync {

// Removes the packages that the plan of an earlier run, which is still in its
// place, was to add, as far as `wanted` does not have them with those bytes any
// more. They were never published (`published`, null if nothing is, does not
// have them, and they are not waiting to be removed), so that no reader was
// told of them. Does nothing if there is no such plan. To be called before
// another plan takes its place: what a killed call leaves, the next one finds.
absl::Status RemoveLeftovers(const tree::Home& home,
                             client::RepositoryView* published,
                             client::RepositoryView& wanted);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_LEFTOVERS_H_
