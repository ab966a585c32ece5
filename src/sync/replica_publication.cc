#include "sync/replica_publication.h"

#include <vector>

#include "tufmirror/base/status_macros.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/fs/walk.h"
#include "tufmirror/tree/layout.h"
#include "tufmirror/tuf/model.h"
#include "tufmirror/tuf/verified.h"

namespace tufmirror::sync {

using tuf::MetaFile;

namespace {

bool IsFollowedBy(const tuf::RawMetadata& root, const tuf::RawMetadata& next) {
  const auto verified = tuf::Verifier::VerifyInitialRoot(root);
  return verified.ok() && tuf::Verifier::VerifyNextRoot(next, *verified).ok();
}

}  // namespace

absl::Status ReplicaPublication::AddTargets(
    const SyncPlan& plan, const std::set<TargetPath>& left_out) {
  ASSIGN_OR_RETURN(PlanReader reader, plan.Read());
  while (true) {
    ASSIGN_OR_RETURN(const auto change, reader.Next());
    if (!change) return absl::OkStatus();
    if (left_out.contains(change->path)) continue;
    // A repair puts what is there already.
    const bool added =
        change->action == Action::kAdd || change->action == Action::kRepair;
    const bool removed = change->action == Action::kRemove;
    RETURN_IF_ERROR(edition_.ChangeTarget(
        change->path, added ? std::nullopt : std::optional(change->published),
        removed ? std::nullopt : std::optional(change->wanted)));
  }
}

// A role that is staged was verified anew, whatever its version; one that is
// not staged comes from the live tree, and may be missing there under the name
// that it needs now.
absl::Status ReplicaPublication::AddMetadata(
    const source::ChangedRoles& changed) {
  const tuf::TrustedMetadataSet& trusted = wanted_.trusted();
  const bool consistent = trusted.root()->consistent_snapshot;
  ASSIGN_OR_RETURN(const std::vector<std::string> names,
                   fs::ListDirectory(home_.layout().staged_metadata()));
  const std::set<std::string> staged(names.begin(), names.end());

  for (const auto& [role, meta] : (*trusted.snapshot())->meta) {
    if (role != "targets" && !changed.verified.contains(role)) continue;
    ASSIGN_OR_RETURN(
        const TargetPath path,
        TargetPath::Parse(tree::MetadataPath(
            role, consistent ? std::optional(meta.version) : std::nullopt)));
    if (staged.contains(tuf::MetadataFileName(role, meta.version))) {
      RETURN_IF_ERROR(
          edition_.Put(path, store_.StagedPath(role, meta.version)));
      RETURN_IF_ERROR(AddPack(role, meta.version));
      continue;
    }
    ASSIGN_OR_RETURN(const bool live, IsLive(path));
    if (live) continue;
    ASSIGN_OR_RETURN(const tuf::RawMetadata raw,
                     store_.Load(role, meta.version));
    RETURN_IF_ERROR(edition_.PutBytes(path.str(), raw.bytes));
  }
  RETURN_IF_ERROR(AddRoots());
  const int64_t snapshot_version = (*trusted.snapshot())->version;
  RETURN_IF_ERROR(AddTrusted(
      "snapshot", consistent ? std::optional(snapshot_version) : std::nullopt));
  RETURN_IF_ERROR(AddTrusted("timestamp", std::nullopt));
  return RetireSuperseded();
}

// Whether the live tree has `path`, and the new generation will keep it.
absl::StatusOr<bool> ReplicaPublication::IsLive(const TargetPath& path) const {
  if (rebuild_ == Rebuild::kYes) return false;
  ASSIGN_OR_RETURN(const auto info,
                   fs::Stat(home_.layout().live() + "/" + path.str()));
  return info.has_value();
}

// Every root up to the trusted one that is known: the chain is never shortened.
absl::Status ReplicaPublication::AddRoots() {
  const int64_t newest = wanted_.trusted().root()->version;
  std::optional<tuf::RawMetadata> successor;
  for (int64_t version = newest; version >= 1; --version) {
    ASSIGN_OR_RETURN(const TargetPath path,
                     TargetPath::Parse(tree::MetadataPath("root", version)));
    ASSIGN_OR_RETURN(const bool live, IsLive(path));
    if (live) continue;
    auto raw = store_.LoadRoot(version);
    // Older than the one that was pinned; or the disk lost it.
    if (!raw.ok() || (successor && !IsFollowedBy(*raw, *successor))) break;
    RETURN_IF_ERROR(edition_.PutBytes(path.str(), raw->bytes));
    successor = *std::move(raw);
  }
  return absl::OkStatus();
}

// Removes all that the live tree has, to be put again where it is needed: for
// a tree that does not say, or says wrongly, what is in it.
absl::Status ReplicaPublication::AddRemovalOfEverything() {
  if (rebuild_ == Rebuild::kNo) return absl::OkStatus();
  ASSIGN_OR_RETURN(const tree::TreeSide side, home_.LiveSide());
  return fs::WalkFiles(
      home_.layout().tree(side),
      [this](std::string_view path, const fs::FileInfo&) -> absl::Status {
        ASSIGN_OR_RETURN(const TargetPath parsed, TargetPath::Parse(path));
        return edition_.Remove(parsed);
      });
}

absl::Status ReplicaPublication::AddTrusted(
    std::string_view role, std::optional<int64_t> name_version) {
  ASSIGN_OR_RETURN(const tuf::RawMetadata raw, store_.Load(role, std::nullopt));
  if (role == "snapshot" && name_version && IsPublishedVersioned()) {
    RETURN_IF_ERROR(
        edition_.PutPack(role, (*published_->trusted().snapshot())->version,
                         *name_version, raw.bytes));
  }
  return edition_.PutRole(role, name_version, raw.bytes);
}

// How readers of the published generation get to this one: made here, from
// bytes that were verified here, so that no stranger's file is served.
absl::Status ReplicaPublication::AddPack(std::string_view role,
                                         int64_t version) {
  if (!IsPublishedVersioned()) return absl::OkStatus();
  const MetaFile* then = (*published_->trusted().snapshot())->Find(role);
  if (then == nullptr || then->version == version) return absl::OkStatus();
  ASSIGN_OR_RETURN(const tuf::RawMetadata raw, store_.Load(role, version));
  return edition_.PutPack(role, then->version, version, raw.bytes);
}

bool ReplicaPublication::IsPublishedVersioned() const {
  return published_ != nullptr &&
         published_->trusted().root()->consistent_snapshot;
}

absl::Status ReplicaPublication::RetireSuperseded() {
  if (!IsPublishedVersioned()) return absl::OkStatus();
  const tuf::Snapshot& now = **wanted_.trusted().snapshot();
  const tuf::Snapshot& then = **published_->trusted().snapshot();
  for (const auto& [role, meta] : then.meta) {
    const MetaFile* still = now.Find(role);
    if (still != nullptr && still->version == meta.version) continue;
    RETURN_IF_ERROR(edition_.RetireRole(role, meta.version));
  }
  if (then.version == now.version) return absl::OkStatus();
  return edition_.RetireRole("snapshot", then.version);
}

absl::Status ReplicaPublication::AddStatus(const TreeStatus& status) {
  RETURN_IF_ERROR(edition_.PutBytes("status.json", ToJson(status)));
  return edition_.PutBytes("last-modified", LastModifiedText(status.published));
}

absl::Status ReplicaPublication::AddRemovals() {
  using Content = absl::StatusOr<std::optional<ExpectedContent>>;
  const auto content_in = [](client::RepositoryView& view,
                             std::string_view path) -> Content {
    ASSIGN_OR_RETURN(const auto found, view.Find(path));
    if (!found) return std::nullopt;
    return found->target.content;
  };
  return edition_.AddRemovals(
      **wanted_.trusted().snapshot(),
      [&](std::string_view path) { return content_in(wanted_, path); },
      [&](std::string_view path) -> Content {
        if (published_ == nullptr) return std::nullopt;
        return content_in(*published_, path);
      });
}

}  // namespace tufmirror::sync
