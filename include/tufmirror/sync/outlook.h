// What becomes of a home if nobody acts: which signatures end when, and what
// then stops.
#ifndef TUFMIRROR_SYNC_OUTLOOK_H_
#define TUFMIRROR_SYNC_OUTLOOK_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/report/expiring_role.h"
#include "tufmirror/tree/home.h"

namespace tufmirror::sync {

enum class HomeKind { kOrigin, kReplica };

struct Outlook {
  HomeKind kind = HomeKind::kOrigin;
  std::vector<report::ExpiringRole> offline;
  // When the first signature ends that a sync makes or brings anew.
  absl::Time online_expires = absl::InfiniteFuture();
};

// Of the live tree, verified, whatever is expired in it.
absl::StatusOr<Outlook> ReadOutlook(const tree::Home& home);

struct Rehearsal {
  struct Event {
    absl::Time when;
    std::string what;  // one line, a sentence or more
  };
  std::vector<Event> unless_signed;  // in order, none before `now`
  Event unless_synced;               // if no sync runs any more
  std::string act;                   // who must do what, by when
};

// From `now` on, if nobody uses an offline key.
Rehearsal Rehearse(const Outlook& outlook, absl::Time now);

std::string ToText(const Rehearsal& rehearsal);
std::string ToJson(const Rehearsal& rehearsal);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_OUTLOOK_H_
