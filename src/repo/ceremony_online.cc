// Roles are read under the keys of old and signed under the new ones, from the
// leaves up.
#include "tufmirror/repo/ceremony_online.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "fmt/format.h"
#include "repo/bin_map.h"
#include "repo/ceremony_roles.h"
#include "repo/sign.h"
#include "repo/stagger.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"

namespace tufmirror::repo {
namespace {

bool SameNamedKeys(const NamedKeys& a, const NamedKeys& b) {
  if (a.role == nullptr || b.role == nullptr) return a.role == b.role;
  if (!(*a.role == *b.role)) return false;
  return std::all_of(a.role->keyids.begin(), a.role->keyids.end(),
                     [&](const std::string& keyid) {
                       const auto x = a.keys->find(keyid);
                       const auto y = b.keys->find(keyid);
                       return x != a.keys->end() && y != b.keys->end() &&
                              x->second == y->second;
                     });
}

// Online roles that targets delegates beside bins, whose keys change.
std::vector<std::string> RekeyedRoles(const Candidate& candidate,
                                      const tuf::Snapshot& snapshot) {
  std::vector<std::string> names;
  const OfflineRole* targets = candidate.New(kTargetsRole);
  if (targets == nullptr || !targets->targets()->delegations) return names;
  const auto* delegated = std::get_if<std::vector<tuf::DelegatedRole>>(
      &targets->targets()->delegations->roles);
  if (delegated == nullptr) return names;
  const OfflineRole* trusted = candidate.Trusted(kTargetsRole);
  for (const tuf::DelegatedRole& role : *delegated) {
    if (candidate.Latest(role.name) != nullptr) continue;  // signed offline
    if (snapshot.Find(role.name) == nullptr) continue;     // not there yet
    if (!SameNamedKeys(KeysNamedBy(*trusted, role.name),
                       KeysNamedBy(*targets, role.name))) {
      names.push_back(role.name);
    }
  }
  return names;
}

absl::StatusOr<BinMap> BinMapOf(const OfflineRole& bins) {
  if (!bins.targets()->delegations) {
    return MakeFailure(Failure::kUnsupported,
                       "role 'bins': expected delegations to bins, got none");
  }
  return BinMap::Create(*bins.targets()->delegations);
}

absl::StatusOr<std::vector<NamedSigner>> SignersNamedBy(
    const OfflineRole& delegator, std::string_view role,
    absl::Span<const Signer> signers) {
  const NamedKeys named = KeysNamedBy(delegator, role);
  if (named.role == nullptr) {
    return MakeFailure(Failure::kUnsupported,
                       fmt::format("sign {}: nobody delegates it", role));
  }
  return SignersOf(role, *named.role, *named.keys, signers);
}

class OnlineSigning {
 public:
  OnlineSigning(const Candidate& candidate, client::RepositoryView& published,
                BinStates bins, const SigningPolicy& policy, absl::Time now,
                int64_t version, absl::Span<const Signer> signers,
                WriteRole write)
      : candidate_(candidate),
        published_(published),
        policy_(policy),
        now_(now),
        version_(version),
        signers_(signers),
        write_(write) {
    result_.bins = std::move(bins);
    result_.snapshot = **published.trusted().snapshot();
  }

  absl::StatusOr<OnlineResult> Run() {
    for (const OfflineRole& role : candidate_.roles()) {
      if (role.name == kRootRole) continue;
      List(role.name, MetaOf(role.common().version, role.document.Raw().bytes));
    }
    RETURN_IF_ERROR(SignBins());
    RETURN_IF_ERROR(SignRekeyed());
    ASSIGN_OR_RETURN(const std::string snapshot, SignSnapshot());
    RETURN_IF_ERROR(SignTimestamp(snapshot));
    result_.earliest_expiry = EarliestExpiry();
    return std::move(result_);
  }

 private:
  void List(const std::string& role, tuf::MetaFile meta) {
    auto& all = result_.snapshot.meta;
    const auto place =
        std::lower_bound(all.begin(), all.end(), role,
                         [](const auto& entry, const std::string& name) {
                           return entry.first < name;
                         });
    if (place != all.end() && place->first == role) {
      place->second = std::move(meta);
    } else {
      all.emplace(place, role, std::move(meta));
    }
  }

  absl::Status Put(const std::string& role, const tuf::Targets& content,
                   absl::Span<const NamedSigner> by) {
    ASSIGN_OR_RETURN(const std::string bytes, SignNamed(content, by));
    RETURN_IF_ERROR(write_(role, version_, bytes));
    const tuf::MetaFile* before =
        (*published_.trusted().snapshot())->Find(role);
    SignedRole done{role, version_, std::nullopt};
    if (before != nullptr) done.replaces = before->version;
    result_.roles.push_back(std::move(done));
    tuf::MetaFile meta;
    meta.version = version_;
    List(role, std::move(meta));
    return absl::OkStatus();
  }

  absl::Status SignBins() {
    const OfflineRole* bins = candidate_.New(kBinsRole);
    if (bins == nullptr) return absl::OkStatus();
    const OfflineRole* before = candidate_.Trusted(kBinsRole);
    if (before == nullptr) {
      return MakeFailure(Failure::kUnsupported,
                         "role 'bins': expected it to be published already");
    }
    ASSIGN_OR_RETURN(const BinMap map, BinMapOf(*bins));
    ASSIGN_OR_RETURN(const BinMap old_map, BinMapOf(*before));
    if (map.bins() == old_map.bins() &&
        SameNamedKeys(KeysNamedBy(*before, kBinPrefix),
                      KeysNamedBy(*bins, kBinPrefix))) {
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const auto by,
                     SignersNamedBy(*bins, kBinPrefix, signers_));
    ASSIGN_OR_RETURN(
        const tuf::RolePtr old_role,
        published_.Load(kBinsRole, kTargetsRole, published_.top()));
    BinStates states;
    std::map<std::string, std::vector<tuf::TargetFile>> moved;
    const bool same_bins = map.bins() == old_map.bins();
    if (!same_bins) {
      ASSIGN_OR_RETURN(moved, Regroup(old_map, map, old_role));
    }
    for (const std::string& name : map.bins()) {
      tuf::Targets bin;
      if (same_bins) {
        ASSIGN_OR_RETURN(const tuf::RolePtr old,
                         published_.Load(name, kBinsRole, old_role));
        bin = **old;
        bin.spec_version = std::string(tuf::kSpecVersion);
      } else {
        bin.targets = std::move(moved[name]);
      }
      bin.version = version_;
      bin.expires = ExpiryAfter(now_, FirstLife(name, policy_.bin_expiry));
      RETURN_IF_ERROR(Put(name, bin, by));
      states[name] = BinState{version_, bin.expires};
    }
    result_.bins = std::move(states);
    return absl::OkStatus();
  }

  absl::StatusOr<std::map<std::string, std::vector<tuf::TargetFile>>> Regroup(
      const BinMap& old_map, const BinMap& map, const tuf::RolePtr& old_role) {
    std::map<std::string, std::vector<tuf::TargetFile>> moved;
    for (const std::string& name : old_map.bins()) {
      ASSIGN_OR_RETURN(const tuf::RolePtr old,
                       published_.Load(name, kBinsRole, old_role));
      for (const tuf::TargetFile& target : (*old)->targets) {
        moved[map.BinOf(target.path)].push_back(target);
      }
    }
    for (auto& [name, targets] : moved) {
      std::sort(targets.begin(), targets.end(),
                [](const tuf::TargetFile& a, const tuf::TargetFile& b) {
                  return a.path < b.path;
                });
    }
    return moved;
  }

  absl::Status SignRekeyed() {
    for (const std::string& name :
         RekeyedRoles(candidate_, **published_.trusted().snapshot())) {
      ASSIGN_OR_RETURN(
          const auto by,
          SignersNamedBy(*candidate_.New(kTargetsRole), name, signers_));
      ASSIGN_OR_RETURN(const tuf::RolePtr old,
                       published_.Load(name, kTargetsRole, published_.top()));
      tuf::Targets role = **old;
      role.version = version_;
      role.spec_version = std::string(tuf::kSpecVersion);
      role.expires = ExpiryAfter(now_, policy_.bin_expiry);
      RETURN_IF_ERROR(Put(name, role, by));
      if (const auto state = result_.bins.find(name);
          state != result_.bins.end()) {
        state->second = BinState{version_, role.expires};
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> SignSnapshot() {
    tuf::Snapshot& snapshot = result_.snapshot;
    const int64_t replaces = snapshot.version;
    snapshot.version = version_;
    snapshot.spec_version = std::string(tuf::kSpecVersion);
    snapshot.expires = ExpiryAfter(now_, policy_.snapshot_expiry);
    ASSIGN_OR_RETURN(
        const auto by,
        SignersNamedBy(*candidate_.Latest(kRootRole), "snapshot", signers_));
    ASSIGN_OR_RETURN(std::string bytes, SignNamed(snapshot, by));
    RETURN_IF_ERROR(write_("snapshot", version_, bytes));
    result_.roles.push_back({"snapshot", version_, replaces});
    return bytes;
  }

  absl::Status SignTimestamp(const std::string& snapshot) {
    tuf::Timestamp timestamp = **published_.trusted().timestamp();
    timestamp.version = version_;
    timestamp.spec_version = std::string(tuf::kSpecVersion);
    timestamp.expires = ExpiryAfter(now_, policy_.timestamp_expiry);
    timestamp.snapshot = MetaOf(version_, snapshot);
    timestamp_expires_ = timestamp.expires;
    ASSIGN_OR_RETURN(
        const auto by,
        SignersNamedBy(*candidate_.Latest(kRootRole), "timestamp", signers_));
    ASSIGN_OR_RETURN(const std::string bytes, SignNamed(timestamp, by));
    result_.roles.push_back({"timestamp", version_, std::nullopt});
    return write_("timestamp", std::nullopt, bytes);
  }

  absl::Time EarliestExpiry() const {
    absl::Time earliest =
        std::min({candidate_.Latest(kRootRole)->common().expires,
                  result_.snapshot.expires, timestamp_expires_});
    for (const auto* roles : {&candidate_.trusted(), &candidate_.roles()}) {
      for (const OfflineRole& role : *roles) {
        earliest =
            std::min(earliest, candidate_.Latest(role.name)->common().expires);
      }
    }
    for (const auto& [name, state] : result_.bins) {
      earliest = std::min(earliest, state.expires);
    }
    return earliest;
  }

  const Candidate& candidate_;
  client::RepositoryView& published_;
  const SigningPolicy& policy_;
  absl::Time now_;
  int64_t version_;
  absl::Span<const Signer> signers_;
  WriteRole write_;
  OnlineResult result_;
  absl::Time timestamp_expires_;
};

}  // namespace

absl::Status CheckOnlineSigners(const Candidate& candidate,
                                client::RepositoryView& published,
                                absl::Span<const Signer> signers) {
  const OfflineRole& root = *candidate.Latest(kRootRole);
  RETURN_IF_ERROR(SignersNamedBy(root, "snapshot", signers).status());
  RETURN_IF_ERROR(SignersNamedBy(root, "timestamp", signers).status());
  if (const OfflineRole* bins = candidate.Latest(kBinsRole)) {
    RETURN_IF_ERROR(SignersNamedBy(*bins, kBinPrefix, signers).status());
  }
  for (const std::string& name :
       RekeyedRoles(candidate, **published.trusted().snapshot())) {
    RETURN_IF_ERROR(
        SignersNamedBy(*candidate.New(kTargetsRole), name, signers).status());
  }
  return absl::OkStatus();
}

absl::StatusOr<OnlineResult> SignOnline(
    const Candidate& candidate, client::RepositoryView& published,
    BinStates bins, const SigningPolicy& policy, absl::Time now,
    int64_t version, absl::Span<const Signer> signers, WriteRole write) {
  return OnlineSigning(candidate, published, std::move(bins), policy, now,
                       version, signers, write)
      .Run();
}

}  // namespace tufmirror::repo
