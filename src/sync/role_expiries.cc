// Form: "version unix-seconds role", one a line.
#include "sync/role_expiries.h"

#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "fmt/format.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::sync {
namespace {

using source::RoleExpiries;
using source::RoleExpiry;

constexpr uint64_t kMaxExpiriesBytes = uint64_t{256} << 20;

}  // namespace

RoleExpiries LoadRoleExpiries(const tree::Layout& layout, absl::Time now) {
  RoleExpiries expiries;
  const auto text = fs::ReadFile(layout.role_expiries(), kMaxExpiriesBytes);
  if (!text.ok()) return expiries;
  for (const absl::string_view line : absl::StrSplit(*text, '\n')) {
    const std::vector<absl::string_view> fields =
        absl::StrSplit(line, absl::MaxSplits(' ', 2));
    int64_t version = 0;
    int64_t seconds = 0;
    const bool whole = fields.size() == 3 &&
                       absl::SimpleAtoi(fields[0], &version) &&
                       absl::SimpleAtoi(fields[1], &seconds);
    if (!whole || absl::FromUnixSeconds(seconds) <= now) continue;
    expiries.insert_or_assign(
        std::string(FromAbsl(fields[2])),
        RoleExpiry{version, absl::FromUnixSeconds(seconds)});
  }
  return expiries;
}

absl::Status SaveRoleExpiries(const tree::Layout& layout,
                              const RoleExpiries& expiries) {
  std::string text;
  for (const auto& [role, expiry] : expiries) {
    if (role.find('\n') != std::string::npos) continue;  // read again, then
    fmt::format_to(std::back_inserter(text), "{} {} {}\n", expiry.version,
                   absl::ToUnixSeconds(expiry.expires), role);
  }
  return fs::WriteFileAtomically(layout.role_expiries(), text,
                                 tree::kPrivateFileMode, fs::Durability::kNone);
}

RoleExpiries ExpiriesOf(const tuf::Snapshot& snapshot,
                        const source::ChangedRoles& changed,
                        const RoleExpiries& known) {
  RoleExpiries expiries;
  for (const auto& [role, meta] : snapshot.meta) {
    if (const auto now = changed.verified.find(role);
        now != changed.verified.end()) {
      expiries.emplace(role, RoleExpiry{meta.version, now->second});
      continue;
    }
    const auto then = known.find(role);
    if (then == known.end() || then->second.version != meta.version) continue;
    expiries.emplace(role, then->second);
  }
  return expiries;
}

}  // namespace tufmirror::sync
