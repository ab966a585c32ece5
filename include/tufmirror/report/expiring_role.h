// Roles whose keys are offline, and how near their expiry is: a person has to
// act, in time, and is told so three times.
#ifndef TUFMIRROR_REPORT_EXPIRING_ROLE_H_
#define TUFMIRROR_REPORT_EXPIRING_ROLE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace tufmirror::report {

// In rising order.
enum class Urgency { kNone, kSoon, kUrgent, kCritical, kExpired };
// How long before the expiry each begins.
inline constexpr absl::Duration kSoonBefore = absl::Hours(30 * 24);
inline constexpr absl::Duration kUrgentBefore = absl::Hours(14 * 24);
inline constexpr absl::Duration kCriticalBefore = absl::Hours(3 * 24);

Urgency UrgencyOf(absl::Time expires, absl::Time now);
// "none", "soon", "urgent", "critical", "expired"
std::string_view UrgencyName(Urgency urgency);

struct ExpiringRole {
  std::string role;
  int64_t version = 1;
  absl::Time expires;
};

// "25 days", "1 day", "5 hours"; of what is past, "0 hours".
std::string TimeLeftText(absl::Time expires, absl::Time now);

// One line for the operator, the more urgent the nearer the expiry is.
std::string WarningOf(const ExpiringRole& role, absl::Time now);

// {"role":...,"version":...,"expires":...,"days_left":...,"urgency":...}
std::string ToJson(const ExpiringRole& role, absl::Time now);

}  // namespace tufmirror::report

#endif  // TUFMIRROR_REPORT_EXPIRING_ROLE_H_
