// Roles are made from the leaves up, as each names the ones before it.
#include "tufmirror/repo/genesis.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "fmt/format.h"
#include "repo/bin_map.h"
#include "repo/sign.h"
#include "repo/stagger.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::repo {
namespace {

// '*' never crosses '/': root pages, project pages, files.
const char* const kBinsPatterns[] = {"simple/*", "simple/*/*", "packages/*/*"};

tuf::Root MakeRoot(const GenesisOptions& options, const OriginKeys& keys) {
  tuf::Root root;
  root.expires = ExpiryAfter(options.now, options.offline_expiry);
  root.consistent_snapshot = true;
  for (const Signer& signer : keys.root) {
    root.keys.emplace(signer.keyid(), signer.key());
    root.root.keyids.push_back(signer.keyid());
  }
  root.root.threshold = options.root_threshold;
  root.keys.emplace(keys.targets.keyid(), keys.targets.key());
  root.targets.keyids = {keys.targets.keyid()};
  root.keys.emplace(keys.online.keyid(), keys.online.key());
  root.snapshot.keyids = {keys.online.keyid()};
  root.timestamp.keyids = {keys.online.keyid()};
  return root;
}

tuf::Targets MakeTargets(const GenesisOptions& options,
                         const OriginKeys& keys) {
  tuf::DelegatedRole bins;
  bins.name = kBinsRole;
  bins.keys.keyids = {keys.bins.keyid()};
  bins.terminating = true;
  bins.paths =
      tuf::PathPatterns{{std::begin(kBinsPatterns), std::end(kBinsPatterns)}};
  tuf::Targets targets;
  targets.expires = ExpiryAfter(options.now, options.offline_expiry);
  targets.delegations.emplace();
  targets.delegations->keys.emplace(keys.bins.keyid(), keys.bins.key());
  targets.delegations->roles = std::vector<tuf::DelegatedRole>{bins};
  return targets;
}

tuf::Targets MakeBins(const GenesisOptions& options, const OriginKeys& keys) {
  tuf::Targets bins;
  bins.expires = ExpiryAfter(options.now, options.offline_expiry);
  bins.delegations = options.profile == BinProfile::kSuccinct
                         ? SuccinctBins(options.bin_bits, keys.online.key())
                         : HashPrefixBins(options.bin_bits, keys.online.key());
  return bins;
}

absl::Status WriteBins(const GenesisOptions& options, const OriginKeys& keys,
                       const BinMap& map, WriteRole write) {
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
    ASSIGN_OR_RETURN(const std::string bytes, SignRole(bin, {&keys.online}));
    RETURN_IF_ERROR(write(name, bin.version, bytes));
  }
  return absl::OkStatus();
}

absl::Status WriteSnapshotAndTimestamp(const GenesisOptions& options,
                                       const OriginKeys& keys,
                                       const BinMap& map, WriteRole write) {
  tuf::Snapshot snapshot;
  snapshot.expires = ExpiryAfter(options.now, options.policy.snapshot_expiry);
  for (const std::string& bin : map.bins()) {
    snapshot.meta.emplace_back(bin, tuf::MetaFile());
  }
  snapshot.meta.emplace_back(std::string(kBinsRole), tuf::MetaFile());
  snapshot.meta.emplace_back("targets", tuf::MetaFile());
  std::sort(snapshot.meta.begin(), snapshot.meta.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  ASSIGN_OR_RETURN(const std::string snapshot_bytes,
                   SignRole(snapshot, {&keys.online}));
  RETURN_IF_ERROR(write("snapshot", snapshot.version, snapshot_bytes));

  tuf::Timestamp timestamp;
  timestamp.expires = ExpiryAfter(options.now, options.policy.timestamp_expiry);
  timestamp.snapshot = MetaOf(snapshot.version, snapshot_bytes);
  ASSIGN_OR_RETURN(const std::string timestamp_bytes,
                   SignRole(timestamp, {&keys.online}));
  return write("timestamp", std::nullopt, timestamp_bytes);
}

}  // namespace

absl::Status CheckGenesis(int bin_bits, int root_keys, int root_threshold) {
  if (bin_bits < 1 || bin_bits > kMaxBinBits) {
    return MakeFailure(Failure::kUsage,
                       fmt::format("bits of the number of bins: expected 1 to "
                                   "{}, got {}",
                                   kMaxBinBits, bin_bits));
  }
  if (root_threshold >= 1 && root_threshold <= root_keys) {
    return absl::OkStatus();
  }
  return MakeFailure(Failure::kUsage,
                     fmt::format("root threshold: expected 1 to {}, the number "
                                 "of root keys, got {}",
                                 root_keys, root_threshold));
}

absl::Status MakeGenesis(const GenesisOptions& options, const OriginKeys& keys,
                         WriteRole write) {
  RETURN_IF_ERROR(CheckGenesis(options.bin_bits,
                               static_cast<int>(keys.root.size()),
                               options.root_threshold));
  const tuf::Root root = MakeRoot(options, keys);
  std::vector<const Signer*> root_signers;
  for (const Signer& signer : keys.root) root_signers.push_back(&signer);
  ASSIGN_OR_RETURN(const std::string root_bytes, SignRole(root, root_signers));
  RETURN_IF_ERROR(write("root", root.version, root_bytes));

  const tuf::Targets targets = MakeTargets(options, keys);
  ASSIGN_OR_RETURN(const std::string targets_bytes,
                   SignRole(targets, {&keys.targets}));
  RETURN_IF_ERROR(write("targets", targets.version, targets_bytes));

  const tuf::Targets bins = MakeBins(options, keys);
  ASSIGN_OR_RETURN(const std::string bins_bytes, SignRole(bins, {&keys.bins}));
  RETURN_IF_ERROR(write(kBinsRole, bins.version, bins_bytes));

  ASSIGN_OR_RETURN(const BinMap map, BinMap::Create(*bins.delegations));
  RETURN_IF_ERROR(WriteBins(options, keys, map, write));
  return WriteSnapshotAndTimestamp(options, keys, map, write);
}

}  // namespace tufmirror::repo
