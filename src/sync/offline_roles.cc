// Whether a key is offline is nowhere written; one that signs what every run
// signs is not.
#include "sync/offline_roles.h"

#include <algorithm>
#include <string>
#include <variant>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/repo/claim_roles.h"
#include "tufmirror/repo/genesis.h"

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

// The keys of what every run signs: timestamp, snapshot and the bins.
absl::StatusOr<std::vector<tuf::RoleKeys>> OnlineKeysOf(
    client::RepositoryView& view) {
  const tuf::TrustedMetadataSet& trusted = view.trusted();
  std::vector<tuf::RoleKeys> online = {trusted.root()->timestamp,
                                       trusted.root()->snapshot};
  if ((*trusted.snapshot())->Find(repo::kBinsRole) == nullptr) return online;
  ASSIGN_OR_RETURN(const tuf::RolePtr bins,
                   view.Load(repo::kBinsRole, "targets", view.top()));
  if (!(*bins)->delegations) return online;
  const auto& roles = (*bins)->delegations->roles;
  if (const auto* succinct = std::get_if<tuf::SuccinctRoles>(&roles)) {
    online.push_back(succinct->keys);
    return online;
  }
  const auto& listed = std::get<std::vector<tuf::DelegatedRole>>(roles);
  // All bins have the same keys.
  if (!listed.empty()) online.push_back(listed[0].keys);
  return online;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> OfflineDelegationsOf(
    client::RepositoryView& view) {
  std::vector<std::string> names;
  const auto& delegations = (*view.top())->delegations;
  if (!delegations) return names;
  const auto* listed =
      std::get_if<std::vector<tuf::DelegatedRole>>(&delegations->roles);
  if (listed == nullptr) return names;
  std::vector<tuf::RoleKeys> online = {view.trusted().root()->timestamp};
  if (std::any_of(listed->begin(), listed->end(), [](const auto& role) {
        return role.name == repo::kBinsRole;
      })) {
    ASSIGN_OR_RETURN(online, OnlineKeysOf(view));
  }
  for (const tuf::DelegatedRole& role : *listed) {
    if ((*view.trusted().snapshot())->Find(role.name) == nullptr) continue;
    // The origin signs it anew with what comes in, whatever its key.
    if (role.name == repo::kRecentlyClaimedRole) continue;
    if (std::any_of(online.begin(), online.end(), [&](const auto& keys) {
          return SharesAKey(role.keys, keys);
        })) {
      continue;
    }
    names.push_back(role.name);
  }
  return names;
}

absl::StatusOr<std::vector<ExpiringRole>> OfflineRolesOf(
    client::RepositoryView& view) {
  const tuf::TrustedMetadataSet& trusted = view.trusted();
  const tuf::Targets& top = **view.top();
  std::vector<ExpiringRole> roles = {
      {"root", trusted.root()->version, trusted.root()->expires},
      {"targets", top.version, top.expires}};
  ASSIGN_OR_RETURN(const std::vector<std::string> names,
                   OfflineDelegationsOf(view));
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN(const tuf::RolePtr role,
                     view.Load(name, "targets", view.top()));
    roles.push_back({name, (*role)->version, (*role)->expires});
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
