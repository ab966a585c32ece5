// The last steps of a replica's run: stage, look at what was staged, commit,
// prune.
#include <algorithm>
#include <optional>
#include <string>

#include "fmt/format.h"
#include "sync/edition.h"
#include "sync/replica_publication.h"
#include "sync/replica_run.h"
#include "sync/role_expiries.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/client/metadata_fetcher.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/tree/layout.h"
#include "tufmirror/tree/retired.h"
#include "tufmirror/tree/staging.h"

namespace tufmirror::sync {

TreeStatus ReplicaRun::NextTreeStatus() const {
  const PlanSummary& summary = plan_->summary();
  TreeStatus status;
  status.kind = "replica";
  status.generation = generation_.number + 1;
  status.published = options_.now;
  status.targets = generation_.targets + summary.added - summary.removed;
  const uint64_t bytes =
      SaturatingAdd(generation_.target_bytes, plan_->bytes_added());
  status.target_bytes = bytes - std::min(bytes, plan_->bytes_removed());
  status.delegating_roles = changed_.delegating_roles;
  return status;
}

// What readers are about to see: top level verified once more from the staged
// files, and every role that was verified in this run is there.
absl::Status ReplicaRun::CheckStaged(const std::string& tree) const {
  const tuf::TrustedMetadataSet& wanted = wanted_->trusted();
  tuf::RawMetadata root;
  ASSIGN_OR_RETURN(
      root.bytes,
      fs::ReadFile(
          tree + "/" + tree::MetadataPath("root", wanted.root()->version),
          client::kMaxRootBytes));
  ASSIGN_OR_RETURN(const tuf::TrustedMetadataSet staged,
                   source::OpenTree(tree, root, options_.now));
  const bool consistent = staged.root()->consistent_snapshot;
  for (const auto& [role, expires] : changed_.verified) {
    ASSIGN_OR_RETURN(const tuf::MetaFile meta, staged.RoleMeta(role));
    const std::string path =
        tree + "/" +
        tree::MetadataPath(
            role, consistent ? std::optional(meta.version) : std::nullopt);
    ASSIGN_OR_RETURN(const auto info, fs::Stat(path));
    if (info) continue;
    return MakeFailure(Failure::kInternal, fmt::format("{} is missing", path));
  }
  return absl::OkStatus();
}

absl::Status ReplicaRun::Publish() {
  RETURN_IF_ERROR(ReportProgress("publish"));
  ASSIGN_OR_RETURN(const auto publisher, tree::Publisher::Begin(home_));
  ASSIGN_OR_RETURN(tree::RetiredFiles retired, tree::RetiredFiles::Load(home_));
  const tuf::TrustedMetadataSet& trusted = wanted_->trusted();
  const TreeStatus status = NextTreeStatus();

  const bool consistent = trusted.root()->consistent_snapshot;
  Edition edition(home_, config_.publish, options_.now,
                  consistent ? Naming::kPrefixed : Naming::kPlain, *publisher,
                  retired);
  ReplicaPublication publication(home_, edition, store_, *wanted_,
                                 published_.get(), rebuild_);
  RETURN_IF_ERROR(publication.AddRemovalOfEverything());
  RETURN_IF_ERROR(publication.AddTargets(*plan_, not_repaired_));
  RETURN_IF_ERROR(publication.AddMetadata(changed_));
  RETURN_IF_ERROR(publication.AddStatus(status));
  if (repairs_ != nullptr) {
    for (const TargetPath& path : repairs_->orphans) edition.RetireNow(path);
  }
  RETURN_IF_ERROR(publication.AddRemovals());
  RETURN_IF_ERROR(publisher->Stage());
  RETURN_IF_ERROR(Annotate(CheckStaged(publisher->standby_root()),
                           "check the staged tree before publishing it"));

  tree::GenerationInfo info;
  info.number = status.generation;
  info.published = options_.now;
  info.targets = status.targets;
  info.target_bytes = status.target_bytes;
  info.timestamp_version = (*trusted.timestamp())->version;
  info.earliest_expiry =
      std::min({trusted.root()->expires, (*trusted.timestamp())->expires,
                (*trusted.snapshot())->expires, (*trusted.targets())->expires});
  const source::RoleExpiries expiries = ExpiriesOf(
      **trusted.snapshot(), changed_,
      published_state_ ? published_state_->fresh : source::RoleExpiries());
  for (const auto& [role, expiry] : expiries) {
    info.earliest_expiry = std::min(info.earliest_expiry, expiry.expires);
  }
  RETURN_IF_ERROR(SaveRoleExpiries(layout_, expiries));
  // Before the commit: the list says too much rather than too little, since
  // nothing is removed that is in use.
  RETURN_IF_ERROR(retired.Save(home_));
  RETURN_IF_ERROR(publisher->Commit(info));
  report_.published = true;
  generation_ = info;

  RETURN_IF_ERROR(edition.FinishRemovals());
  RETURN_IF_ERROR(fs::Remove(layout_.plan()));
  return tree::StagingArea(home_).Clear();
}

}  // namespace tufmirror::sync
