// Whether a key is offline is nowhere written; one that signs the timestamp is
// not.
#include "sync/offline_roles.h"

#include <algorithm>
#include <string>
#include <variant>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::sync {
namespace {

using report::ExpiringRole;
using report::Urgency;

std::string ExpiryDay(absl::Time time) {
  return absl::FormatTime("%E4Y-%m-%d", time, absl::UTCTimeZone());
}

bool SharesAKey(const tuf::RoleKeys& keys, const tuf::RoleKeys& others) {
  return std::any_of(keys.keyids.begin(), keys.keyids.end(),
                     [&others](const std::string& keyid) {
                       return std::find(others.keyids.begin(),
                                        others.keyids.end(),
                                        keyid) != others.keyids.end();
                     });
}

}  // namespace

absl::StatusOr<std::vector<ExpiringRole>> OfflineRolesOf(
    client::RepositoryView& view) {
  const tuf::TrustedMetadataSet& trusted = view.trusted();
  const tuf::Targets& top = **view.top();
  std::vector<ExpiringRole> roles = {
      {"root", trusted.root()->version, trusted.root()->expires},
      {"targets", top.version, top.expires}};
  if (!top.delegations) return roles;
  const auto* listed =
      std::get_if<std::vector<tuf::DelegatedRole>>(&top.delegations->roles);
  if (listed == nullptr) return roles;
  for (const tuf::DelegatedRole& delegated : *listed) {
    if (SharesAKey(delegated.keys, trusted.root()->timestamp)) continue;
    if ((*trusted.snapshot())->Find(delegated.name) == nullptr) continue;
    ASSIGN_OR_RETURN(const tuf::RolePtr role,
                     view.Load(delegated.name, "targets", view.top()));
    roles.push_back({delegated.name, (*role)->version, (*role)->expires});
  }
  return roles;
}

absl::Status CheckOfflineRoles(client::RepositoryView& view, absl::Time now,
                               std::vector<ExpiringRole>& expiring) {
  ASSIGN_OR_RETURN(const std::vector<ExpiringRole> roles, OfflineRolesOf(view));
  for (const ExpiringRole& role : roles) {
    const Urgency urgency = report::UrgencyOf(role.expires, now);
    if (urgency == Urgency::kExpired) {
      return MakeFailure(
          Failure::kExpired,
          fmt::format("{} version {} expired on {}, and it is {} now: a new "
                      "version must be signed with its offline keys (or the "
                      "clock set, if that date is wrong); readers refuse the "
                      "mirror until then",
                      Printable(role.role, 80), role.version,
                      ExpiryDay(role.expires), ExpiryDay(now)));
    }
    if (urgency != Urgency::kNone) expiring.push_back(role);
  }
  return absl::OkStatus();
}

}  // namespace tufmirror::sync
