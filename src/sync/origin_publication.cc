// Nothing here changes a tree: edits are collected, and lists are kept.
#include "sync/origin_publication.h"

#include <charconv>
#include <utility>

#include "sync/tree_status.h"
#include "tufmirror/base/digest.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::sync {
namespace {

using tree::TreeEdit;
using tuf::TargetFile;

constexpr size_t kHexBytes = 2 * Sha256::kSize;

bool IsContent(const std::optional<TargetFile>& target,
               const RetiredTarget& retired) {
  if (!target) return false;
  return retired.sha256_hex.empty() ||
         (target->content.digests.sha256 &&
          target->content.digests.sha256->Hex() == retired.sha256_hex);
}

bool SnapshotHas(const tuf::Snapshot& snapshot, const RetiredRole& retired) {
  if (retired.role == "snapshot") return snapshot.version == retired.version;
  const tuf::MetaFile* meta = snapshot.Find(retired.role);
  return meta != nullptr && meta->version == retired.version;
}

}  // namespace

RetiredTarget TargetOfRetired(const TargetPath& path) {
  const std::string_view name = path.filename();
  if (name.size() > kHexBytes + 1 && name[kHexBytes] == '.' &&
      Sha256::FromHex(name.substr(0, kHexBytes)).ok()) {
    return {std::string(path.directory()) + "/" +
                std::string(name.substr(kHexBytes + 1)),
            std::string(name.substr(0, kHexBytes))};
  }
  return {path.str(), ""};
}

std::optional<RetiredRole> RoleOfRetired(const TargetPath& path) {
  constexpr std::string_view kSuffix = ".json";
  std::string_view name = path.filename();
  if (path.directory() != tree::kMetadataDirectory ||
      !name.ends_with(kSuffix)) {
    return std::nullopt;
  }
  name.remove_suffix(kSuffix.size());
  RetiredRole role;
  const auto [end, error] =
      std::from_chars(name.data(), name.data() + name.size(), role.version);
  if (error != std::errc() || end == name.data() + name.size() || *end != '.') {
    return std::nullopt;
  }
  role.role = name.substr(static_cast<size_t>(end - name.data()) + 1);
  return role;
}

absl::Status OriginPublication::Put(const TargetPath& path,
                                    const std::string& source) {
  retired_.Forget(path);
  return publisher_.Add({TreeEdit::Kind::kPut, path, source});
}

absl::Status OriginPublication::PutBytes(std::string_view path,
                                         std::string_view bytes) {
  ASSIGN_OR_RETURN(const TargetPath parsed, TargetPath::Parse(path));
  ASSIGN_OR_RETURN(const std::string blob, staging_.PutBlob(bytes));
  return Put(parsed, blob);
}

absl::Status OriginPublication::PutRole(std::string_view role,
                                        std::optional<int64_t> version,
                                        std::string_view bytes) {
  return PutBytes(tree::MetadataPath(role, version), bytes);
}

absl::Status OriginPublication::RetireRoles(
    const std::vector<repo::SignedRole>& roles) {
  for (const repo::SignedRole& role : roles) {
    if (!role.replaces) continue;
    ASSIGN_OR_RETURN(TargetPath path, TargetPath::Parse(tree::MetadataPath(
                                          role.role, *role.replaces)));
    retired_.Add(std::move(path), now_ + config_.grace);
  }
  return absl::OkStatus();
}

absl::Status OriginPublication::PutLastModified() {
  return PutBytes("last-modified", LastModifiedText(now_));
}

absl::Status OriginPublication::Drop(const TargetPath& path,
                                     const TargetFile& before,
                                     absl::Duration keep) {
  ASSIGN_OR_RETURN(TargetPath prefixed,
                   tree::PrefixedPath(path, before.content.digests));
  retired_.Add(std::move(prefixed), now_ + keep);
  return absl::OkStatus();
}

absl::Status OriginPublication::AddChange(const repo::TargetChange& change) {
  ASSIGN_OR_RETURN(const TargetPath path, tree::TreePathOfTarget(change.path));
  const bool package = tree::IsPackage(path);
  if (change.before) {
    RETURN_IF_ERROR(Drop(path, *change.before,
                         package ? config_.keep_removed : config_.grace));
  }
  if (!change.after) {
    if (!package) return publisher_.Add({TreeEdit::Kind::kRemove, path, ""});
    retired_.Add(path, now_ + config_.keep_removed);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const TargetPath prefixed,
                   tree::PrefixedPath(path, change.after->content.digests));
  if (package) {
    retired_.Forget(path);
    retired_.Forget(prefixed);
    return absl::OkStatus();
  }
  const std::string blob = staging_.BlobPath(change.after->content);
  RETURN_IF_ERROR(Put(path, blob));
  return Put(prefixed, blob);
}

absl::Status OriginPublication::RemoveRetired(const TargetPath& path) {
  due_edits_.push_back(path);
  return publisher_.Add({TreeEdit::Kind::kRemove, path, ""});
}

absl::Status OriginPublication::AddRemovals(repo::RepositoryEditor& editor,
                                            client::RepositoryView& replaced) {
  for (const tree::RetiredFile& file : retired_.TakeDue(now_)) {
    const auto role = RoleOfRetired(file.path);
    const RetiredTarget target = TargetOfRetired(file.path);
    if (role && SnapshotHas(editor.snapshot(), *role)) continue;
    if (!role) {
      ASSIGN_OR_RETURN(const auto after, editor.After(target.path));
      if (IsContent(after, target)) continue;
    }
    // Listed until the commit: a run that dies before it changes nothing.
    retired_.Add(file.path, file.remove_at);
    if (!tree::IsPackage(file.path)) {
      RETURN_IF_ERROR(RemoveRetired(file.path));
      continue;
    }
    ASSIGN_OR_RETURN(const auto before, replaced.Find(target.path));
    if (before && IsContent(before->target, target)) continue;
    due_packages_.push_back(file.path);
  }
  return absl::OkStatus();
}

absl::Status OriginPublication::FinishRemovals() {
  const std::string& home = home_.layout().home();
  for (const TargetPath& path : due_packages_) {
    RETURN_IF_ERROR(fs::Remove(home + "/" + path.str()));
    RETURN_IF_ERROR(
        fs::RemoveDirectoryIfEmpty(home + "/" + std::string(path.directory())));
    retired_.Forget(path);
  }
  for (const TargetPath& path : due_edits_) retired_.Forget(path);
  if (due_packages_.empty() && due_edits_.empty()) return absl::OkStatus();
  return retired_.Save(home_);
}

}  // namespace tufmirror::sync
