// A candidate in words. Candidate refuses members that the model does not have,
// so what is compared here is all that can change.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_join.h"
#include "fmt/format.h"
#include "repo/ceremony_access.h"
#include "repo/ceremony_roles.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/repo/claim_roles.h"
#include "tufmirror/repo/genesis.h"

namespace tufmirror::repo {
namespace {

constexpr absl::Duration kLongLife = absl::Hours(2 * 366 * 24);

// One role that `delegator` names, in the old and the new version.
struct NamedRole {
  std::string name;
  NamedKeys before;
  NamedKeys after;
};

const tuf::Key* KeyOf(const NamedKeys& named, const std::string& keyid) {
  if (named.keys == nullptr) return nullptr;
  const auto found = named.keys->find(keyid);
  return found == named.keys->end() ? nullptr : &found->second;
}

std::set<std::string> KeyIdsOf(const NamedKeys& named) {
  if (named.role == nullptr) return {};
  return {named.role->keyids.begin(), named.role->keyids.end()};
}

std::string KeyLine(const NamedKeys& named, const std::string& keyid,
                    const OfflineRole& delegator) {
  const tuf::Key* key = KeyOf(named, keyid);
  const KeyHolder holder = HolderOf(delegator, keyid);
  std::string line = fmt::format(
      "{} {}", key ? Printable(key->scheme, 40) : "?", Printable(keyid, 80));
  if (!holder.label.empty())
    line += fmt::format(" ({})", Printable(holder.label));
  if (!holder.contact.empty()) {
    line += fmt::format(", {}", Printable(holder.contact));
  }
  return line;
}

void DescribeKeys(const NamedRole& role, const OfflineRole* before,
                  const OfflineRole& after, RoleDifference& difference) {
  const std::string shown = Printable(role.name, 80);
  const std::set<std::string> old_ids = KeyIdsOf(role.before);
  const std::set<std::string> new_ids = KeyIdsOf(role.after);
  for (const std::string& keyid : old_ids) {
    if (new_ids.contains(keyid)) continue;
    difference.changes.push_back(fmt::format(
        "{} loses key {}", shown, KeyLine(role.before, keyid, *before)));
  }
  for (const std::string& keyid : new_ids) {
    const tuf::Key* old_key = KeyOf(role.before, keyid);
    const tuf::Key* new_key = KeyOf(role.after, keyid);
    if (!old_ids.contains(keyid)) {
      difference.changes.push_back(fmt::format(
          "{} gets key {}", shown, KeyLine(role.after, keyid, after)));
    } else if (old_key && new_key && !(*old_key == *new_key)) {
      difference.changes.push_back(
          fmt::format("{} has other key material under the same keyid {}",
                      shown, KeyLine(role.after, keyid, after)));
    }
  }
  const int64_t old_threshold =
      role.before.role ? role.before.role->threshold : 0;
  const int64_t threshold = role.after.role ? role.after.role->threshold : 0;
  if (old_threshold != threshold || old_ids.size() != new_ids.size()) {
    const std::string now =
        fmt::format("{} of {} keys", threshold, new_ids.size());
    difference.changes.push_back(role.before.role == nullptr
                                     ? fmt::format("{} needs {}", shown, now)
                                     : fmt::format("{} needs {} (now {} of {})",
                                                   shown, now, old_threshold,
                                                   old_ids.size()));
  }
}

void WarnOfThreshold(const NamedRole& role, RoleDifference& difference) {
  if (role.after.role == nullptr) return;
  const std::string shown = Printable(role.name, 80);
  const int64_t threshold = role.after.role->threshold;
  const auto keys = static_cast<int64_t>(role.after.role->keyids.size());
  const int64_t before = role.before.role ? role.before.role->threshold : 0;
  if (role.before.role != nullptr && threshold < before) {
    difference.warnings.push_back(fmt::format(
        "{}: fewer signatures than before are enough ({} instead of {})", shown,
        threshold, before));
  }
  if (role.name != kRootRole) return;
  if (threshold == keys) {
    difference.warnings.push_back(
        keys == 1 ? "root: with its one key lost, or stolen, every reader must "
                    "be given a new root by hand"
                  : "root: with any one of its keys lost, it can never be "
                    "changed or renewed again");
  } else if (threshold == 1) {
    difference.warnings.push_back(
        "root: whoever steals any one of its keys owns the repository");
  }
}

// A key that signs in every run is on a machine that is on the network.
void WarnOfSharedKeys(const OfflineRole& after, RoleDifference& difference) {
  const tuf::Root* root = after.root();
  if (root == nullptr) return;
  std::set<std::string> online(root->timestamp.keyids.begin(),
                               root->timestamp.keyids.end());
  online.insert(root->snapshot.keyids.begin(), root->snapshot.keyids.end());
  for (const auto& [name, keys] : {std::pair(kRootRole, &root->root),
                                   std::pair(kTargetsRole, &root->targets)}) {
    for (const std::string& keyid : keys->keyids) {
      if (!online.contains(keyid)) continue;
      difference.warnings.push_back(fmt::format(
          "{}: key {} signs snapshot or timestamp too: who breaks into the "
          "origin has it",
          name, KeyText(keyid, HolderOf(after, keyid))));
    }
  }
}

void DescribeCommon(const OfflineRole* before, const OfflineRole& after,
                    absl::Time created, RoleDifference& difference) {
  const tuf::Common& now = after.common();
  const std::string expires = tuf::FormatExpiry(now.expires);
  if (before == nullptr) {
    difference.changes.push_back(fmt::format("expires {}", expires));
  } else if (before->common().expires != now.expires) {
    difference.changes.push_back(
        fmt::format("expires {} (now {})", expires,
                    tuf::FormatExpiry(before->common().expires)));
    if (now.expires < before->common().expires) {
      difference.warnings.push_back(fmt::format(
          "{}: expires earlier than before", Printable(after.name, 80)));
    }
  }
  if (now.expires - created > kLongLife) {
    difference.warnings.push_back(fmt::format(
        "{}: is good for more than two years: a copy of it that somebody "
        "steals is believed as long",
        Printable(after.name, 80)));
  }
  if (before != nullptr && before->common().spec_version != now.spec_version) {
    difference.changes.push_back(fmt::format(
        "specification version {} (now {})", Printable(now.spec_version, 40),
        Printable(before->common().spec_version, 40)));
  }
}

std::string DescribeHolder(const KeyHolder& holder) {
  return fmt::format("'{}', contact '{}'", Printable(holder.label),
                     Printable(holder.contact));
}

void DescribeHolders(const OfflineRole* before, const OfflineRole& after,
                     RoleDifference& difference) {
  const KeyHolders none;
  const KeyHolders& old_holders = before ? before->holders : none;
  for (const auto& [keyid, holder] : after.holders) {
    const auto old = old_holders.find(keyid);
    if (old == old_holders.end()) {
      // Keys that are new are shown with their holder.
      if (!before || !AllNamed(*before).contains(keyid)) continue;
      difference.changes.push_back(fmt::format(
          "key {} is called {}", KeyText(keyid, {}), DescribeHolder(holder)));
    } else if (!(old->second == holder)) {
      difference.changes.push_back(
          fmt::format("key {} is called {} (now {})", KeyText(keyid, {}),
                      DescribeHolder(holder), DescribeHolder(old->second)));
    }
  }
  const auto named = AllNamed(after);
  for (const auto& [keyid, holder] : old_holders) {
    if (after.holders.contains(keyid)) continue;
    if (!named.contains(keyid)) continue;
    difference.changes.push_back(fmt::format("key {} is no longer called {}",
                                             KeyText(keyid, {}),
                                             DescribeHolder(holder)));
  }
}

std::string PathsText(const tuf::DelegatedRole& role) {
  const auto* patterns = std::get_if<tuf::PathPatterns>(&role.paths);
  const auto& parts =
      patterns ? patterns->patterns
               : std::get<tuf::PathHashPrefixes>(role.paths).prefixes;
  std::vector<std::string> printable;
  printable.reserve(parts.size());
  for (const std::string& part : parts) {
    printable.push_back(Printable(part, 80));
  }
  return fmt::format("{} {}{}", patterns ? "paths" : "hash prefixes",
                     absl::StrJoin(printable, " "),
                     role.terminating ? ", terminating" : "");
}

using DelegatedRoles = std::vector<tuf::DelegatedRole>;
const DelegatedRoles* NamedDelegations(const OfflineRole* role) {
  if (role == nullptr || role->targets() == nullptr) return nullptr;
  const auto& delegations = role->targets()->delegations;
  return delegations ? std::get_if<DelegatedRoles>(&delegations->roles)
                     : nullptr;
}
const tuf::SuccinctRoles* Succinct(const OfflineRole* role) {
  if (role == nullptr || role->targets() == nullptr) return nullptr;
  const auto& delegations = role->targets()->delegations;
  return delegations ? std::get_if<tuf::SuccinctRoles>(&delegations->roles)
                     : nullptr;
}

std::map<std::string, const tuf::DelegatedRole*> ByName(
    const DelegatedRoles* roles) {
  std::map<std::string, const tuf::DelegatedRole*> by_name;
  if (roles == nullptr) return by_name;
  for (const tuf::DelegatedRole& role : *roles) {
    by_name.emplace(role.name, &role);
  }
  return by_name;
}

std::vector<std::string> Names(const DelegatedRoles* roles) {
  std::vector<std::string> names;
  if (roles == nullptr) return names;
  for (const tuf::DelegatedRole& role : *roles) {
    names.push_back(Printable(role.name, 80));
  }
  return names;
}

// Bins by hash prefix all have the same keys, which are shown once.
bool IsBin(const tuf::DelegatedRole& role) {
  return std::holds_alternative<tuf::PathHashPrefixes>(role.paths);
}

// Names of `roles` that `others` has too, in the order of `roles`.
std::vector<std::string> NamesAmong(
    const DelegatedRoles* roles,
    const std::map<std::string, const tuf::DelegatedRole*>& others) {
  std::vector<std::string> names;
  if (roles == nullptr) return names;
  for (const tuf::DelegatedRole& role : *roles) {
    if (others.contains(role.name)) names.push_back(role.name);
  }
  return names;
}

// Readers ask delegations in turn, and the first that ends the search ends it:
// what is put ahead of another can take everything from it.
void DescribeOrder(const OfflineRole* before, const OfflineRole& after,
                   RoleDifference& difference) {
  const DelegatedRoles* roles = NamedDelegations(&after);
  if (roles == nullptr) return;
  const auto old_roles = ByName(NamedDelegations(before));
  const std::vector<std::string> kept = NamesAmong(roles, old_roles);
  const bool moved =
      kept != NamesAmong(NamedDelegations(before), ByName(roles));
  const bool new_ones_last = std::is_partitioned(
      roles->begin(), roles->end(),
      [&](const auto& role) { return old_roles.contains(role.name); });
  const bool first_order = before == nullptr && roles->size() > 1 &&
                           !std::all_of(roles->begin(), roles->end(), IsBin);
  if (moved || !new_ones_last || first_order) {
    difference.changes.push_back(fmt::format(
        "delegations are asked in {} order: {}",
        first_order ? "this" : "another", absl::StrJoin(Names(roles), ", ")));
  }
  const auto place = [&](std::string_view name) {
    return std::find_if(roles->begin(), roles->end(),
                        [&](const auto& role) { return role.name == name; });
  };
  for (const std::string_view name : {kClaimedRole, kRecentlyClaimedRole}) {
    if (place(name) == roles->end() || place(kBinsRole) > place(name)) continue;
    difference.warnings.push_back(fmt::format(
        "{}: {} is asked before {}: no project's own signatures count any more",
        Printable(after.name, 80), kBinsRole, name));
  }
}

void DescribePaths(const OfflineRole* before, const OfflineRole& after,
                   RoleDifference& difference) {
  const auto old_roles = ByName(NamedDelegations(before));
  const auto new_roles = ByName(NamedDelegations(&after));
  for (const auto& [name, role] : old_roles) {
    if (new_roles.contains(name)) continue;
    difference.changes.push_back(fmt::format("{} is delegated no longer: {}",
                                             Printable(name, 80),
                                             PathsText(*role)));
    if (!IsBin(*role)) {
      difference.warnings.push_back(
          fmt::format("{}: readers lose every file that only it lists",
                      Printable(name, 80)));
    }
  }
  for (const auto& [name, role] : new_roles) {
    const auto old = old_roles.find(name);
    if (old == old_roles.end()) {
      difference.changes.push_back(fmt::format(
          "{} is delegated: {}", Printable(name, 80), PathsText(*role)));
    } else if (old->second->paths != role->paths ||
               old->second->terminating != role->terminating) {
      difference.changes.push_back(
          fmt::format("{} is delegated: {} (now {})", Printable(name, 80),
                      PathsText(*role), PathsText(*old->second)));
    }
  }
  DescribeOrder(before, after, difference);
  const auto* old_bins = Succinct(before);
  const auto* bins = Succinct(&after);
  const auto text = [](const tuf::SuccinctRoles* roles) {
    return roles == nullptr ? std::string("none")
                            : fmt::format("{}-* ({} by hash)",
                                          Printable(roles->name_prefix, 80),
                                          roles->bin_count());
  };
  if (text(old_bins) != text(bins)) {
    difference.changes.push_back(
        fmt::format("bins: {} (now {})", text(bins), text(old_bins)));
  }
}

void DescribeTargets(const OfflineRole* before, const OfflineRole& after,
                     RoleDifference& difference) {
  const std::vector<tuf::TargetFile> none;
  const auto& old_targets = before ? before->targets()->targets : none;
  const auto& targets = after.targets()->targets;
  if (old_targets == targets) return;
  difference.changes.push_back(fmt::format("lists {} files itself (now {})",
                                           targets.size(), old_targets.size()));
  for (const tuf::TargetFile& target : targets) {
    if (std::find(old_targets.begin(), old_targets.end(), target) !=
        old_targets.end()) {
      continue;
    }
    difference.changes.push_back(fmt::format(
        "lists {} ({} bytes, sha256 {})", Printable(target.path),
        target.content.length,
        target.content.digests.sha256 ? target.content.digests.sha256->Hex()
                                      : "none"));
  }
  difference.warnings.push_back(fmt::format(
      "{}: it lists files itself: readers take them before all that bins and "
      "projects say",
      Printable(after.name, 80)));
}

// What `role` names, by name; bins together as one.
std::map<std::string, NamedKeys> NamedBy(const OfflineRole* role) {
  std::map<std::string, NamedKeys> named;
  if (role == nullptr) return named;
  if (role->root() != nullptr) {
    for (const char* name : {"root", "targets", "snapshot", "timestamp"}) {
      named.emplace(name, KeysNamedBy(*role, name));
    }
  } else if (Succinct(role) != nullptr) {
    named.emplace(kBinPrefix, KeysNamedBy(*role, kBinPrefix));
  }
  const DelegatedRoles* delegated = NamedDelegations(role);
  if (delegated == nullptr) return named;
  const tuf::KeyMap& keys = role->targets()->delegations->keys;
  for (const tuf::DelegatedRole& entry : *delegated) {
    named.emplace(IsBin(entry) ? std::string(kBinPrefix) : entry.name,
                  NamedKeys{&keys, &entry.keys});
  }
  return named;
}

std::vector<NamedRole> NamedRolesOf(const OfflineRole* before,
                                    const OfflineRole& after) {
  const auto old_roles = NamedBy(before);
  std::map<std::string, NamedRole> roles;
  for (const auto& [name, keys] : old_roles) {
    roles[name] = {name, keys, {}};
  }
  for (const auto& [name, keys] : NamedBy(&after)) {
    roles[name].name = name;
    roles[name].after = keys;
  }
  std::vector<NamedRole> list;
  list.reserve(roles.size());
  for (auto& [name, role] : roles) list.push_back(std::move(role));
  return list;
}

// A key that is taken from a role because it was stolen must go everywhere.
void WarnOfKeysKept(const Candidate& candidate, const NamedRole& lost,
                    RoleDifference& difference) {
  std::vector<std::pair<std::string, std::set<std::string>>> others;
  for (const std::string_view delegator :
       {kRootRole, kTargetsRole, std::string_view(kBinsRole)}) {
    for (const auto& [name, keys] : NamedBy(candidate.Latest(delegator))) {
      if (name != lost.name) others.emplace_back(name, KeyIdsOf(keys));
    }
  }
  const std::set<std::string> kept = KeyIdsOf(lost.after);
  for (const std::string& keyid : KeyIdsOf(lost.before)) {
    if (kept.contains(keyid)) continue;
    for (const auto& [name, keyids] : others) {
      if (!keyids.contains(keyid)) continue;
      difference.warnings.push_back(fmt::format(
          "{} loses key {}, which {} still has", Printable(lost.name, 80),
          KeyText(keyid, {}), Printable(name, 80)));
    }
  }
}

std::string AtStake(std::string_view role) {
  if (role == kRootRole) {
    return "Root decides which keys readers believe. If a key here belongs to "
           "somebody else, they can take over every reader; if too few of the "
           "new holders really have their keys, root can never be changed "
           "again, and every reader must be given a new one by hand.";
  }
  if (role == kTargetsRole) {
    return "Targets decides who may say what a project's files are. If it is "
           "wrong, readers lose packages, or take them from whom they should "
           "not.";
  }
  if (role == kBinsRole) {
    return "Bins names the keys that sign the list of files in every run. If "
           "one of them is not the origin's, its holder can give readers any "
           "file; if the origin's is missing, nothing can be published.";
  }
  return "It decides who may say what the files of its projects are.";
}

}  // namespace

std::vector<RoleDifference> Differences(const Candidate& candidate) {
  std::vector<RoleDifference> differences;
  for (const OfflineRole& after : candidate.roles()) {
    const OfflineRole* before = candidate.Trusted(after.name);
    RoleDifference difference;
    difference.role = after.name;
    difference.from_version = before ? before->common().version : 0;
    difference.to_version = after.common().version;
    DescribeCommon(before, after, candidate.created(), difference);
    for (const NamedRole& role : NamedRolesOf(before, after)) {
      DescribeKeys(role, before, after, difference);
      WarnOfThreshold(role, difference);
      WarnOfKeysKept(candidate, role, difference);
    }
    if (after.targets() != nullptr) {
      DescribePaths(before, after, difference);
      DescribeTargets(before, after, difference);
    }
    DescribeHolders(before, after, difference);
    WarnOfSharedKeys(after, difference);
    difference.at_stake = AtStake(after.name);
    differences.push_back(std::move(difference));
  }
  return differences;
}

}  // namespace tufmirror::repo
