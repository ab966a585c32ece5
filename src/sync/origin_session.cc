// The steps up to the decision: what is published, what is there, what differs.
#include "sync/origin_session.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "fmt/format.h"
#include "sync/index_options.h"
#include "sync/offline_roles.h"
#include "sync/online_signers.h"
#include "sync/origin_adoption.h"
#include "sync/parallel.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/repo/project_pages.h"
#include "tufmirror/repo/tree_view.h"
#include "tufmirror/source/directory_source.h"
#include "tufmirror/source/distribution_reader.h"
#include "tufmirror/source/index_source.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::sync {
OriginSession::OriginSession(const tree::Home& home, const Config& config,
                             RunOptions& options, report::RunReport& report)
    : home_(home),
      config_(config),
      options_(options),
      report_(report),
      staging_(home) {}

repo::SigningPolicy OriginSession::Policy() const {
  return {config_.origin.bin_expiry, config_.origin.snapshot_expiry,
          config_.origin.timestamp_expiry, state_.least_version};
}

absl::Status OriginSession::OpenPublished() {
  ASSIGN_OR_RETURN(generation_, tree::Publisher::CurrentGeneration(home_));
  ASSIGN_OR_RETURN(const tree::TreeSide live, home_.LiveSide());
  live_root_ = home_.layout().tree(live);
  if (generation_.number == 0) RETURN_IF_ERROR(CheckPublished());
  // Metadata that expired since the last run is what this run signs again, so
  // expiry does not matter here; the offline roles' is looked at below.
  ASSIGN_OR_RETURN(client::RepositoryView view,
                   repo::OpenTreeView(live_root_, absl::InfinitePast()));
  view_ = std::make_unique<client::RepositoryView>(std::move(view));
  ASSIGN_OR_RETURN(state_, LoadOriginState(home_.layout()));
  loaded_state_ = state_;
  ASSIGN_OR_RETURN(
      editor_, repo::RepositoryEditor::Open(*view_, std::move(state_.bins)));
  state_.bins = editor_->role_states();
  published_ = std::make_unique<PublishedProjects>(
      *view_, live_root_, config_.origin.custom_fields);
  RETURN_IF_ERROR(OpenClaims());
  ASSIGN_OR_RETURN(retired_, tree::RetiredFiles::Load(home_));
  if (generation_.number == 0) RETURN_IF_ERROR(CountPublished());
  return CheckOfflineRoles(*view_, options_.now, report_.expiring);
}

absl::Status OriginSession::CheckPublished() const {
  ASSIGN_OR_RETURN(const auto root,
                   fs::Stat(live_root_ + "/" + tree::MetadataPath("root", 1)));
  if (root) return absl::OkStatus();
  return MakeFailure(Failure::kUsage,
                     "nothing is published yet: the holders of the root keys "
                     "sign first ('tufmirror ceremony status HOME')");
}

// Only where the record of generations was lost: it has the numbers otherwise.
absl::Status OriginSession::CountPublished() {
  generation_.timestamp_version = (*view_->trusted().timestamp())->version;
  return view_->WalkDelegations(
      [this](const client::RepositoryView::Delegation& delegation)
          -> absl::StatusOr<client::RepositoryView::Descend> {
        if (!delegation.listed) return client::RepositoryView::Descend::kSkip;
        ASSIGN_OR_RETURN(const tuf::RolePtr role,
                         view_->Load(delegation.role, delegation.delegator_name,
                                     delegation.delegator));
        generation_.targets += (*role)->targets.size();
        for (const tuf::TargetFile& target : (*role)->targets) {
          generation_.target_bytes += target.content.length;
        }
        return client::RepositoryView::Descend::kLoad;
      });
}

absl::Status OriginSession::Tick(std::string_view phase, uint64_t done,
                                 uint64_t total) {
  if (!options_.on_progress) return absl::OkStatus();
  Progress progress;
  progress.phase = phase;
  progress.files_done = done;
  progress.files_total = total;
  return options_.on_progress(progress);
}

absl::Status OriginSession::LookUpstream() {
  const bool directory = config_.upstream.kind == UpstreamKind::kDirectory;
  ASSIGN_OR_RETURN(source_, directory ? ScanDirectory() : ReadIndex());
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<source::OriginSource>>
OriginSession::ReadIndex() {
  ASSIGN_OR_RETURN(selection_, select::Selection::Create(config_.select));
  ASSIGN_OR_RETURN(transfers_,
                   http::Transfers::Create(config_.upstream.transfer));
  transfers_->SetTick([this](const http::TransferCounters& counters) {
    CountTransfers();
    if (!options_.on_progress) return absl::OkStatus();
    Progress progress;
    progress.phase = changed_.empty() ? "fetch" : "download";
    progress.files_done = counters.files_verified;
    progress.bytes_done = counters.bytes_received;
    progress.files_total = summary_.download_files;
    progress.bytes_total = summary_.download_bytes;
    return options_.on_progress(progress);
  });
  source::IndexOptions options = IndexOptionsOf(config_, options_.now);
  options.dry_run = options_.dry_run;
  options.published_requires = [this](const source::SourceFile& file) {
    return RequiresOf(file);
  };
  ASSIGN_OR_RETURN(auto index,
                   source::IndexSource::Open(home_.layout(), *selection_,
                                             std::move(options)));
  const absl::Status refreshed = index->Refresh(*transfers_);
  CountTransfers();
  RETURN_IF_ERROR(refreshed);
  // A run that dies from here on need not ask again.
  if (!options_.dry_run)
    RETURN_IF_ERROR(index->Save(index->changed_projects()));
  return index;
}

// Packages on disk were verified when they came there.
absl::StatusOr<std::optional<std::vector<std::string>>>
OriginSession::RequiresOf(const source::SourceFile& file) const {
  const std::string path = home_.layout().home() + "/" +
                           repo::PackagePath(file.project, file.filename);
  ASSIGN_OR_RETURN(const auto info, fs::Stat(path));
  if (!info) return std::nullopt;
  ASSIGN_OR_RETURN(source::Distribution distribution,
                   source::ReadDistribution(path, file.filename));
  const bool same =
      !file.sha256 || distribution.content.digests.sha256 == file.sha256;
  if (!same) return std::nullopt;
  return std::move(distribution.metadata.requires_dist);
}

void OriginSession::CountTransfers() {
  const http::TransferCounters counters = transfers_->counters();
  report_.requests = counters.requests;
  report_.retries = counters.retries;
  report_.bytes_received = counters.bytes_received;
}

absl::StatusOr<std::unique_ptr<source::OriginSource>>
OriginSession::ScanDirectory() {
  absl::Status ticked;  // written by one thread at a time, read after the scan
  std::atomic<bool> stop = false;
  source::ScanOptions scan_options;
  scan_options.threads = WorkerThreads();
  scan_options.now = options_.now;
  scan_options.cancelled = [&stop] { return stop.load(); };
  scan_options.progress = [&](size_t done, size_t total) {
    if (stop.load()) return;
    ticked = Tick("scan", done, total);
    if (!ticked.ok()) stop.store(true);
  };
  auto scan = source::ScanDirectory(
      config_.upstream.directory, home_.layout().source_index(), scan_options);
  RETURN_IF_ERROR(ticked);
  RETURN_IF_ERROR(scan.status());
  return std::make_unique<source::DirectorySource>(*std::move(scan));
}

void OriginSession::HoldBack(const pypi::ProjectName& project,
                             absl::Status reason) {
  report_.problems.push_back({project.str(), std::move(reason)});
  held_back_.push_back(project);
}

absl::StatusOr<std::optional<OriginSession::Adoption>>
OriginSession::AdoptionOf(const pypi::ProjectName& project) {
  const auto held_back = [&](const absl::Status& status)
      -> absl::StatusOr<std::optional<Adoption>> {
    if (FailureOf(status) == Failure::kCancelled) return status;
    HoldBack(project, status);
    return std::nullopt;
  };
  const size_t problems = source_->problems().size();
  auto offer = source_->Offer(project);
  if (!offer.ok()) return held_back(offer.status());
  // Some of its files were left out: it is looked at again in every run.
  if (source_->problems().size() > problems) held_back_.push_back(project);
  if (claims_->Has(project)) {
    auto claimed = ClaimAdoptionOf(project, *offer);
    if (!claimed.ok()) return held_back(claimed.status());
    return claimed;
  }
  auto plan = published_->Compare(project, *offer);
  if (!plan.ok()) return held_back(plan.status());
  return Adoption{*std::move(offer), *std::move(plan)};
}

absl::Status OriginSession::Compare() {
  std::vector<pypi::ProjectName> candidates = source_->changed_projects();
  const bool index_is_of_live =
      source_->knows_changes() &&
      state_.indexed_version == generation_.timestamp_version;
  if (!index_is_of_live) {
    ASSIGN_OR_RETURN(std::set<pypi::ProjectName> all, published_->Names());
    for (pypi::ProjectName& name : source_->Projects()) {
      all.insert(std::move(name));
    }
    candidates.assign(all.begin(), all.end());
  }
  std::set<pypi::ProjectName> all(candidates.begin(), candidates.end());
  all.insert(claims_->candidates().begin(), claims_->candidates().end());
  for (const pypi::ProjectName& project : all) {
    ASSIGN_OR_RETURN(std::optional<Adoption> adoption, AdoptionOf(project));
    if (!adoption) continue;
    if (!adoption->not_signed.ok()) HoldBack(project, adoption->not_signed);
    ProjectPlan& plan = adoption->plan;
    for (report::Problem& problem : plan.left_out) {
      report_.problems.push_back(std::move(problem));
    }
    if (!plan.left_out.empty()) held_back_.push_back(project);
    if (plan.empty()) continue;
    Count(plan, summary_);
    changed_.push_back(project);
  }
  // Those of single files are known only now.
  for (const source::Problem& problem : source_->problems()) {
    report_.problems.push_back({problem.what, problem.reason});
  }
  summary_.current_targets = generation_.targets;
  const std::string fields = CustomFieldsText(config_.origin.custom_fields,
                                              loaded_state_.custom_fields);
  const bool state_is_of_live =
      loaded_state_.indexed_version == generation_.timestamp_version;
  retarget_all_ = fields != loaded_state_.custom_fields ||
                  (!state_is_of_live && !fields.empty());
  return absl::OkStatus();
}

absl::Status OriginSession::ShowPlan() {
  for (const pypi::ProjectName& project : changed_) {
    ASSIGN_OR_RETURN(const std::optional<Adoption> adoption,
                     AdoptionOf(project));
    if (!adoption) continue;
    ForEachPlanned(adoption->plan,
                   [this](std::string_view action, const std::string& path) {
                     if (options_.on_planned) options_.on_planned(action, path);
                   });
  }
  if (retarget_all_) RETURN_IF_ERROR(ShowRetargeted());
  RETURN_IF_ERROR(fs::RemoveTree(home_.layout().dry_run()));
  report_.added = summary_.added;
  report_.changed = summary_.changed;
  report_.removed = summary_.removed;
  return absl::OkStatus();
}

bool OriginSession::MustPublish() const {
  return !changed_.empty() || retarget_all_ ||
         editor_->MustSign(Policy(), options_.now);
}

// The index first: until the state says so, it counts for nothing.
absl::Status OriginSession::RememberSource() {
  RETURN_IF_ERROR(source_->Save(held_back_));
  state_.indexed_version = generation_.timestamp_version;
  if (state_ == loaded_state_) return absl::OkStatus();
  return SaveOriginState(home_.layout(), state_);
}

absl::Status OriginSession::ReadOnlineKeys() {
  const auto passphrase =
      [this](const OnlineSigner& signer) -> absl::StatusOr<crypto::Secret> {
    if (!options_.passphrase) return crypto::Secret::Copy("");
    return options_.passphrase(signer);
  };
  ASSIGN_OR_RETURN(online_, ReadOnlineSigners(config_.origin, passphrase));
  return absl::OkStatus();
}

absl::Status OriginSession::CheckBrakesOfPlan() const {
  ASSIGN_OR_RETURN(const fs::Space space, fs::SpaceOf(home_.layout().home()));
  return CheckBrakes(config_.brakes, summary_, space);
}

}  // namespace tufmirror::sync
