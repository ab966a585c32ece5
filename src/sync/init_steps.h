// What every way to make an origin has in common.
#ifndef TUFMIRROR_SRC_SYNC_INIT_STEPS_H_
#define TUFMIRROR_SRC_SYNC_INIT_STEPS_H_

#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/repo/genesis.h"
#include "tufmirror/sync/config.h"
#include "tufmirror/sync/init_origin.h"
#include "tufmirror/tree/home.h"
#include "tufmirror/tree/layout.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::sync {

// Before anything is made: the source is there, and no origin is.
absl::Status CheckNewOrigin(const InitOriginOptions& options);

repo::GenesisOptions GenesisOptionsOf(
    const InitOriginOptions& options,
    const std::vector<tuf::TargetFile>& pages);

// Gives all metadata of an index that has `pages` and nothing else to `write`;
// returns when the first of them expires.
using SignFirst = absl::FunctionRef<absl::StatusOr<absl::Time>(
    const std::vector<tuf::TargetFile>& pages, repo::WriteRole write)>;

// Publishes generation 1: an empty index.
absl::Status PublishFirstGeneration(const tree::Home& home,
                                    const PublishConfig& config, absl::Time now,
                                    SignFirst sign);

// Keeps the first root for `verify` to hold the served tree against.
absl::Status KeepTrustedRoot(const tree::Layout& layout,
                             std::string_view bytes);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SRC_SYNC_INIT_STEPS_H_
