// Roles whose keys are offline expire too: who must act, and when.
#ifndef TUFMIRROR_SYNC_OFFLINE_ROLES_H_
#define TUFMIRROR_SYNC_OFFLINE_ROLES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tufmirror/repo/editor.h"
#include "tufmirror/tuf/trusted_metadata_set.h"

namespace tufmirror::sync {

inline constexpr absl::Duration kOfflineWarning = absl::Hours(30 * 24);

// Adds a warning for each of root, targets and bins that expires within
// kOfflineWarning of `now`. kExpired if one of them is expired: no signature
// made here could help.
absl::Status CheckOfflineRoles(const tuf::TrustedMetadataSet& trusted,
                               const tuf::Targets& bins, absl::Time now,
                               std::vector<std::string>& warnings);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_OFFLINE_ROLES_H_
