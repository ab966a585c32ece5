// The steps after the decision: adopt, sign, stage, verify, commit, prune.
//
// Order of durable writes: the versions that are about to be used and the scan
// index go before the commit, marked with the version of the timestamp that is
// not live yet. So after a crash at any line the index counts for nothing
// unless the generation that it was saved for is live.
#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "sync/edition.h"
#include "sync/origin_check.h"
#include "sync/origin_session.h"
#include "sync/parallel.h"
#include "sync/tree_status.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/json/document.h"
#include "tufmirror/repo/project_pages.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::sync {
namespace {

std::optional<ExpectedContent> ContentOf(
    const std::optional<tuf::TargetFile>& target) {
  if (!target) return std::nullopt;
  return target->content;
}

constexpr uint64_t kMaxOwnTimestampBytes = uint64_t{64} << 10;

// The version of the timestamp in `tree_root`, unverified; 0 if there is none
// that can be read.
int64_t TimestampVersionIn(const std::string& tree_root) {
  const auto bytes = fs::ReadFile(
      tree_root + "/" + tree::MetadataPath("timestamp", std::nullopt),
      kMaxOwnTimestampBytes);
  if (!bytes.ok()) return 0;
  const auto document = json::Document::Parse(*bytes);
  if (!document.ok()) return 0;
  const auto signed_part = document->root().Find("signed");
  if (!signed_part) return 0;
  const auto timestamp = tuf::ParseTimestamp(*signed_part);
  return timestamp.ok() ? timestamp->version : 0;
}

}  // namespace

// Above everything that was ever signed, published or not.
absl::StatusOr<int64_t> OriginSession::NextVersion() const {
  ASSIGN_OR_RETURN(const tree::TreeSide live, home_.LiveSide());
  const int64_t standby =
      TimestampVersionIn(home_.layout().tree(tree::Other(live)));
  return std::max(
      {editor_->NextVersion(), state_.highest_version + 1, standby + 1});
}

absl::Status OriginSession::Publish() {
  // Before Begin, which makes the standby tree what the live one is.
  ASSIGN_OR_RETURN(const int64_t version, NextVersion());
  ASSIGN_OR_RETURN(const auto publisher, tree::Publisher::Begin(home_));
  RETURN_IF_ERROR(StageAndCommit(*publisher, version));
  return staging_.Clear();
}

absl::Status OriginSession::StageAndCommit(tree::Publisher& publisher,
                                           int64_t version) {
  Edition edition(home_, config_.publish, options_.now, Naming::kPrefixed,
                  publisher, retired_);
  for (const auto& [bin, changes] : editor_->changes()) {
    for (const repo::TargetChange& change : changes) {
      ASSIGN_OR_RETURN(const TargetPath path,
                       tree::TreePathOfTarget(change.path));
      RETURN_IF_ERROR(edition.ChangeTarget(path, ContentOf(change.before),
                                           ContentOf(change.after)));
    }
  }
  ASSIGN_OR_RETURN(
      const repo::SigningResult result,
      editor_->Finish(
          Policy(), options_.now, version, online_,
          [&](std::string_view role, std::optional<int64_t> role_version,
              std::string_view bytes) {
            return PutSigned(edition, role, role_version, bytes);
          }));
  for (const repo::SignedRole& role : result.roles) {
    if (!role.replaces) continue;
    RETURN_IF_ERROR(edition.RetireRole(role.role, *role.replaces));
  }
  RETURN_IF_ERROR(
      edition.PutBytes("last-modified", LastModifiedText(options_.now)));
  RETURN_IF_ERROR(AddRemovals(edition));
  RETURN_IF_ERROR(publisher.Stage());
  RETURN_IF_ERROR(Annotate(
      CheckStagedTree(publisher.standby_root(), options_.now,
                      {result.roles, editor_->changes()},
                      [this](size_t done) { return Tick("verify", done, 0); }),
      "verify the staged tree before publishing it"));
  RETURN_IF_ERROR(SaveStateBeforeCommit(version));
  const tree::GenerationInfo info =
      NextGeneration(result.earliest_expiry, version);
  RETURN_IF_ERROR(publisher.Commit(info));

  const repo::ChangeCounts counts = editor_->Counts();
  report_.published = true;
  report_.generation = info.number;
  report_.targets = info.targets;
  report_.added = counts.added;
  report_.changed = counts.changed;
  report_.removed = counts.removed;
  report_.metadata_files = result.roles.size();
  return edition.FinishRemovals();
}

// A new version, and how to get there from the published one.
absl::Status OriginSession::PutSigned(Edition& edition, std::string_view role,
                                      std::optional<int64_t> version,
                                      std::string_view bytes) const {
  RETURN_IF_ERROR(edition.PutRole(role, version, bytes));
  if (!version) return absl::OkStatus();
  const tuf::Snapshot& published = **view_->trusted().snapshot();
  const tuf::MetaFile* before = published.Find(role);
  if (role == "snapshot") {
    return edition.PutPack(role, published.version, *version, bytes);
  }
  if (before == nullptr) return absl::OkStatus();
  return edition.PutPack(role, before->version, *version, bytes);
}

absl::Status OriginSession::AddRemovals(Edition& edition) {
  using Content = absl::StatusOr<std::optional<ExpectedContent>>;
  return edition.AddRemovals(
      editor_->snapshot(),
      [this](std::string_view path) -> Content {
        ASSIGN_OR_RETURN(const auto target, editor_->After(path));
        return ContentOf(target);
      },
      [this](std::string_view path) -> Content {
        ASSIGN_OR_RETURN(const auto found, view_->Find(path));
        if (!found) return std::nullopt;
        return found->target.content;
      });
}

absl::Status OriginSession::SaveStateBeforeCommit(int64_t version) {
  state_.highest_version = version;
  state_.indexed_version = version;
  state_.bins = editor_->role_states();
  RETURN_IF_ERROR(SaveOriginState(home_.layout(), state_));
  RETURN_IF_ERROR(source_->Save(held_back_));
  return retired_.Save(home_);
}

tree::GenerationInfo OriginSession::NextGeneration(absl::Time earliest_expiry,
                                                   int64_t version) const {
  const repo::ChangeCounts counts = editor_->Counts();
  tree::GenerationInfo info;
  info.number = generation_.number + 1;
  info.published = options_.now;
  info.targets = generation_.targets + counts.added - counts.removed;
  info.target_bytes =
      generation_.target_bytes + static_cast<uint64_t>(counts.bytes);
  info.timestamp_version = version;
  info.earliest_expiry = earliest_expiry;
  return info;
}

}  // namespace tufmirror::sync
