// Delegations are kept sorted by name, so that equal claims give equal bytes.
#include "tufmirror/repo/claim_roles.h"

#include <algorithm>
#include <set>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/public_key.h"

namespace tufmirror::repo {
namespace {

using tuf::DelegatedRole;
using DelegatedRoles = std::vector<DelegatedRole>;

constexpr std::string_view kClaimPrefix = "claim-";

bool NameBefore(const DelegatedRole& role, std::string_view name) {
  return role.name < name;
}

// The list that `targets` has or gets.
DelegatedRoles& RolesOf(tuf::Targets& targets) {
  if (!targets.delegations) targets.delegations.emplace();
  return std::get<DelegatedRoles>(targets.delegations->roles);
}

const DelegatedRoles* FindRoles(const tuf::Targets& targets) {
  if (!targets.delegations) return nullptr;
  return std::get_if<DelegatedRoles>(&targets.delegations->roles);
}

void DropUnusedKeys(tuf::Targets& targets) {
  std::set<std::string_view> used;
  for (const DelegatedRole& role : RolesOf(targets)) {
    used.insert(role.keys.keyids.begin(), role.keys.keyids.end());
  }
  std::erase_if(targets.delegations->keys,
                [&used](const auto& key) { return !used.contains(key.first); });
}

ClaimKeys KeysOfDelegation(const tuf::Targets& delegator,
                           const DelegatedRole& role) {
  ClaimKeys claim;
  claim.threshold = role.keys.threshold;
  for (const std::string& keyid : role.keys.keyids) {
    const auto key = delegator.delegations->keys.find(keyid);
    if (key != delegator.delegations->keys.end()) claim.keys.insert(*key);
  }
  return claim;
}

DelegatedRole ProjectDelegation(const pypi::ProjectName& project,
                                const ClaimKeys& keys) {
  DelegatedRole role;
  role.name = ClaimRoleName(project);
  role.keys = keys.role();
  role.terminating = true;
  role.paths = tuf::PathPatterns{{fmt::format("simple/{}/*", project.str()),
                                  fmt::format("packages/{}/*", project.str())}};
  return role;
}

absl::StatusOr<pypi::ProjectName> ProjectOfRole(std::string_view name) {
  if (!name.starts_with(kClaimPrefix)) {
    return MakeFailure(Failure::kMalformed, "no role of a project");
  }
  return pypi::ProjectName::Parse(name.substr(kClaimPrefix.size()));
}

absl::Status CheckOneClaim(const tuf::Targets& delegator,
                           const DelegatedRole& role) {
  const ClaimKeys keys = KeysOfDelegation(delegator, role);
  const auto project = ProjectOfRole(role.name);
  if (!project.ok() || ProjectDelegation(*project, keys) != role) {
    return MakeFailure(
        Failure::kMalformed,
        fmt::format("it delegates {}: expected only projects, each terminating "
                    "and with its own two path patterns",
                    Printable(role.name)));
  }
  return Annotate(CheckClaimKeys(keys), project->str());
}

DelegatedRole ClaimsDelegation(std::string_view name,
                               const std::vector<tuf::Key>& keys,
                               int64_t threshold, tuf::KeyMap& key_map) {
  DelegatedRole role;
  role.name = name;
  role.keys.threshold = threshold;
  for (const tuf::Key& key : keys) {
    role.keys.keyids.push_back(key.ComputeKeyId());
    key_map.emplace(role.keys.keyids.back(), key);
  }
  role.paths = tuf::PathPatterns{{"simple/*/*", "packages/*/*"}};
  return role;
}

}  // namespace

tuf::RoleKeys ClaimKeys::role() const {
  tuf::RoleKeys role;
  role.threshold = threshold;
  for (const auto& [keyid, key] : keys) role.keyids.push_back(keyid);
  return role;
}

absl::Status CheckClaimKeys(const ClaimKeys& claim) {
  if (claim.keys.empty() || claim.keys.size() > kMaxClaimKeys) {
    return MakeFailure(Failure::kUsage,
                       fmt::format("keys of a project: expected 1 to {}, got "
                                   "{}",
                                   kMaxClaimKeys, claim.keys.size()));
  }
  std::set<Sha256> distinct;
  for (const auto& [keyid, key] : claim.keys) {
    const auto usable =
        crypto::PublicKey::Create(key.keytype, key.scheme, key.value);
    if (!usable.ok()) {
      return Annotate(usable.status(),
                      fmt::format("key {}", Printable(keyid, 80)));
    }
    if (keyid != key.ComputeKeyId()) {
      return MakeFailure(Failure::kUsage,
                         fmt::format("key {}: expected the keyid {}",
                                     Printable(keyid, 80), key.ComputeKeyId()));
    }
    distinct.insert(usable->fingerprint());
  }
  if (claim.threshold >= 1 &&
      claim.threshold <= static_cast<int64_t>(distinct.size())) {
    return absl::OkStatus();
  }
  return MakeFailure(Failure::kUsage,
                     fmt::format("threshold of a project: expected 1 to {}, "
                                 "the number of its distinct keys, got {}",
                                 distinct.size(), claim.threshold));
}

std::string ClaimRoleName(const pypi::ProjectName& project) {
  return fmt::format("{}{}", kClaimPrefix, project.str());
}

std::string_view ProjectOfTarget(std::string_view path) {
  const size_t first = path.find('/');
  if (first == std::string_view::npos) return {};
  const std::string_view top = path.substr(0, first);
  if (top != "simple" && top != "packages") return {};
  path.remove_prefix(first + 1);
  const size_t second = path.find('/');
  if (second == std::string_view::npos) return {};
  const bool deeper = path.find('/', second + 1) != std::string_view::npos;
  return deeper ? std::string_view() : path.substr(0, second);
}

std::vector<pypi::ProjectName> ProjectsIn(const tuf::Targets& delegator) {
  std::vector<pypi::ProjectName> projects;
  const DelegatedRoles* roles = FindRoles(delegator);
  if (roles == nullptr) return projects;
  for (const DelegatedRole& role : *roles) {
    if (!role.name.starts_with(kClaimPrefix)) continue;
    auto project =
        pypi::ProjectName::Parse(role.name.substr(kClaimPrefix.size()));
    if (project.ok() && ClaimRoleName(*project) == role.name) {
      projects.push_back(*std::move(project));
    }
  }
  std::sort(projects.begin(), projects.end());
  return projects;
}

std::optional<ClaimKeys> ClaimKeysIn(const tuf::Targets& delegator,
                                     const pypi::ProjectName& project) {
  const DelegatedRoles* roles = FindRoles(delegator);
  if (roles == nullptr) return std::nullopt;
  const std::string name = ClaimRoleName(project);
  const auto role = std::find_if(roles->begin(), roles->end(),
                                 [&name](const DelegatedRole& candidate) {
                                   return candidate.name == name;
                                 });
  if (role == roles->end()) return std::nullopt;
  return KeysOfDelegation(delegator, *role);
}

absl::Status CheckOnlyClaims(const tuf::Targets& delegator) {
  if (!delegator.targets.empty()) {
    return MakeFailure(
        Failure::kMalformed,
        fmt::format("it lists {}: expected no target, only projects",
                    Printable(delegator.targets.front().path)));
  }
  if (!delegator.delegations) return absl::OkStatus();
  const DelegatedRoles* roles = FindRoles(delegator);
  if (roles == nullptr) {
    return MakeFailure(Failure::kMalformed,
                       "it delegates hash bins: expected only projects");
  }
  const DelegatedRole* last = nullptr;
  for (const DelegatedRole& role : *roles) {
    RETURN_IF_ERROR(CheckOneClaim(delegator, role));
    if (last != nullptr && last->name >= role.name) {
      return MakeFailure(Failure::kMalformed,
                         fmt::format("expected each project once, sorted, got "
                                     "{} after {}",
                                     role.name, last->name));
    }
    last = &role;
  }
  return absl::OkStatus();
}

tuf::Targets WithClaim(tuf::Targets delegator, const pypi::ProjectName& project,
                       const ClaimKeys& keys) {
  DelegatedRole role = ProjectDelegation(project, keys);
  DelegatedRoles& roles = RolesOf(delegator);
  delegator.delegations->keys.insert(keys.keys.begin(), keys.keys.end());
  const auto place =
      std::lower_bound(roles.begin(), roles.end(), role.name, NameBefore);
  if (place != roles.end() && place->name == role.name) {
    *place = std::move(role);
  } else {
    roles.insert(place, std::move(role));
  }
  DropUnusedKeys(delegator);
  return delegator;
}

tuf::Targets WithoutClaim(tuf::Targets delegator,
                          const pypi::ProjectName& project) {
  if (FindRoles(delegator) == nullptr) return delegator;
  const std::string name = ClaimRoleName(project);
  DelegatedRoles& roles = RolesOf(delegator);
  std::erase_if(
      roles, [&name](const DelegatedRole& role) { return role.name == name; });
  DropUnusedKeys(delegator);
  if (roles.empty()) delegator.delegations.reset();
  return delegator;
}

bool HasClaims(const tuf::Targets& targets) {
  const DelegatedRoles* roles = FindRoles(targets);
  if (roles == nullptr) return false;
  const auto has = [roles](std::string_view name) {
    return std::any_of(
        roles->begin(), roles->end(),
        [name](const DelegatedRole& role) { return role.name == name; });
  };
  return has(kClaimedRole) && has(kRecentlyClaimedRole);
}

tuf::Targets WithClaims(tuf::Targets targets,
                        const std::vector<tuf::Key>& offline,
                        int64_t offline_threshold,
                        const std::vector<tuf::Key>& online,
                        int64_t online_threshold) {
  if (HasClaims(targets)) return targets;
  DelegatedRoles& roles = RolesOf(targets);
  tuf::KeyMap& keys = targets.delegations->keys;
  roles.insert(
      roles.begin(),
      {ClaimsDelegation(kClaimedRole, offline, offline_threshold, keys),
       ClaimsDelegation(kRecentlyClaimedRole, online, online_threshold, keys)});
  return targets;
}

}  // namespace tufmirror::repo
