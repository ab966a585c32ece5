// The first metadata of an origin whose offline keys are held by others: what
// the online keys sign beneath what these signed.
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "fmt/format.h"
#include "repo/bin_map.h"
#include "repo/ceremony_roles.h"
#include "repo/sign.h"
#include "repo/stagger.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/repo/ceremony_online.h"

namespace tufmirror::repo {
namespace {

absl::StatusOr<std::vector<NamedSigner>> FirstSigners(
    const OfflineRole* delegator, std::string_view role,
    absl::Span<const Signer> signers) {
  const NamedKeys named =
      delegator ? KeysNamedBy(*delegator, role) : NamedKeys();
  if (named.role != nullptr) {
    return SignersOf(role, *named.role, *named.keys, signers);
  }
  return MakeFailure(Failure::kMalformed,
                     fmt::format("sign {}: the candidate delegates no such "
                                 "role",
                                 role));
}

absl::Status WriteFirstBins(const Candidate& candidate,
                            const std::vector<tuf::TargetFile>& targets,
                            const SigningPolicy& policy, absl::Time now,
                            absl::Span<const Signer> signers, WriteRole write,
                            OnlineResult& result) {
  const OfflineRole* bins = candidate.New(kBinsRole);
  ASSIGN_OR_RETURN(const auto by, FirstSigners(bins, kBinPrefix, signers));
  ASSIGN_OR_RETURN(const BinMap map,
                   BinMap::Create(*bins->targets()->delegations));
  std::map<std::string, std::vector<tuf::TargetFile>> by_bin;
  for (const tuf::TargetFile& target : targets) {
    by_bin[map.BinOf(target.path)].push_back(target);
  }
  for (const std::string& name : map.bins()) {
    tuf::Targets bin;
    bin.expires = ExpiryAfter(now, FirstLife(name, policy.bin_expiry));
    bin.targets = std::move(by_bin[name]);
    std::sort(bin.targets.begin(), bin.targets.end(),
              [](const tuf::TargetFile& a, const tuf::TargetFile& b) {
                return a.path < b.path;
              });
    ASSIGN_OR_RETURN(const std::string bytes, SignNamed(bin, by));
    RETURN_IF_ERROR(write(name, bin.version, bytes));
    result.bins[name] = BinState{bin.version, bin.expires};
    result.roles.push_back({name, bin.version, std::nullopt});
  }
  return absl::OkStatus();
}

// Roles that targets delegates beside bins and leaves to the online keys.
absl::Status WriteFirstOthers(const Candidate& candidate,
                              const SigningPolicy& policy, absl::Time now,
                              absl::Span<const Signer> signers, WriteRole write,
                              OnlineResult& result) {
  const OfflineRole& targets = *candidate.New(kTargetsRole);
  const auto& delegations = targets.targets()->delegations;
  if (!delegations) return absl::OkStatus();
  const auto* roles =
      std::get_if<std::vector<tuf::DelegatedRole>>(&delegations->roles);
  if (roles == nullptr) return absl::OkStatus();
  for (const tuf::DelegatedRole& delegated : *roles) {
    if (candidate.New(delegated.name) != nullptr) continue;
    ASSIGN_OR_RETURN(const auto by,
                     FirstSigners(&targets, delegated.name, signers));
    tuf::Targets role;
    role.expires = ExpiryAfter(now, policy.bin_expiry);
    ASSIGN_OR_RETURN(const std::string bytes, SignNamed(role, by));
    RETURN_IF_ERROR(write(delegated.name, role.version, bytes));
    result.roles.push_back({delegated.name, role.version, std::nullopt});
  }
  return absl::OkStatus();
}

absl::Status WriteFirstSnapshot(const Candidate& candidate,
                                const SigningPolicy& policy, absl::Time now,
                                absl::Span<const Signer> signers,
                                WriteRole write, OnlineResult& result) {
  const OfflineRole* root = candidate.New(kRootRole);
  tuf::Snapshot& snapshot = result.snapshot;
  snapshot.expires = ExpiryAfter(now, policy.snapshot_expiry);
  for (const SignedRole& role : result.roles) {
    snapshot.meta.emplace_back(role.role, tuf::MetaFile());
  }
  for (const OfflineRole& role : candidate.roles()) {
    if (role.name == kRootRole) continue;
    snapshot.meta.emplace_back(
        role.name, MetaOf(role.common().version, role.document.Raw().bytes));
  }
  std::sort(snapshot.meta.begin(), snapshot.meta.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  ASSIGN_OR_RETURN(const auto by, FirstSigners(root, "snapshot", signers));
  ASSIGN_OR_RETURN(const std::string bytes, SignNamed(snapshot, by));
  RETURN_IF_ERROR(write("snapshot", snapshot.version, bytes));

  tuf::Timestamp timestamp;
  timestamp.expires = ExpiryAfter(now, policy.timestamp_expiry);
  timestamp.snapshot = MetaOf(snapshot.version, bytes);
  ASSIGN_OR_RETURN(const auto stamped_by,
                   FirstSigners(root, "timestamp", signers));
  ASSIGN_OR_RETURN(const std::string timestamp_bytes,
                   SignNamed(timestamp, stamped_by));
  result.roles.push_back({"snapshot", snapshot.version, std::nullopt});
  result.roles.push_back({"timestamp", timestamp.version, std::nullopt});
  result.earliest_expiry = std::min(snapshot.expires, timestamp.expires);
  return write("timestamp", std::nullopt, timestamp_bytes);
}

}  // namespace

absl::StatusOr<OnlineResult> SignFirstOnline(
    const Candidate& candidate, const std::vector<tuf::TargetFile>& targets,
    const SigningPolicy& policy, absl::Time now,
    absl::Span<const Signer> signers, WriteRole write) {
  OnlineResult result;
  RETURN_IF_ERROR(
      WriteFirstBins(candidate, targets, policy, now, signers, write, result));
  RETURN_IF_ERROR(
      WriteFirstOthers(candidate, policy, now, signers, write, result));
  RETURN_IF_ERROR(
      WriteFirstSnapshot(candidate, policy, now, signers, write, result));
  return result;
}

}  // namespace tufmirror::repo
