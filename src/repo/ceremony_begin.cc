// Changes are made on a copy of what is trusted; whatever they reach is signed
// again: who names a key, and the role that it signs.
#include <algorithm>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_join.h"
#include "fmt/format.h"
#include "repo/bin_map.h"
#include "repo/ceremony_access.h"
#include "repo/ceremony_roles.h"
#include "repo/stagger.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/repo/ceremony_changes.h"
#include "tufmirror/repo/genesis.h"

namespace tufmirror::repo {
namespace {

constexpr size_t kMinKeyIdDigits = 4;

absl::Status Refused(std::string_view why) {
  return MakeFailure(Failure::kUsage, fmt::format("ceremony begin: {}", why));
}

// The role that names the keys of `role`.
std::string DelegatorOf(std::string_view role) {
  if (role == kBinPrefix) return std::string(kBinsRole);
  const bool top = role == kRootRole || role == kTargetsRole ||
                   role == "snapshot" || role == "timestamp";
  return std::string(top ? kRootRole : kTargetsRole);
}

using EditRoleKeys = absl::FunctionRef<absl::Status(tuf::RoleKeys& keys)>;

// Calls `edit` for the keys of `role` wherever `delegator` has them.
absl::Status EditDelegatedKeys(tuf::Targets& delegator, std::string_view role,
                               EditRoleKeys edit) {
  if (!delegator.delegations) return absl::OkStatus();
  if (auto* succinct =
          std::get_if<tuf::SuccinctRoles>(&delegator.delegations->roles)) {
    return edit(succinct->keys);
  }
  for (tuf::DelegatedRole& delegated :
       std::get<std::vector<tuf::DelegatedRole>>(
           delegator.delegations->roles)) {
    const bool is_bin =
        std::holds_alternative<tuf::PathHashPrefixes>(delegated.paths);
    if (delegated.name != role && !(role == kBinPrefix && is_bin)) continue;
    RETURN_IF_ERROR(edit(delegated.keys));
  }
  return absl::OkStatus();
}

class Draft {
 public:
  explicit Draft(const TrustedRoles& trusted) {
    Add(trusted.roots.back());
    for (const OfflineRole& role : trusted.others) Add(role);
    FindOnline();
  }

  absl::StatusOr<ProposedRole*> Touch(std::string_view name) {
    ASSIGN_OR_RETURN(ProposedRole * role, Find(name));
    touched_.insert(role->name);
    return role;
  }
  absl::StatusOr<ProposedRole*> Find(std::string_view name) {
    for (ProposedRole& role : roles_) {
      if (role.name == name) return &role;
    }
    return Refused(fmt::format("expected a role ({}), got '{}'",
                               absl::StrJoin(Names(), ", "),
                               Printable(name, 80)));
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const ProposedRole& role : roles_) names.push_back(role.name);
    return names;
  }
  // The roles that `role` means: kOnlineRoles are several.
  std::vector<std::string> Expanded(const std::string& role) const {
    if (role != kOnlineRoles) return {role};
    std::vector<std::string> roles = {"snapshot", "timestamp",
                                      std::string(kBinPrefix)};
    roles.insert(roles.end(), online_.begin(), online_.end());
    return roles;
  }
  bool IsTouched(const std::string& name) const {
    return touched_.contains(name);
  }

  // Edits the keys of `role` in its delegator; what it signs must be signed
  // again then.
  absl::Status EditKeys(std::string_view role,
                        absl::FunctionRef<absl::Status(
                            ProposedRole&, tuf::KeyMap&, tuf::RoleKeys&)>
                            edit) {
    RETURN_IF_ERROR(CheckKnown(role));
    ASSIGN_OR_RETURN(ProposedRole * delegator, Touch(DelegatorOf(role)));
    if (auto* root = std::get_if<tuf::Root>(&delegator->content)) {
      tuf::RoleKeys& keys = role == kRootRole      ? root->root
                            : role == kTargetsRole ? root->targets
                            : role == "snapshot"   ? root->snapshot
                                                   : root->timestamp;
      RETURN_IF_ERROR(edit(*delegator, root->keys, keys));
    } else {
      auto& targets = std::get<tuf::Targets>(delegator->content);
      RETURN_IF_ERROR(
          EditDelegatedKeys(targets, role, [&](tuf::RoleKeys& keys) {
            return edit(*delegator, targets.delegations->keys, keys);
          }));
    }
    return IsOnline(role) ? absl::OkStatus() : Touch(role).status();
  }

  absl::StatusOr<std::vector<ProposedRole>> Finish(
      const CeremonyChanges& changes, absl::Time now) &&;

 private:
  void Add(const OfflineRole& role) {
    roles_.push_back({role.name, role.content, role.holders});
  }
  // What targets delegates, and is no offline role.
  void FindOnline() {
    for (const ProposedRole& role : roles_) {
      const auto* targets = std::get_if<tuf::Targets>(&role.content);
      if (role.name != kTargetsRole || !targets->delegations) continue;
      const auto* delegated = std::get_if<std::vector<tuf::DelegatedRole>>(
          &targets->delegations->roles);
      if (delegated == nullptr) continue;
      for (const tuf::DelegatedRole& entry : *delegated) {
        if (!Find(entry.name).ok()) online_.push_back(entry.name);
      }
    }
  }
  bool IsOnline(std::string_view role) const {
    return role == kBinPrefix || role == "snapshot" || role == "timestamp" ||
           std::find(online_.begin(), online_.end(), role) != online_.end();
  }
  absl::Status CheckKnown(std::string_view role) {
    if (role == kBinPrefix) return Find(kBinsRole).status();
    return IsOnline(role) ? absl::OkStatus() : Find(role).status();
  }

  std::vector<ProposedRole> roles_;
  std::vector<std::string> online_;  // that targets delegates
  std::set<std::string> touched_;
};

OfflineRole AsRole(const ProposedRole& role) {
  return {role.name, role.content, role.holders, {}};
}

void KeepNamed(const std::set<std::string, std::less<>>& named,
               tuf::KeyMap& keys) {
  std::erase_if(
      keys, [&](const auto& entry) { return !named.contains(entry.first); });
}

void DropWhatIsNotNamed(ProposedRole& role) {
  const auto named = AllNamed(AsRole(role));
  if (auto* root = std::get_if<tuf::Root>(&role.content)) {
    KeepNamed(named, root->keys);
  } else if (auto& targets = std::get<tuf::Targets>(role.content);
             targets.delegations) {
    KeepNamed(named, targets.delegations->keys);
  }
  std::erase_if(role.holders, [&](const auto& entry) {
    return !named.contains(entry.first);
  });
}

absl::StatusOr<std::vector<ProposedRole>> Draft::Finish(
    const CeremonyChanges& changes, absl::Time now) && {
  std::vector<ProposedRole> result;
  for (ProposedRole& role : roles_) {
    if (!touched_.contains(role.name)) continue;
    DropWhatIsNotNamed(role);
    tuf::Common& common = std::visit(
        [](auto& content) -> tuf::Common& { return content; }, role.content);
    RETURN_IF_ERROR(CheckCanBeFollowed(role.name, common.version));
    ++common.version;
    common.spec_version = std::string(tuf::kSpecVersion);
    common.expires =
        changes.life
            ? ExpiryAfter(now, *changes.life)
            : std::max(common.expires, ExpiryAfter(now, kDefaultOfflineLife));
    result.push_back(std::move(role));
  }
  return result;
}

absl::Status RemoveKey(Draft& draft, const std::string& role,
                       const std::string& key) {
  return draft.EditKeys(role,
                        [&](ProposedRole& delegator, tuf::KeyMap&,
                            tuf::RoleKeys& keys) -> absl::Status {
                          const auto keyid =
                              FindKey(keys.keyids, delegator.holders, key);
                          if (!keyid.ok())
                            return Annotate(keyid.status(), role);
                          std::erase(keys.keyids, *keyid);
                          return absl::OkStatus();
                        });
}

absl::Status AddKey(Draft& draft, const std::string& role,
                    const tuf::Key& key) {
  const std::string keyid = key.ComputeKeyId();
  ASSIGN_OR_RETURN(const Sha256 fingerprint, FingerprintOf(key));
  return draft.EditKeys(
      role,
      [&](ProposedRole&, tuf::KeyMap& known,
          tuf::RoleKeys& keys) -> absl::Status {
        for (const std::string& other : keys.keyids) {
          const auto declared = known.find(other);
          if (declared == known.end()) continue;
          const auto theirs = FingerprintOf(declared->second);
          if (!theirs.ok() || *theirs != fingerprint) continue;
          return Refused(
              fmt::format("{} has key {} already", role, KeyText(other, {})));
        }
        known.insert_or_assign(keyid, key);
        keys.keyids.push_back(keyid);
        return absl::OkStatus();
      });
}

absl::Status SetThreshold(Draft& draft, const std::string& role,
                          int64_t threshold) {
  return draft.EditKeys(
      role, [&](ProposedRole&, tuf::KeyMap&, tuf::RoleKeys& keys) {
        const auto count = static_cast<int64_t>(keys.keyids.size());
        if (threshold < 1 || threshold > count) {
          return Refused(fmt::format(
              "threshold of {}: expected 1 to {}, the number of its keys, got "
              "{}",
              role, count, threshold));
        }
        keys.threshold = threshold;
        return absl::OkStatus();
      });
}

absl::Status CheckThresholdsLeft(Draft& draft, const std::string& role) {
  return draft.EditKeys(
      role, [&](ProposedRole&, tuf::KeyMap&, tuf::RoleKeys& keys) {
        if (keys.threshold <= static_cast<int64_t>(keys.keyids.size())) {
          return absl::OkStatus();
        }
        return Refused(
            fmt::format("{} would have {} keys, and needs {}: add "
                        "keys, or change its threshold",
                        role, keys.keyids.size(), keys.threshold));
      });
}

absl::Status ChangeKeys(Draft& draft, const CeremonyChanges& changes) {
  std::set<std::string> changed;
  for (const KeyRemoval& removal : changes.remove) {
    for (const std::string& role : draft.Expanded(removal.role)) {
      RETURN_IF_ERROR(RemoveKey(draft, role, removal.key));
      changed.insert(role);
    }
  }
  for (const KeyAddition& addition : changes.add) {
    for (const std::string& role : draft.Expanded(addition.role)) {
      RETURN_IF_ERROR(AddKey(draft, role, addition.key));
      changed.insert(role);
    }
  }
  for (const auto& [name, threshold] : changes.thresholds) {
    for (const std::string& role : draft.Expanded(name)) {
      RETURN_IF_ERROR(SetThreshold(draft, role, threshold));
    }
  }
  for (const std::string& role : changed) {
    RETURN_IF_ERROR(CheckThresholdsLeft(draft, role));
  }
  return absl::OkStatus();
}

// A holder is named by roles that are signed anyway, if there are such.
absl::Status NameHolder(Draft& draft, const std::string& key,
                        const KeyHolder& holder) {
  RETURN_IF_ERROR(CheckHolder(holder));
  absl::Status failure =
      Refused(fmt::format("no role has key '{}'", Printable(key, 80)));
  for (const bool touched : {true, false}) {
    bool done = false;
    for (const std::string& name : draft.Names()) {
      if (draft.IsTouched(name) != touched) continue;
      ASSIGN_OR_RETURN(ProposedRole * role, draft.Find(name));
      const auto named = AllNamed(AsRole(*role));
      const auto keyid =
          FindKey({named.begin(), named.end()}, role->holders, key);
      if (!keyid.ok()) {
        // Of a role with keys it says which there are; some have none.
        if (!named.empty()) failure = keyid.status();
        continue;
      }
      RETURN_IF_ERROR(draft.Touch(name).status());
      role->holders.erase(*keyid);
      if (!(holder == KeyHolder())) role->holders.emplace(*keyid, holder);
      done = true;
      if (!touched) break;
    }
    if (done) return absl::OkStatus();
  }
  return failure;
}

absl::Status ChangeBins(Draft& draft, int bits) {
  if (bits < 1 || bits > kMaxBinBits) {
    return Refused(
        fmt::format("bits of the number of bins: expected 1 to {}, "
                    "got {}",
                    kMaxBinBits, bits));
  }
  ASSIGN_OR_RETURN(ProposedRole * bins, draft.Touch(kBinsRole));
  auto& delegations = std::get<tuf::Targets>(bins->content).delegations;
  if (!delegations) return Refused("bins delegates nothing");
  if (auto* succinct = std::get_if<tuf::SuccinctRoles>(&delegations->roles)) {
    if (succinct->bit_length == bits) {
      return Refused(fmt::format("there are 2^{} bins already", bits));
    }
    succinct->bit_length = bits;
    return absl::OkStatus();
  }
  auto& old_roles =
      std::get<std::vector<tuf::DelegatedRole>>(delegations->roles);
  if (old_roles.empty() || old_roles.size() == size_t{1} << bits) {
    return Refused(fmt::format("there are {} bins already", old_roles.size()));
  }
  const tuf::RoleKeys keys = old_roles[0].keys;
  delegations = HashPrefixBins(bits, keys, delegations->keys);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> FindKey(const std::vector<std::string>& keyids,
                                    const KeyHolders& holders,
                                    std::string_view text) {
  std::vector<std::string> found;
  for (const std::string& keyid : keyids) {
    const auto holder = holders.find(keyid);
    const bool labelled = holder != holders.end() && !text.empty() &&
                          holder->second.label == text;
    const bool begins =
        text.size() >= kMinKeyIdDigits && keyid.starts_with(text);
    if (labelled || begins) found.push_back(keyid);
  }
  if (found.size() == 1) return found[0];
  const std::vector<std::string>& named = found.empty() ? keyids : found;
  std::vector<std::string> texts;
  for (const std::string& keyid : named) {
    const auto holder = holders.find(keyid);
    texts.push_back(
        KeyText(keyid, holder == holders.end() ? KeyHolder() : holder->second));
  }
  return MakeFailure(
      Failure::kUsage,
      fmt::format("expected a key's id (its first {} digits or more) or label, "
                  "got '{}', which is {} of {}",
                  kMinKeyIdDigits, Printable(text, 80),
                  found.empty() ? "none" : "several",
                  absl::StrJoin(texts, ", ")));
}

absl::StatusOr<Candidate> BeginCeremony(const OfflineMetadata& trusted,
                                        const CeremonyChanges& changes,
                                        absl::Time now) {
  if (trusted.roots.empty()) return Refused("nothing is published yet");
  ASSIGN_OR_RETURN(const TrustedRoles roles, VerifyTrusted(trusted));
  Draft draft(roles);
  RETURN_IF_ERROR(ChangeKeys(draft, changes));
  for (const std::string& role : changes.renew) {
    RETURN_IF_ERROR(draft.Touch(role).status());
  }
  if (changes.bin_bits) RETURN_IF_ERROR(ChangeBins(draft, *changes.bin_bits));
  for (const auto& [key, holder] : changes.holders) {
    RETURN_IF_ERROR(NameHolder(draft, key, holder));
  }
  ASSIGN_OR_RETURN(std::vector<ProposedRole> proposed,
                   std::move(draft).Finish(changes, now));
  if (proposed.empty()) return Refused("expected a change, got none");
  ASSIGN_OR_RETURN(Candidate candidate,
                   Candidate::Make(trusted, std::move(proposed), now));
  RETURN_IF_ERROR(CheckUnexpired(candidate, now));
  return candidate;
}

}  // namespace tufmirror::repo
