#include "sync/replica_publication.h"

#include <vector>

#include "tufmirror/base/status_macros.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/fs/walk.h"
#include "tufmirror/tree/layout.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::sync {

using tuf::MetaFile;

absl::Status ReplicaPublication::AddTargets(const SyncPlan& plan) {
  ASSIGN_OR_RETURN(PlanReader reader, plan.Read());
  while (true) {
    ASSIGN_OR_RETURN(const auto change, reader.Next());
    if (!change) return absl::OkStatus();
    const bool added = change->action == Action::kAdd;
    const bool removed = change->action == Action::kRemove;
    RETURN_IF_ERROR(edition_.ChangeTarget(
        change->path, added ? std::nullopt : std::optional(change->published),
        removed ? std::nullopt : std::optional(change->wanted)));
  }
}

absl::Status ReplicaPublication::AddMetadata(
    const source::ChangedRoles& changed) {
  const tuf::TrustedMetadataSet& trusted = wanted_.trusted();
  const bool consistent = trusted.root()->consistent_snapshot;
  ASSIGN_OR_RETURN(const std::vector<std::string> names,
                   fs::ListDirectory(home_.layout().staged_metadata()));
  const std::set<std::string> staged(names.begin(), names.end());

  for (const auto& [role, meta] : (*trusted.snapshot())->meta) {
    if (!changed.Contains(role)) continue;
    if (!staged.contains(tuf::MetadataFileName(role, meta.version))) continue;
    ASSIGN_OR_RETURN(
        const TargetPath path,
        TargetPath::Parse(tree::MetadataPath(
            role, consistent ? std::optional(meta.version) : std::nullopt)));
    RETURN_IF_ERROR(edition_.Put(path, store_.StagedPath(role, meta.version)));
  }
  RETURN_IF_ERROR(AddRoots(staged));
  const int64_t snapshot_version = (*trusted.snapshot())->version;
  RETURN_IF_ERROR(AddTrusted(
      "snapshot", consistent ? std::optional(snapshot_version) : std::nullopt));
  RETURN_IF_ERROR(AddTrusted("timestamp", std::nullopt));
  return RetireSuperseded();
}

// Every staged root up to the trusted one: the chain is never shortened.
absl::Status ReplicaPublication::AddRoots(const std::set<std::string>& staged) {
  const int64_t newest = wanted_.trusted().root()->version;
  for (int64_t version = newest; version >= 1; --version) {
    if (!staged.contains(tuf::MetadataFileName("root", version))) continue;
    ASSIGN_OR_RETURN(const TargetPath path,
                     TargetPath::Parse(tree::MetadataPath("root", version)));
    RETURN_IF_ERROR(edition_.Put(path, store_.StagedPath("root", version)));
  }
  const std::string live =
      home_.layout().live() + "/" + tree::MetadataPath("root", newest);
  ASSIGN_OR_RETURN(const auto info, fs::Stat(live));
  if (info || staged.contains(tuf::MetadataFileName("root", newest))) {
    return absl::OkStatus();
  }
  return AddTrusted("root", newest);
}

absl::Status ReplicaPublication::AddTrusted(
    std::string_view role, std::optional<int64_t> name_version) {
  ASSIGN_OR_RETURN(const tuf::RawMetadata raw, store_.Load(role, std::nullopt));
  return edition_.PutRole(role, name_version, raw.bytes);
}

absl::Status ReplicaPublication::RetireSuperseded() {
  const bool versioned = published_ != nullptr &&
                         published_->trusted().root()->consistent_snapshot;
  if (!versioned) return absl::OkStatus();
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
