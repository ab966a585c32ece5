// Edits are kept by bin, so that each bin that changes is read once to resolve
// them and once to write it again, whatever the number of edits.
#include "tufmirror/repo/editor.h"

#include <algorithm>
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

using tuf::TargetFile;

bool PathBefore(const TargetFile& target, std::string_view path) {
  return target.path < path;
}

// `targets` (sorted) with `changes` (sorted) applied.
std::vector<TargetFile> Merge(const std::vector<TargetFile>& targets,
                              const std::vector<TargetChange>& changes) {
  std::vector<TargetFile> merged;
  merged.reserve(targets.size() + changes.size());
  auto old = targets.begin();
  for (const TargetChange& change : changes) {
    const auto next =
        std::lower_bound(old, targets.end(), change.path, PathBefore);
    merged.insert(merged.end(), old, next);
    old = next;
    if (change.before) ++old;
    if (change.after) merged.push_back(*change.after);
  }
  merged.insert(merged.end(), old, targets.end());
  return merged;
}

}  // namespace

struct RepositoryEditor::Bins {
  BinMap map;
};

struct RepositoryEditor::OnlineSigners {
  std::vector<NamedSigner> bins;
  std::vector<NamedSigner> snapshot;
  std::vector<NamedSigner> timestamp;
};

RepositoryEditor::RepositoryEditor(client::RepositoryView& view,
                                   tuf::RolePtr bins_role,
                                   std::shared_ptr<const Bins> bins)
    : view_(&view),
      bins_role_(std::move(bins_role)),
      bins_(std::move(bins)),
      snapshot_(**view.trusted().snapshot()),
      timestamp_(**view.trusted().timestamp()) {}

absl::StatusOr<RepositoryEditor> RepositoryEditor::Open(
    client::RepositoryView& view, BinStates known) {
  ASSIGN_OR_RETURN(tuf::RolePtr bins_role,
                   view.Load(kBinsRole, "targets", view.top()));
  if (!(*bins_role)->delegations) {
    return MakeFailure(Failure::kUnsupported,
                       fmt::format("role '{}': expected delegations to bins, "
                                   "got none",
                                   kBinsRole));
  }
  ASSIGN_OR_RETURN(BinMap map, BinMap::Create(*(*bins_role)->delegations));
  RepositoryEditor editor(view, std::move(bins_role),
                          std::make_shared<const Bins>(Bins{std::move(map)}));
  RETURN_IF_ERROR(editor.OpenClaims(known));
  RETURN_IF_ERROR(editor.ReadUnknownStates(std::move(known)));
  return editor;
}

absl::Status RepositoryEditor::ReadUnknownStates(BinStates known) {
  for (const std::string& bin : bins_->map.bins()) {
    ASSIGN_OR_RETURN(const tuf::MetaFile meta, view_->trusted().RoleMeta(bin));
    const auto found = known.find(bin);
    if (found != known.end() && found->second.version == meta.version) {
      states_.insert(known.extract(found));
      continue;
    }
    ASSIGN_OR_RETURN(const tuf::RolePtr role,
                     view_->Load(bin, kBinsRole, bins_role_));
    states_.emplace(bin, BinState{meta.version, (*role)->expires});
  }
  return absl::OkStatus();
}

absl::StatusOr<RepositoryEditor::BinEdits*> RepositoryEditor::EditsOf(
    std::string_view path) {
  const std::string bin = bins_->map.BinOf(path);
  if (!bin.empty()) return &edits_[bin];
  return MakeFailure(Failure::kUnauthorised,
                     fmt::format("target {}: expected a bin that covers it, "
                                 "got none",
                                 Printable(path)));
}

absl::Status RepositoryEditor::Put(TargetFile target) {
  ASSIGN_OR_RETURN(const bool claimed, IsAsClaimed(target.path, &target));
  if (claimed) return absl::OkStatus();
  ASSIGN_OR_RETURN(BinEdits * edits, EditsOf(target.path));
  std::string path = target.path;
  edits->insert_or_assign(std::move(path), std::move(target));
  return absl::OkStatus();
}

absl::Status RepositoryEditor::Remove(std::string path) {
  ASSIGN_OR_RETURN(const bool claimed, IsAsClaimed(path, nullptr));
  if (claimed) return absl::OkStatus();
  ASSIGN_OR_RETURN(BinEdits * edits, EditsOf(path));
  edits->insert_or_assign(std::move(path), std::nullopt);
  return absl::OkStatus();
}

absl::Status RepositoryEditor::Resolve() {
  for (auto& [bin, edits] : edits_) {
    RETURN_IF_ERROR(ResolveBin(bin, edits));
    edits.clear();
  }
  edits_.clear();
  return absl::OkStatus();
}

absl::Status RepositoryEditor::ResolveBin(const std::string& bin,
                                          BinEdits& edits) {
  ASSIGN_OR_RETURN(const tuf::RolePtr role,
                   view_->Load(bin, kBinsRole, bins_role_));
  for (auto& [path, after] : edits) {
    const TargetFile* listed = (*role)->Find(path);
    Edit before = listed != nullptr ? Edit(*listed) : std::nullopt;
    if (before == after) continue;
    bin_changes_[bin].push_back({path, before, after});
    const std::string_view project = ProjectOfTarget(path);
    // What its maintainers sign is what readers find, before and after.
    if (FindClaim(project) != nullptr) continue;
    if (dropped_.contains(project)) {
      ASSIGN_OR_RETURN(const auto found, view_->Find(path));
      before = found ? Edit(found->target) : std::nullopt;
    }
    AddEffect(bin, {path, std::move(before), std::move(after)});
  }
  return absl::OkStatus();
}

ChangeCounts RepositoryEditor::Counts() const {
  ChangeCounts counts;
  for (const auto& [bin, changes] : changes_) {
    for (const TargetChange& change : changes) {
      if (!change.before) ++counts.added;
      if (!change.after) ++counts.removed;
      if (change.before && change.after) ++counts.changed;
      if (change.after) {
        counts.bytes += static_cast<int64_t>(change.after->content.length);
      }
      if (change.before) {
        counts.bytes -= static_cast<int64_t>(change.before->content.length);
      }
    }
  }
  return counts;
}

absl::StatusOr<std::optional<TargetFile>> RepositoryEditor::After(
    std::string_view path) {
  if (const auto adopted = adopted_.find(ProjectOfTarget(path));
      adopted != adopted_.end()) {
    const TargetFile* target = adopted->second.role.Find(path);
    return target != nullptr ? Edit(*target) : std::nullopt;
  }
  const std::string bin = bins_->map.BinOf(path);
  if (const auto found = changes_.find(bin); found != changes_.end()) {
    const auto change = std::lower_bound(
        found->second.begin(), found->second.end(), path,
        [](const TargetChange& a, std::string_view b) { return a.path < b; });
    if (change != found->second.end() && change->path == path) {
      return change->after;
    }
  }
  ASSIGN_OR_RETURN(auto published, view_->Find(path));
  if (!published) return std::nullopt;
  return std::move(published->target);
}

bool RepositoryEditor::IsDue(std::string_view bin, const SigningPolicy& policy,
                             absl::Time now) const {
  const BinState& state = states_.find(bin)->second;
  return state.version < policy.least_version ||
         state.expires - now < ResignThreshold(bin, policy.bin_expiry);
}

bool RepositoryEditor::SnapshotIsDue(const SigningPolicy& policy,
                                     absl::Time now) const {
  return snapshot_.version < policy.least_version ||
         snapshot_.expires - now < policy.snapshot_expiry / 2;
}

bool RepositoryEditor::MustSign(const SigningPolicy& policy,
                                absl::Time now) const {
  return !bin_changes_.empty() || ClaimsChanged() ||
         SnapshotIsDue(policy, now) ||
         timestamp_.expires - now < policy.timestamp_expiry / 2 ||
         std::any_of(states_.begin(), states_.end(), [&](const auto& bin) {
           return IsDue(bin.first, policy, now);
         });
}

int64_t RepositoryEditor::NextVersion() const {
  int64_t highest = std::max(timestamp_.version, snapshot_.version);
  for (const auto& [bin, state] : states_) {
    highest = std::max(highest, state.version);
  }
  return highest + 1;
}

absl::StatusOr<RepositoryEditor::OnlineSigners> RepositoryEditor::SignersAmong(
    absl::Span<const Signer> online) const {
  const tuf::Verified<tuf::Root>& root = view_->trusted().root();
  OnlineSigners signers;
  ASSIGN_OR_RETURN(signers.timestamp,
                   SignersOf("timestamp", root->timestamp, root->keys, online));
  ASSIGN_OR_RETURN(signers.snapshot,
                   SignersOf("snapshot", root->snapshot, root->keys, online));
  ASSIGN_OR_RETURN(signers.bins,
                   SignersOf("bins", bins_->map.keys(),
                             (*bins_role_)->delegations->keys, online));
  return signers;
}

absl::StatusOr<SignedRole> RepositoryEditor::SignBin(
    const std::string& name, const SigningPolicy& policy, absl::Time now,
    int64_t version, const OnlineSigners& online, WriteRole write) {
  ASSIGN_OR_RETURN(const tuf::RolePtr old,
                   view_->Load(name, kBinsRole, bins_role_));
  tuf::Targets bin;
  bin.version = version;
  bin.expires = ExpiryAfter(now, policy.bin_expiry);
  const auto changes = bin_changes_.find(name);
  bin.targets = changes == bin_changes_.end()
                    ? (*old)->targets
                    : Merge((*old)->targets, changes->second);
  ASSIGN_OR_RETURN(const std::string bytes, SignNamed(bin, online.bins));
  RETURN_IF_ERROR(write(name, version, bytes));
  const int64_t replaces =
      std::exchange(states_[name], BinState{version, bin.expires}).version;
  return SignedRole{name, version, replaces};
}

absl::StatusOr<std::string> RepositoryEditor::SignSnapshot(
    const SigningPolicy& policy, absl::Time now, int64_t version,
    const OnlineSigners& online, WriteRole write) {
  snapshot_.version = version;
  snapshot_.expires = ExpiryAfter(now, policy.snapshot_expiry);
  snapshot_.spec_version = std::string(tuf::kSpecVersion);
  for (auto& [role, meta] : snapshot_.meta) {
    const auto bin = states_.find(role);
    if (bin == states_.end() || bin->second.version == meta.version) continue;
    meta = tuf::MetaFile();
    meta.version = bin->second.version;
  }
  ASSIGN_OR_RETURN(std::string bytes, SignNamed(snapshot_, online.snapshot));
  RETURN_IF_ERROR(write("snapshot", version, bytes));
  return bytes;
}

absl::Status RepositoryEditor::SignTimestamp(const SigningPolicy& policy,
                                             absl::Time now, int64_t version,
                                             const tuf::MetaFile& snapshot,
                                             const OnlineSigners& online,
                                             WriteRole write) {
  timestamp_.version = version;
  timestamp_.expires = ExpiryAfter(now, policy.timestamp_expiry);
  timestamp_.spec_version = std::string(tuf::kSpecVersion);
  timestamp_.snapshot = snapshot;
  ASSIGN_OR_RETURN(const std::string bytes,
                   SignNamed(timestamp_, online.timestamp));
  return write("timestamp", std::nullopt, bytes);
}

absl::StatusOr<SigningResult> RepositoryEditor::Finish(
    const SigningPolicy& policy, absl::Time now, int64_t version,
    absl::Span<const Signer> online, WriteRole write) {
  SigningResult result;
  if (!MustSign(policy, now)) {
    result.earliest_expiry = EarliestExpiry();
    return result;
  }
  if (version < NextVersion()) {
    return MakeFailure(Failure::kInternal,
                       fmt::format("sign: expected a version of at least {}, "
                                   "got {}",
                                   NextVersion(), version));
  }
  ASSIGN_OR_RETURN(const OnlineSigners signers, SignersAmong(online));
  for (const std::string& bin : bins_->map.bins()) {
    if (!bin_changes_.contains(bin) && !IsDue(bin, policy, now)) continue;
    ASSIGN_OR_RETURN(SignedRole signed_bin,
                     SignBin(bin, policy, now, version, signers, write));
    result.roles.push_back(std::move(signed_bin));
  }
  RETURN_IF_ERROR(FinishClaims(policy, now, version, online, write, result));
  tuf::MetaFile snapshot_meta = timestamp_.snapshot;
  if (!result.roles.empty() || SnapshotIsDue(policy, now)) {
    const int64_t replaces = snapshot_.version;
    ASSIGN_OR_RETURN(const std::string bytes,
                     SignSnapshot(policy, now, version, signers, write));
    snapshot_meta = MetaOf(version, bytes);
    result.roles.push_back({"snapshot", version, replaces});
  }
  RETURN_IF_ERROR(
      SignTimestamp(policy, now, version, snapshot_meta, signers, write));
  // Timestamp has one name: the new file replaces the old one there.
  result.roles.push_back({"timestamp", version, std::nullopt});
  result.earliest_expiry = EarliestExpiry();
  return result;
}

absl::Time RepositoryEditor::EarliestExpiry() const {
  const tuf::TrustedMetadataSet& trusted = view_->trusted();
  absl::Time earliest =
      std::min({trusted.root()->expires, (*trusted.targets())->expires,
                (*bins_role_)->expires, snapshot_.expires, timestamp_.expires});
  if (next_claimed_) {
    earliest = std::min(earliest, next_claimed_->role.expires);
  } else if (claimed_role_ != nullptr) {
    earliest = std::min(earliest, (*claimed_role_)->expires);
  }
  for (const auto& [bin, state] : states_) {
    earliest = std::min(earliest, state.expires);
  }
  return earliest;
}

}  // namespace tufmirror::repo
