// Form: "unix-seconds urgency", one line.
#include "sync/reminder.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "fmt/format.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::sync {
namespace {

constexpr uint64_t kMaxReminderBytes = 256;

struct Reminded {
  absl::Time at = absl::InfinitePast();
  int urgency = 0;
};

Reminded LastReminder(const tree::Layout& layout) {
  const auto text = fs::ReadFile(layout.reminder(), kMaxReminderBytes);
  if (!text.ok()) return {};
  const std::vector<absl::string_view> fields =
      absl::StrSplit(*text, absl::ByAnyChar(" \n"), absl::SkipEmpty());
  int64_t seconds = 0;
  int urgency = 0;
  const bool whole = fields.size() == 2 &&
                     absl::SimpleAtoi(fields[0], &seconds) &&
                     absl::SimpleAtoi(fields[1], &urgency);
  if (!whole) return {};
  return {absl::FromUnixSeconds(seconds), urgency};
}

}  // namespace

absl::StatusOr<bool> TakeReminder(
    const tree::Layout& layout,
    const std::vector<report::ExpiringRole>& expiring, absl::Time now) {
  if (expiring.empty()) return false;
  int urgency = 0;
  for (const report::ExpiringRole& role : expiring) {
    urgency = std::max(urgency,
                       static_cast<int>(report::UrgencyOf(role.expires, now)));
  }
  const Reminded last = LastReminder(layout);
  const bool lately = last.at <= now && now - last.at < kRemindEvery;
  if (lately && urgency <= last.urgency) return false;
  RETURN_IF_ERROR(fs::WriteFileAtomically(
      layout.reminder(),
      fmt::format("{} {}\n", absl::ToUnixSeconds(now), urgency),
      tree::kPrivateFileMode, fs::Durability::kNone));
  return true;
}

}  // namespace tufmirror::sync
