// When the delegated roles of the published state expire, kept so that no role
// need be read to know it.
#ifndef TUFMIRROR_SYNC_ROLE_EXPIRIES_H_
#define TUFMIRROR_SYNC_ROLE_EXPIRIES_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tufmirror/source/tuf_source.h"
#include "tufmirror/tree/layout.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::sync {

// What is known of roles that are good at `now`. A file that is absent or
// damaged says less: its roles are read again.
source::RoleExpiries LoadRoleExpiries(const tree::Layout& layout,
                                      absl::Time now);
absl::Status SaveRoleExpiries(const tree::Layout& layout,
                              const source::RoleExpiries& expiries);

// Those of the state that `snapshot` lists: what was verified in this run, and
// what was `known` of the same versions.
source::RoleExpiries ExpiriesOf(const tuf::Snapshot& snapshot,
                                const source::ChangedRoles& changed,
                                const source::RoleExpiries& known);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_ROLE_EXPIRIES_H_
