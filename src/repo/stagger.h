// Spreads the bins over time, so that no run has to re-sign all of them.
#ifndef TUFMIRROR_SRC_REPO_STAGGER_H_
#define TUFMIRROR_SRC_REPO_STAGGER_H_

#include <string_view>

#include "absl/time/time.h"

namespace tufmirror::repo {

// Remaining life below which `bin` is signed again: its own share, between a
// third and two thirds of `expiry`, always the same for one name.
absl::Duration ResignThreshold(std::string_view bin, absl::Duration expiry);

// Life of `bin` when all bins are signed at once: between two thirds of
// `expiry` and all of it.
absl::Duration FirstLife(std::string_view bin, absl::Duration expiry);

// `now` + `life` as metadata can say it: whole seconds, never later.
absl::Time ExpiryAfter(absl::Time now, absl::Duration life);

}  // namespace tufmirror::repo

#endif  // TUFMIRROR_SRC_REPO_STAGGER_H_
