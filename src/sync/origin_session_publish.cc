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

// Projects in memory at a time.
constexpr size_t kBatch = 256;
constexpr uint64_t kMaxTimestampBytes = uint64_t{64} << 10;

// The version of the timestamp in `tree_root`, unverified; 0 if there is none
// that can be read.
int64_t TimestampVersionIn(const std::string& tree_root) {
  const auto bytes = fs::ReadFile(
      tree_root + "/" + tree::MetadataPath("timestamp", std::nullopt),
      kMaxTimestampBytes);
  if (!bytes.ok()) return 0;
  const auto document = json::Document::Parse(*bytes);
  if (!document.ok()) return 0;
  const auto signed_part = document->root().Find("signed");
  if (!signed_part) return 0;
  const auto timestamp = tuf::ParseTimestamp(*signed_part);
  return timestamp.ok() ? timestamp->version : 0;
}

}  // namespace

struct OriginSession::Adoption {
  struct File {
    const source::ScannedFile* scanned;
    bool metadata;  // the core metadata of `scanned`, not itself
    absl::StatusOr<tuf::TargetFile> adopted;
  };
  ProjectPlan plan;
  std::vector<File> files = {};

  // The first failure among the files.
  absl::Status status() const {
    for (const File& file : files) RETURN_IF_ERROR(file.adopted.status());
    return absl::OkStatus();
  }
};

absl::Status OriginSession::StageBlobOf(std::string_view bytes) {
  return staging_.PutBlob(bytes).status();
}

absl::Status OriginSession::Adopt() {
  ASSIGN_OR_RETURN(index_, published_->Names());
  PackageAdopter adopter(home_, config_.upstream.directory, retired_);
  for (size_t begin = 0; begin < changed_.size(); begin += kBatch) {
    const size_t end = std::min(begin + kBatch, changed_.size());
    RETURN_IF_ERROR(Tick("adopt", begin, changed_.size()));
    RETURN_IF_ERROR(
        AdoptBatch({changed_.begin() + static_cast<ptrdiff_t>(begin),
                    changed_.begin() + static_cast<ptrdiff_t>(end)},
                   adopter));
  }
  if (index_changed_) RETURN_IF_ERROR(PutIndexPages());
  changed_.clear();
  return editor_->Resolve();
}

absl::Status OriginSession::AdoptBatch(
    const std::vector<pypi::ProjectName>& batch, PackageAdopter& adopter) {
  std::vector<Adoption> adoptions;
  for (const pypi::ProjectName& project : batch) {
    ASSIGN_OR_RETURN(std::optional<ProjectPlan> plan, PlanOf(project));
    if (plan) adoptions.push_back({*std::move(plan)});
  }
  std::vector<Adoption::File*> files;
  for (Adoption& adoption : adoptions) {
    const ProjectPlan& plan = adoption.plan;
    const auto pending = absl::UnknownError("not adopted");
    for (const source::ScannedFile& file : plan.new_files) {
      adoption.files.push_back({&file, false, pending});
      if (!file.core_metadata) continue;
      adoption.files.push_back({&file, true, pending});
    }
    for (const source::ScannedFile& file : plan.new_metadata) {
      adoption.files.push_back({&file, true, pending});
    }
    for (Adoption::File& file : adoption.files) files.push_back(&file);
  }
  RETURN_IF_ERROR(ParallelFor(
      files.size(),
      [&](size_t i) {
        Adoption::File& file = *files[i];
        file.adopted = file.metadata ? adopter.AdoptMetadata(*file.scanned)
                                     : adopter.AdoptFile(*file.scanned);
        const Failure failure = FailureOf(file.adopted.status());
        const bool own_trouble =
            failure == Failure::kHeldBack || failure == Failure::kReplacedFile;
        return file.adopted.ok() || own_trouble ? absl::OkStatus()
                                                : file.adopted.status();
      },
      [this, &files](size_t done) {
        return Tick("adopt", done, files.size());
      }));
  for (const Adoption& adoption : adoptions) {
    if (absl::Status status = adoption.status(); !status.ok()) {
      HoldBack(adoption.plan.project, std::move(status));
      continue;
    }
    RETURN_IF_ERROR(ApplyProject(adoption));
  }
  return absl::OkStatus();
}

absl::Status OriginSession::ApplyProject(const Adoption& adoption) {
  const ProjectPlan& plan = adoption.plan;
  for (const Adoption::File& file : adoption.files) {
    RETURN_IF_ERROR(editor_->Put(*file.adopted));
    ++report_.files_downloaded;
  }
  for (const std::string& path : plan.removed) {
    RETURN_IF_ERROR(editor_->Remove(path));
  }
  if (!plan.page) {
    index_changed_ |= index_.erase(plan.project) > 0;
    RETURN_IF_ERROR(editor_->Remove(repo::HtmlPagePath(plan.project)));
    return editor_->Remove(repo::JsonPagePath(plan.project));
  }
  index_changed_ |= index_.insert(plan.project).second;
  const repo::RenderedPages pages = repo::RenderProject(*plan.page);
  for (const repo::RenderedPage* page : {&pages.html, &pages.json}) {
    RETURN_IF_ERROR(StageBlobOf(page->bytes));
    RETURN_IF_ERROR(editor_->Put(page->target));
  }
  return absl::OkStatus();
}

absl::Status OriginSession::PutIndexPages() {
  const repo::RenderedPages pages =
      repo::RenderIndex({index_.begin(), index_.end()});
  for (const repo::RenderedPage* page : {&pages.html, &pages.json}) {
    RETURN_IF_ERROR(StageBlobOf(page->bytes));
    RETURN_IF_ERROR(editor_->Put(page->target));
  }
  return absl::OkStatus();
}

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
          Policy(), options_.now, version, *online_,
          [&edition](std::string_view role, std::optional<int64_t> role_version,
                     std::string_view bytes) {
            return edition.PutRole(role, role_version, bytes);
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
  state_.bins = editor_->bin_states();
  RETURN_IF_ERROR(SaveOriginState(home_.layout(), state_));
  RETURN_IF_ERROR(scan_->SaveIndex(held_back_));
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
