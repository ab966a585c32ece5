// The words are for somebody who reads them a year after the setup.
#include "tufmirror/report/expiring_role.h"

#include <algorithm>

#include "fmt/format.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/json/canonical.h"

namespace tufmirror::report {
namespace {

std::string DayText(absl::Time time) {
  return absl::FormatTime("%E4Y-%m-%d", time, absl::UTCTimeZone());
}

}  // namespace

Urgency UrgencyOf(absl::Time expires, absl::Time now) {
  if (expires <= now) return Urgency::kExpired;
  const absl::Duration left = expires - now;
  if (left <= kCriticalBefore) return Urgency::kCritical;
  if (left <= kUrgentBefore) return Urgency::kUrgent;
  return left <= kSoonBefore ? Urgency::kSoon : Urgency::kNone;
}

std::string_view UrgencyName(Urgency urgency) {
  switch (urgency) {
    case Urgency::kNone:
      return "none";
    case Urgency::kSoon:
      return "soon";
    case Urgency::kUrgent:
      return "urgent";
    case Urgency::kCritical:
      return "critical";
    case Urgency::kExpired:
      return "expired";
  }
  return "expired";
}

std::string TimeLeftText(absl::Time expires, absl::Time now) {
  const int64_t hours = std::max<int64_t>(absl::ToInt64Hours(expires - now), 0);
  const bool in_days = hours >= 24;
  const int64_t number = in_days ? hours / 24 : hours;
  return fmt::format("{} {}{}", number, in_days ? "day" : "hour",
                     number == 1 ? "" : "s");
}

std::string WarningOf(const ExpiringRole& role, absl::Time now) {
  const std::string name = Printable(role.role, 80);
  const std::string when =
      fmt::format("{} expires in {}, on {}", name,
                  TimeLeftText(role.expires, now), DayText(role.expires));
  switch (UrgencyOf(role.expires, now)) {
    case Urgency::kNone:
    case Urgency::kSoon:
      return fmt::format(
          "{}: a new version must be signed with its offline keys", when);
    case Urgency::kUrgent:
      return fmt::format(
          "URGENT: {}: a new version must be signed with its offline keys; "
          "call their holders together now",
          when);
    case Urgency::kCritical:
      return fmt::format(
          "CRITICAL: {}: from then on no sync signs and every reader refuses "
          "this mirror, unless a new version is signed with its offline keys "
          "before",
          when);
    case Urgency::kExpired:
      break;
  }
  return fmt::format(
      "EXPIRED: {} version {} expired on {}: no sync signs and every reader "
      "refuses this mirror until a new version is signed with its offline keys",
      name, role.version, DayText(role.expires));
}

std::string ToJson(const ExpiringRole& role, absl::Time now) {
  std::string name;
  json::AppendString(role.role, name);
  return fmt::format(
      "{{\"role\":{},\"version\":{},\"expires\":\"{}\",\"days_left\":{},"
      "\"urgency\":\"{}\"}}",
      name, role.version,
      absl::FormatTime("%E4Y-%m-%d%ET%H:%M:%SZ", role.expires,
                       absl::UTCTimeZone()),
      std::max<int64_t>(absl::ToInt64Hours(role.expires - now) / 24, 0),
      UrgencyName(UrgencyOf(role.expires, now)));
}

}  // namespace tufmirror::report
