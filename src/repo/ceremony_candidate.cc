// What a candidate must be before anybody is asked to sign it: each role is the
// one after the trusted one, says nothing that is not shown, and can be met by
// the keys that it names.
#include <algorithm>
#include <set>
#include <utility>

#include "fmt/format.h"
#include "repo/bin_map.h"
#include "repo/ceremony_access.h"
#include "repo/ceremony_roles.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/crypto/public_key.h"
#include "tufmirror/repo/genesis.h"

namespace tufmirror::repo {
namespace {

constexpr size_t kMaxRoles = 32;
constexpr size_t kMaxKeysOfRole = 64;
constexpr size_t kIdDigits = 16;

absl::Status Refusal(Failure failure, std::string_view role,
                     std::string_view why) {
  return MakeFailure(failure, fmt::format("candidate: role '{}': {}",
                                          Printable(role, 80), why));
}

// Root first, targets second, the rest by name.
bool ComesBefore(const OfflineRole& a, const OfflineRole& b) {
  const auto rank = [](const OfflineRole& role) {
    return role.name == kRootRole ? 0 : role.name == kTargetsRole ? 1 : 2;
  };
  return std::pair(rank(a), a.name) < std::pair(rank(b), b.name);
}

const OfflineRole* FindRole(const std::vector<OfflineRole>& roles,
                            std::string_view name) {
  const auto found = std::find_if(
      roles.begin(), roles.end(),
      [name](const OfflineRole& role) { return role.name == name; });
  return found == roles.end() ? nullptr : &*found;
}

absl::Status CheckVersion(const Candidate& candidate, const OfflineRole& role) {
  const OfflineRole* before = candidate.Trusted(role.name);
  const int64_t trusted = before == nullptr ? 0 : before->common().version;
  const int64_t got = role.common().version;
  RETURN_IF_ERROR(CheckCanBeFollowed(role.name, trusted));
  // Clients take no root but the next; of others a version may have been spent
  // on what was rolled back.
  const int64_t most =
      role.name == kRootRole
          ? trusted + 1
          : std::min(trusted + 1 + kMaxVersionsLeftOut, kLastVersion);
  if (got > trusted && got <= most) return absl::OkStatus();
  return Refusal(
      Failure::kVersion, role.name,
      role.name == kRootRole
          ? fmt::format("expected version {}, got {}", most, got)
          : fmt::format("expected version {} to {}, got {}: what counts up to "
                        "the last number could never be changed again",
                        trusted + 1, most, got));
}

// What is shown to a key holder is all that there is.
absl::Status CheckNothingHidden(const OfflineRole& role) {
  const ProposedRole shown{role.name, role.content, role.holders};
  if (CanonicalRole(shown) == role.document.canonical) return absl::OkStatus();
  return Refusal(Failure::kUnsupported, role.name,
                 "it has members that this version of tufmirror does not know "
                 "and could not show to whoever signs it");
}

absl::Status CheckHolders(const OfflineRole& role) {
  const auto named = AllNamed(role);
  for (const auto& [keyid, holder] : role.holders) {
    RETURN_IF_ERROR(CheckHolder(holder));
    if (named.contains(keyid)) continue;
    return Refusal(Failure::kMalformed, role.name,
                   fmt::format("it says who holds key {}, which it names for "
                               "nothing",
                               Printable(keyid, 80)));
  }
  return absl::OkStatus();
}

// A threshold that cannot be met would lock every client out for ever.
absl::Status CheckReachable(const NamedKeys& named, std::string_view role) {
  if (named.role->keyids.size() > kMaxKeysOfRole) {
    return Refusal(Failure::kTooLarge, role,
                   fmt::format("expected at most {} keys, got {}",
                               kMaxKeysOfRole, named.role->keyids.size()));
  }
  std::set<Sha256> usable;
  for (const std::string& keyid : named.role->keyids) {
    const auto key = named.keys->find(keyid);
    if (key == named.keys->end()) {
      return Refusal(Failure::kKey, role,
                     fmt::format("key {} is not there", Printable(keyid, 80)));
    }
    const auto fingerprint = FingerprintOf(key->second);
    if (!fingerprint.ok()) {
      return Annotate(fingerprint.status(),
                      fmt::format("candidate: key {} of role '{}'",
                                  Printable(keyid, 80), Printable(role, 80)));
    }
    if (usable.insert(*fingerprint).second) continue;
    return Refusal(Failure::kKey, role,
                   fmt::format("key {} is there twice, under two keyids",
                               Printable(keyid, 80)));
  }
  if (static_cast<int64_t>(usable.size()) >= named.role->threshold) {
    return absl::OkStatus();
  }
  return Refusal(Failure::kKey, role,
                 fmt::format("its threshold is {}, with {} keys no client "
                             "could ever accept it",
                             named.role->threshold, usable.size()));
}

absl::Status CheckRoot(const Candidate& candidate, const OfflineRole& role) {
  for (const std::string_view name :
       {kRootRole, kTargetsRole, std::string_view("snapshot"),
        std::string_view("timestamp")}) {
    RETURN_IF_ERROR(CheckReachable(KeysNamedBy(role, name), name));
  }
  const OfflineRole* before = candidate.Trusted(kRootRole);
  const bool was_consistent =
      before == nullptr || before->root()->consistent_snapshot;
  if (role.root()->consistent_snapshot == was_consistent) {
    return absl::OkStatus();
  }
  return Refusal(Failure::kUnsupported, role.name,
                 "consistent_snapshot cannot change");
}

// They are shown as one: a bin with keys of its own would go unseen.
absl::Status CheckBinsShareKeys(
    const std::vector<tuf::DelegatedRole>& delegated, std::string_view role) {
  const tuf::RoleKeys* keys = nullptr;
  for (const tuf::DelegatedRole& entry : delegated) {
    if (!std::holds_alternative<tuf::PathHashPrefixes>(entry.paths)) continue;
    if (keys != nullptr && !(*keys == entry.keys)) {
      return Refusal(Failure::kUnsupported, role,
                     fmt::format("expected '{}' to have the keys that all bins "
                                 "share, got others",
                                 Printable(entry.name, 80)));
    }
    keys = &entry.keys;
  }
  return absl::OkStatus();
}

absl::Status CheckDelegations(const OfflineRole& role) {
  const auto& delegations = role.targets()->delegations;
  if (!delegations) return absl::OkStatus();
  if (std::holds_alternative<tuf::SuccinctRoles>(delegations->roles)) {
    if (role.name == kTargetsRole) {
      return Refusal(Failure::kUnsupported, role.name,
                     "expected delegations by name, got succinct ones");
    }
    const auto& succinct = std::get<tuf::SuccinctRoles>(delegations->roles);
    if (succinct.bit_length > kMaxBinBits) {
      return Refusal(Failure::kUnsupported, role.name,
                     fmt::format("expected at most 2^{} bins, got 2^{}",
                                 kMaxBinBits, succinct.bit_length));
    }
    return CheckReachable(KeysNamedBy(role, kBinPrefix), kBinPrefix);
  }
  for (const tuf::DelegatedRole& delegated :
       std::get<std::vector<tuf::DelegatedRole>>(delegations->roles)) {
    if (delegated.name == kTargetsRole || delegated.name == kRootRole) {
      return Refusal(Failure::kMalformed, role.name,
                     fmt::format("it delegates '{}'", delegated.name));
    }
    // It would be shown as one of the bins, its keys as theirs.
    if (delegated.name == kBinPrefix &&
        std::holds_alternative<tuf::PathPatterns>(delegated.paths)) {
      return Refusal(Failure::kUnsupported, role.name,
                     fmt::format("it delegates paths to '{}', as all bins are "
                                 "called together",
                                 delegated.name));
    }
  }
  RETURN_IF_ERROR(CheckBinsShareKeys(
      std::get<std::vector<tuf::DelegatedRole>>(delegations->roles),
      role.name));
  // Those of bins and of projects share their keys: each set is looked at once.
  std::set<std::pair<std::vector<std::string>, int64_t>> seen;
  for (const tuf::DelegatedRole& delegated :
       std::get<std::vector<tuf::DelegatedRole>>(delegations->roles)) {
    if (!seen.emplace(delegated.keys.keyids, delegated.keys.threshold).second) {
      continue;
    }
    RETURN_IF_ERROR(
        CheckReachable({&delegations->keys, &delegated.keys}, delegated.name));
  }
  return absl::OkStatus();
}

absl::Status CheckNamed(const Candidate& candidate, const OfflineRole& role) {
  if (role.name == kRootRole) return absl::OkStatus();
  const OfflineRole* delegator =
      candidate.Latest(role.name == kTargetsRole ? kRootRole : kTargetsRole);
  if (delegator != nullptr &&
      KeysNamedBy(*delegator, role.name).role != nullptr) {
    return absl::OkStatus();
  }
  return Refusal(Failure::kUnauthorised, role.name,
                 "expected root, targets, or a role that targets delegates");
}

absl::Status CheckRole(const Candidate& candidate, const OfflineRole& role) {
  RETURN_IF_ERROR(CheckNamed(candidate, role));
  RETURN_IF_ERROR(CheckVersion(candidate, role));
  RETURN_IF_ERROR(CheckNothingHidden(role));
  RETURN_IF_ERROR(CheckHolders(role));
  return role.root() != nullptr ? CheckRoot(candidate, role)
                                : CheckDelegations(role);
}

}  // namespace

absl::StatusOr<Sha256> FingerprintOf(const tuf::Key& key) {
  ASSIGN_OR_RETURN(
      const crypto::PublicKey usable,
      crypto::PublicKey::Create(key.keytype, key.scheme, key.value));
  return usable.fingerprint();
}

bool IsGoodSignature(const tuf::Key& key, std::string_view canonical,
                     std::string_view signature) {
  const auto usable =
      crypto::PublicKey::Create(key.keytype, key.scheme, key.value);
  return usable.ok() && usable->Verify(canonical, signature);
}

absl::StatusOr<Candidate> CheckedCandidate(TrustedRoles trusted,
                                           std::vector<OfflineRole> roles,
                                           absl::Time created) {
  if (roles.empty() || roles.size() > kMaxRoles) {
    return MakeFailure(Failure::kMalformed,
                       fmt::format("candidate: expected 1 to {} roles, got {}",
                                   kMaxRoles, roles.size()));
  }
  std::sort(roles.begin(), roles.end(), ComesBefore);
  for (size_t i = 1; i < roles.size(); ++i) {
    if (roles[i].name == roles[i - 1].name) {
      return Refusal(Failure::kMalformed, roles[i].name, "it is there twice");
    }
  }
  const Candidate candidate = CandidateAccess::Assemble(
      std::move(trusted.roots), std::move(trusted.others), std::move(roles),
      created);
  for (const OfflineRole& role : candidate.roles()) {
    RETURN_IF_ERROR(CheckRole(candidate, role));
  }
  return candidate;
}

absl::StatusOr<Candidate> Candidate::Make(const OfflineMetadata& trusted,
                                          std::vector<ProposedRole> proposed,
                                          absl::Time created) {
  ASSIGN_OR_RETURN(TrustedRoles verified, VerifyTrusted(trusted));
  std::vector<OfflineRole> roles;
  for (ProposedRole& role : proposed) {
    SignedDocument document{CanonicalRole(role), {}};
    // Read back, so that what is signed is what it is read as.
    ASSIGN_OR_RETURN(OfflineRole read,
                     ReadRole(std::move(role.name), std::move(document)));
    roles.push_back(std::move(read));
  }
  return CheckedCandidate(std::move(verified), std::move(roles), created);
}

const OfflineRole* Candidate::New(std::string_view role) const {
  return FindRole(roles_, role);
}

const OfflineRole* Candidate::Trusted(std::string_view role) const {
  if (role != kRootRole) return FindRole(trusted_, role);
  return roots_.empty() ? nullptr : &roots_.back();
}

const OfflineRole* Candidate::Latest(std::string_view role) const {
  const OfflineRole* fresh = New(role);
  return fresh != nullptr ? fresh : Trusted(role);
}

absl::Status CheckCanBeFollowed(std::string_view role, int64_t version) {
  if (version < kLastVersion) return absl::OkStatus();
  return Refusal(Failure::kVersion, role,
                 fmt::format("version {} is published: no client counts "
                             "beyond {}, so nothing can follow it",
                             version, kLastVersion));
}

std::string Candidate::id() const {
  std::string all;
  for (const OfflineRole& role : roles_) {
    all += fmt::format("{} {}\n", role.document.canonical.size(), role.name);
    all += role.document.canonical;
  }
  return crypto::Sha256Of(all).Hex().substr(0, kIdDigits);
}

}  // namespace tufmirror::repo
