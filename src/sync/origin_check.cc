// Metadata first, on one thread; then the bytes of targets, on several.
#include "sync/origin_check.h"

#include <optional>

#include "fmt/format.h"
#include "sync/parallel.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/client/repository_view.h"
#include "tufmirror/crypto/file_content.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/repo/genesis.h"
#include "tufmirror/repo/tree_view.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::sync {
namespace {

using repo::TargetChange;

absl::Status NotAsPlanned(const TargetChange& change, std::string_view got) {
  return MakeFailure(
      Failure::kInternal,
      fmt::format("target {}: expected the staged tree to {}, got {}",
                  Printable(change.path),
                  change.after ? "list its new content" : "list it no more",
                  got));
}

absl::Status CheckListed(client::RepositoryView& view,
                         const TargetChange& change) {
  ASSIGN_OR_RETURN(const auto found, view.Find(change.path));
  if (!found) {
    return change.after ? NotAsPlanned(change, "nothing") : absl::OkStatus();
  }
  if (change.after && found->target == *change.after) return absl::OkStatus();
  return NotAsPlanned(change, "other content");
}

// Both names are one file, so that hashing one is enough.
absl::Status CheckBytes(const std::string& tree_root,
                        const tuf::TargetFile& target) {
  ASSIGN_OR_RETURN(const TargetPath path, tree::TreePathOfTarget(target.path));
  ASSIGN_OR_RETURN(const TargetPath prefixed_path,
                   tree::PrefixedPath(path, target.content.digests));
  const std::string plain_name = tree_root + "/" + path.str();
  const std::string prefixed_name = tree_root + "/" + prefixed_path.str();
  ASSIGN_OR_RETURN(const uint64_t inode,
                   crypto::InodeOfChecked(plain_name, target.content));
  ASSIGN_OR_RETURN(const auto prefixed, fs::Stat(prefixed_name));
  if (prefixed && prefixed->inode == inode) return absl::OkStatus();
  return crypto::CheckFile(prefixed_name, target.content);
}

}  // namespace

absl::Status CheckStagedTree(
    const std::string& tree_root, absl::Time now, const StagedNews& news,
    absl::FunctionRef<absl::Status(size_t done)> tick) {
  ASSIGN_OR_RETURN(client::RepositoryView view,
                   repo::OpenTreeView(tree_root, now));
  for (const repo::SignedRole& role : news.roles) {
    if (role.role == "snapshot" || role.role == "timestamp") continue;
    tuf::RolePtr delegator = view.top();
    if (role.delegator != "targets") {
      ASSIGN_OR_RETURN(delegator,
                       view.Load(role.delegator, "targets", view.top()));
    }
    RETURN_IF_ERROR(view.Load(role.role, role.delegator, delegator).status());
  }
  std::vector<const tuf::TargetFile*> present;
  for (const auto& [bin, changes] : news.changes) {
    for (const TargetChange& change : changes) {
      RETURN_IF_ERROR(CheckListed(view, change));
      // Bytes that did not change were verified when they came.
      const bool new_bytes =
          change.after &&
          !(change.before && change.before->content == change.after->content);
      if (new_bytes) present.push_back(&*change.after);
    }
  }
  return ParallelFor(
      present.size(),
      [&](size_t i) { return CheckBytes(tree_root, *present[i]); }, tick);
}

}  // namespace tufmirror::sync
