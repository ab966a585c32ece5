// Roles are made from the leaves up, as each names the ones before it.
#include "tufmirror/repo/genesis.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "repo/bin_map.h"
#include "repo/sign.h"
#include "repo/stagger.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/repo/claim_roles.h"

namespace tufmirror::repo {
namespace {

// '*' never crosses '/': root pages, project pages, files.
const char* const kBinsPatterns[] = {"simple/*", "simple/*/*", "packages/*/*"};

tuf::RoleKeys RoleKeysOf(const std::vector<tuf::Key>& keys, int threshold) {
  tuf::RoleKeys role;
  for (const tuf::Key& key : keys) role.keyids.push_back(key.ComputeKeyId());
  role.threshold = threshold;
  return role;
}

void Declare(const std::vector<tuf::Key>& keys, tuf::KeyMap& declared) {
  for (const tuf::Key& key : keys) declared.emplace(key.ComputeKeyId(), key);
}

tuf::Root MakeRoot(const GenesisOptions& options,
                   const OriginPublicKeys& keys) {
  tuf::Root root;
  root.expires = ExpiryAfter(options.now, options.offline_expiry);
  root.consistent_snapshot = true;
  Declare(keys.root, root.keys);
  Declare({keys.targets}, root.keys);
  Declare(keys.online, root.keys);
  root.root = RoleKeysOf(keys.root, options.root_threshold);
  root.targets = RoleKeysOf({keys.targets}, 1);
  root.snapshot = RoleKeysOf(keys.online, options.online_threshold);
  root.timestamp = root.snapshot;
  return root;
}

tuf::Targets MakeTargets(const GenesisOptions& options,
                         const OriginPublicKeys& keys) {
  tuf::DelegatedRole bins;
  bins.name = kBinsRole;
  bins.keys = RoleKeysOf({keys.bins}, 1);
  bins.terminating = true;
  bins.paths =
      tuf::PathPatterns{{std::begin(kBinsPatterns), std::end(kBinsPatterns)}};
  tuf::Targets targets;
  targets.expires = ExpiryAfter(options.now, options.offline_expiry);
  targets.delegations.emplace();
  Declare({keys.bins}, targets.delegations->keys);
  targets.delegations->roles = std::vector<tuf::DelegatedRole>{bins};
  if (!options.claims) return targets;
  return WithClaims(std::move(targets), {keys.bins}, 1, keys.online,
                    options.online_threshold);
}

tuf::Targets MakeBins(const GenesisOptions& options,
                      const OriginPublicKeys& keys) {
  tuf::Targets bins;
  bins.expires = ExpiryAfter(options.now, options.offline_expiry);
  tuf::KeyMap declared;
  Declare(keys.online, declared);
  const tuf::RoleKeys online =
      RoleKeysOf(keys.online, options.online_threshold);
  bins.delegations = options.profile == BinProfile::kSuccinct
                         ? SuccinctBins(options.bin_bits, online, declared)
                         : HashPrefixBins(options.bin_bits, online, declared);
  return bins;
}

std::vector<tuf::Key> PublicHalves(const std::vector<Signer>& signers) {
  std::vector<tuf::Key> keys;
  keys.reserve(signers.size());
  for (const Signer& signer : signers) keys.push_back(signer.key());
  return keys;
}

// What the snapshot lists. Of roles that are signed offline it says the digest
// too: their keys alone are then of no use against who was never here before.
using ListedRoles = std::vector<std::pair<std::string, tuf::MetaFile>>;

// Nobody has claimed anything yet.
absl::Status WriteClaimRoles(const GenesisOptions& options,
                             const OriginKeys& keys, WriteRole write,
                             ListedRoles& listed) {
  tuf::Targets role;
  role.expires = ExpiryAfter(options.now, options.offline_expiry);
  ASSIGN_OR_RETURN(const std::string claimed, SignRole(role, {&keys.bins}));
  RETURN_IF_ERROR(write(kClaimedRole, role.version, claimed));
  listed.emplace_back(kClaimedRole, MetaOf(role.version, claimed));
  role.expires = ExpiryAfter(options.now, options.policy.bin_expiry);
  ASSIGN_OR_RETURN(const std::string recent,
                   SignRole(role, PointersTo(keys.online)));
  listed.emplace_back(kRecentlyClaimedRole, tuf::MetaFile());
  return write(kRecentlyClaimedRole, role.version, recent);
}

absl::Status CheckThreshold(std::string_view role, int keys, int threshold) {
  if (threshold >= 1 && threshold <= keys) return absl::OkStatus();
  return MakeFailure(Failure::kUsage,
                     fmt::format("{0} threshold: expected 1 to {1}, the number "
                                 "of {0} keys, got {2}",
                                 role, keys, threshold));
}

absl::Status WriteBins(const GenesisOptions& options, const OriginKeys& keys,
                       const BinMap& map, WriteRole write,
                       ListedRoles& listed) {
  std::map<std::string, std::vector<tuf::TargetFile>> targets;
  for (const tuf::TargetFile& target : options.targets) {
    targets[map.BinOf(target.path)].push_back(target);
  }
  for (const std::string& name : map.bins()) {
    tuf::Targets bin;
    bin.expires =
        ExpiryAfter(options.now, FirstLife(name, options.policy.bin_expiry));
    bin.targets = std::move(targets[name]);
    std::sort(bin.targets.begin(), bin.targets.end(),
              [](const tuf::TargetFile& a, const tuf::TargetFile& b) {
                return a.path < b.path;
              });
    ASSIGN_OR_RETURN(const std::string bytes,
                     SignRole(bin, PointersTo(keys.online)));
    RETURN_IF_ERROR(write(name, bin.version, bytes));
    listed.emplace_back(name, tuf::MetaFile());
  }
  return absl::OkStatus();
}

absl::Status WriteSnapshotAndTimestamp(const GenesisOptions& options,
                                       const OriginKeys& keys,
                                       ListedRoles listed, WriteRole write) {
  tuf::Snapshot snapshot;
  snapshot.expires = ExpiryAfter(options.now, options.policy.snapshot_expiry);
  snapshot.meta = std::move(listed);
  std::sort(snapshot.meta.begin(), snapshot.meta.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  ASSIGN_OR_RETURN(const std::string snapshot_bytes,
                   SignRole(snapshot, PointersTo(keys.online)));
  RETURN_IF_ERROR(write("snapshot", snapshot.version, snapshot_bytes));

  tuf::Timestamp timestamp;
  timestamp.expires = ExpiryAfter(options.now, options.policy.timestamp_expiry);
  timestamp.snapshot = MetaOf(snapshot.version, snapshot_bytes);
  ASSIGN_OR_RETURN(const std::string timestamp_bytes,
                   SignRole(timestamp, PointersTo(keys.online)));
  return write("timestamp", std::nullopt, timestamp_bytes);
}

}  // namespace

absl::Status CheckGenesis(const GenesisOptions& options, int root_keys,
                          int online_keys) {
  if (options.bin_bits < 1 || options.bin_bits > kMaxBinBits) {
    return MakeFailure(Failure::kUsage,
                       fmt::format("bits of the number of bins: expected 1 to "
                                   "{}, got {}",
                                   kMaxBinBits, options.bin_bits));
  }
  RETURN_IF_ERROR(CheckThreshold("root", root_keys, options.root_threshold));
  return CheckThreshold("online", online_keys, options.online_threshold);
}

OriginPublicKeys PublicKeysOf(const OriginKeys& keys) {
  return {PublicHalves(keys.root), keys.targets.key(), keys.bins.key(),
          PublicHalves(keys.online)};
}

absl::StatusOr<GenesisRoles> MakeOfflineRoles(const GenesisOptions& options,
                                              const OriginPublicKeys& keys) {
  RETURN_IF_ERROR(CheckGenesis(options, static_cast<int>(keys.root.size()),
                               static_cast<int>(keys.online.size())));
  GenesisRoles roles;
  roles.root = MakeRoot(options, keys);
  roles.targets = MakeTargets(options, keys);
  roles.bins = MakeBins(options, keys);
  return roles;
}

absl::Status MakeGenesis(const GenesisOptions& options, const OriginKeys& keys,
                         WriteRole write) {
  ASSIGN_OR_RETURN(const GenesisRoles roles,
                   MakeOfflineRoles(options, PublicKeysOf(keys)));
  const auto& [root, targets, bins] = roles;
  ASSIGN_OR_RETURN(const std::string root_bytes,
                   SignRole(root, PointersTo(keys.root)));
  RETURN_IF_ERROR(write("root", root.version, root_bytes));
  ASSIGN_OR_RETURN(const std::string targets_bytes,
                   SignRole(targets, {&keys.targets}));
  RETURN_IF_ERROR(write("targets", targets.version, targets_bytes));
  ASSIGN_OR_RETURN(const std::string bins_bytes, SignRole(bins, {&keys.bins}));
  RETURN_IF_ERROR(write(kBinsRole, bins.version, bins_bytes));
  ListedRoles listed = {
      {"targets", MetaOf(targets.version, targets_bytes)},
      {std::string(kBinsRole), MetaOf(bins.version, bins_bytes)}};

  ASSIGN_OR_RETURN(const BinMap map, BinMap::Create(*bins.delegations));
  RETURN_IF_ERROR(WriteBins(options, keys, map, write, listed));
  if (options.claims) {
    RETURN_IF_ERROR(WriteClaimRoles(options, keys, write, listed));
  }
  return WriteSnapshotAndTimestamp(options, keys, std::move(listed), write);
}

}  // namespace tufmirror::repo
