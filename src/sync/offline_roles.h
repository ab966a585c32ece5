// Roles whose keys are offline expire too: who must act, and when.
#ifndef TUFMIRROR_SYNC_OFFLINE_ROLES_H_
#define TUFMIRROR_SYNC_OFFLINE_ROLES_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/client/repository_view.h"
#include "tufmirror/report/expiring_role.h"

namespace tufmirror::sync {

// Root, targets, and what targets delegates to (bins) by other keys than those
// of the timestamp. Roles that the snapshot does not list are passed over.
absl::StatusOr<std::vector<report::ExpiringRole>> OfflineRolesOf(
    client::RepositoryView& view);

// Adds those that expire within report::kSoonBefore of `now` to `expiring`.
// kExpired if one of them is expired: no signature made here could help.
absl::Status CheckOfflineRoles(client::RepositoryView& view, absl::Time now,
                               std::vector<report::ExpiringRole>& expiring);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_OFFLINE_ROLES_H_
