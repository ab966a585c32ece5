#include "sync/replica_publication.h"

#include <optional>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/fs/walk.h"
#include "tufmirror/tree/layout.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::sync {

using tree::TreeEdit;
using tuf::MetaFile;

absl::Status ReplicaPublication::Put(const TargetPath& path,
                                     std::string source) {
  retired_.Forget(path);
  return publisher_.Add({TreeEdit::Kind::kPut, path, std::move(source)});
}

absl::Status ReplicaPublication::PutBytes(std::string_view path,
                                          std::string_view bytes) {
  ASSIGN_OR_RETURN(const TargetPath parsed, TargetPath::Parse(path));
  ASSIGN_OR_RETURN(std::string blob, staging_.PutBlob(bytes));
  return Put(parsed, std::move(blob));
}

void ReplicaPublication::Retire(const TargetPath& path, absl::Duration after) {
  retired_.Add(path, now_ + after);
}

absl::Status ReplicaPublication::AddTargets(const SyncPlan& plan,
                                            bool prefixed) {
  ASSIGN_OR_RETURN(PlanReader reader, plan.Read());
  while (true) {
    ASSIGN_OR_RETURN(const auto change, reader.Next());
    if (!change) return absl::OkStatus();
    if (change->action != Action::kAdd) {
      RETURN_IF_ERROR(DropPublished(*change, prefixed));
    }
    if (change->action != Action::kRemove) {
      RETURN_IF_ERROR(AddWanted(*change, prefixed));
    }
  }
}

absl::Status ReplicaPublication::AddWanted(const PlannedChange& change,
                                           bool prefixed) {
  const auto other_name = prefixed ? std::optional(tree::PrefixedPath(
                                         change.path, change.wanted.digests))
                                   : std::nullopt;
  if (other_name && !other_name->ok()) return other_name->status();
  if (tree::IsPackage(change.path)) {
    // Downloading put it in place, under both names.
    retired_.Forget(change.path);
    if (other_name) retired_.Forget(**other_name);
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(Put(change.path, staging_.BlobPath(change.wanted)));
  if (!other_name) return absl::OkStatus();
  return Put(**other_name, staging_.BlobPath(change.wanted));
}

absl::Status ReplicaPublication::DropPublished(const PlannedChange& change,
                                               bool prefixed) {
  const bool package = tree::IsPackage(change.path);
  const absl::Duration keep = package ? config_.keep_removed : config_.grace;
  if (prefixed || package) {
    ASSIGN_OR_RETURN(const TargetPath other_name,
                     tree::PrefixedPath(change.path, change.published.digests));
    Retire(other_name, keep);
  }
  if (change.action != Action::kRemove) return absl::OkStatus();
  if (package) {
    Retire(change.path, keep);
    return absl::OkStatus();
  }
  return publisher_.Add({TreeEdit::Kind::kRemove, change.path, ""});
}

absl::Status ReplicaPublication::AddMetadata(
    const client::RepositoryView& wanted,
    const client::RepositoryView* published,
    const source::ChangedRoles& changed) {
  const tuf::TrustedMetadataSet& trusted = wanted.trusted();
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
    RETURN_IF_ERROR(Put(path, store_.StagedPath(role, meta.version)));
  }
  RETURN_IF_ERROR(AddRoots(staged, trusted.root()->version));
  const int64_t snapshot_version = (*trusted.snapshot())->version;
  RETURN_IF_ERROR(AddTrusted(
      "snapshot", consistent ? std::optional(snapshot_version) : std::nullopt));
  RETURN_IF_ERROR(AddTrusted("timestamp", std::nullopt));
  if (published == nullptr ||
      !published->trusted().root()->consistent_snapshot) {
    return absl::OkStatus();
  }
  return RetireSuperseded(**trusted.snapshot(), *published);
}

// Every staged root up to the trusted one: the chain is never shortened.
absl::Status ReplicaPublication::AddRoots(const std::set<std::string>& staged,
                                          int64_t newest) {
  for (int64_t version = newest; version >= 1; --version) {
    if (!staged.contains(tuf::MetadataFileName("root", version))) continue;
    ASSIGN_OR_RETURN(const TargetPath path,
                     TargetPath::Parse(tree::MetadataPath("root", version)));
    RETURN_IF_ERROR(Put(path, store_.StagedPath("root", version)));
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
  return PutBytes(tree::MetadataPath(role, name_version), raw.bytes);
}

absl::Status ReplicaPublication::RetireSuperseded(
    const tuf::Snapshot& now, const client::RepositoryView& published) {
  const tuf::Snapshot& then = **published.trusted().snapshot();
  const auto retire = [this](std::string_view role,
                             int64_t version) -> absl::Status {
    ASSIGN_OR_RETURN(const TargetPath path,
                     TargetPath::Parse(tree::MetadataPath(role, version)));
    Retire(path, config_.grace);
    return absl::OkStatus();
  };
  for (const auto& [role, meta] : then.meta) {
    const MetaFile* still = now.Find(role);
    if (still != nullptr && still->version == meta.version) continue;
    RETURN_IF_ERROR(retire(role, meta.version));
  }
  if (then.version == now.version) return absl::OkStatus();
  return retire("snapshot", then.version);
}

absl::Status ReplicaPublication::AddStatus(const TreeStatus& status) {
  RETURN_IF_ERROR(PutBytes("status.json", ToJson(status)));
  return PutBytes("last-modified", LastModifiedText(status.published));
}

absl::Status ReplicaPublication::AddRemovals() {
  for (const tree::RetiredFile& file : retired_.TakeDue(now_)) {
    if (tree::IsPackage(file.path)) {
      due_packages_.push_back(file.path);
      continue;
    }
    RETURN_IF_ERROR(publisher_.Add({TreeEdit::Kind::kRemove, file.path, ""}));
  }
  return absl::OkStatus();
}

absl::Status ReplicaPublication::RemoveDuePackages() {
  const std::string& home = home_.layout().home();
  for (const TargetPath& path : due_packages_) {
    RETURN_IF_ERROR(fs::Remove(home + "/" + path.str()));
    RETURN_IF_ERROR(
        fs::RemoveDirectoryIfEmpty(home + "/" + std::string(path.directory())));
  }
  return absl::OkStatus();
}

}  // namespace tufmirror::sync
