// Roles whose keys are offline expire too: who must act, and when.
#ifndef TUFMIRROR_SYNC_OFFLINE_ROLES_H_
#define TUFMIRROR_SYNC_OFFLINE_ROLES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/client/repository_view.h"
#include "tufmirror/report/expiring_role.h"

namespace tufmirror::sync {

// Names of the roles that targets delegates, in its order, that the snapshot
// lists and no online key signs: one that signs timestamp, snapshot or bins.
absl::StatusOr<std::vector<std::string>> OfflineDelegationsOf(
    client::RepositoryView& view);

// Root, targets, and those.
absl::StatusOr<std::vector<report::ExpiringRole>> OfflineRolesOf(
    client::RepositoryView& view);

// Adds those that expire within report::kSoonBefore of `now` to `expiring`.
// kExpired if one of them is expired: no signature made here could help.
absl::Status CheckOfflineRoles(client::RepositoryView& view, absl::Time now,
                               std::vector<report::ExpiringRole>& expiring);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_OFFLINE_ROLES_H_
