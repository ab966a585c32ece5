// When a quiet run speaks of offline roles that expire: a run every minute must
// not send a mail every minute for a month, and one mail is easily lost.
#ifndef TUFMIRROR_SYNC_REMINDER_H_
#define TUFMIRROR_SYNC_REMINDER_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/report/expiring_role.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::sync {

inline constexpr absl::Duration kRemindEvery = absl::Hours(24);

// True if it is time again: kRemindEvery after the last time, or at once when
// something became more urgent. Remembers that in the home. A record that
// cannot be read, or is of a later time, counts as none.
absl::StatusOr<bool> TakeReminder(
    const tree::Layout& layout,
    const std::vector<report::ExpiringRole>& expiring, absl::Time now);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_REMINDER_H_
