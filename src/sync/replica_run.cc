#include "sync/replica_run.h"

#include <utility>

#include "fmt/format.h"
#include "sync/diff.h"
#include "sync/leftovers.h"
#include "sync/phase_clock.h"
#include "sync/replica_download.h"
#include "sync/role_expiries.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/client/metadata_fetcher.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/sync/brakes.h"
#include "tufmirror/tree/layout.h"
#include "tufmirror/tuf/verified.h"

namespace tufmirror::sync {
namespace {

using source::ReplicaStore;
using tuf::RawMetadata;

constexpr uint64_t kMaxTimestampBytes = uint64_t{1} << 20;
constexpr uint64_t kMaxStatusBytes = uint64_t{64} << 20;

absl::StatusOr<RawMetadata> ReadMetadata(const std::string& path,
                                         uint64_t max_bytes) {
  ASSIGN_OR_RETURN(std::string bytes, fs::ReadFile(path, max_bytes));
  return RawMetadata{std::move(bytes)};
}

std::vector<std::string> MetadataUrls(const UpstreamConfig& upstream) {
  std::vector<std::string> urls;
  for (const std::string& base : upstream.urls) {
    urls.push_back(http::JoinUrl(base, upstream.metadata_path));
  }
  return urls;
}

// Where a mirror of this kind has its delta packs; none for other upstreams.
std::vector<std::string> PackUrls(const UpstreamConfig& upstream) {
  std::vector<std::string> urls;
  if (upstream.metadata_path != "metadata/") return urls;
  for (const std::string& base : upstream.urls) {
    // What is on this machine is read whole at no cost.
    if (base.starts_with("file:")) return {};
    urls.push_back(http::JoinUrl(base, tree::kDeltasDirectory));
  }
  return urls;
}

ReplicaStore::Mode StoreMode(const RunOptions& options) {
  return options.dry_run ? ReplicaStore::Mode::kScratch
                         : ReplicaStore::Mode::kPersistent;
}

}  // namespace

ReplicaRun::ReplicaRun(const tree::Home& home, const Config& config,
                       RunOptions& options, report::RunReport& report,
                       const Repairs* repairs)
    : home_(home),
      config_(config),
      options_(options),
      report_(report),
      repairs_(repairs),
      layout_(home.layout()),
      target_urls_(config.upstream.targets_urls.empty()
                       ? config.upstream.urls
                       : config.upstream.targets_urls),
      store_(layout_, StoreMode(options)) {}

absl::Status ReplicaRun::Run() {
  const absl::Status outcome = RunSteps();
  if (transfers_ != nullptr) CountTransfers();
  return WithClockHint(WithReadersHint(outcome));
}

absl::Status ReplicaRun::WithReadersHint(const absl::Status& outcome) const {
  const bool stale = FailureOf(outcome) == Failure::kExpired &&
                     generation_.number > 0 &&
                     generation_.earliest_expiry <= options_.now;
  if (outcome.ok() || !stale) return outcome;
  return Annotate(
      outcome,
      fmt::format("what is served expired at {}, readers refuse it until "
                  "upstream signs it again",
                  tuf::FormatExpiry(generation_.earliest_expiry)));
}

// One expired role is upstream's trouble; a root that expired too, or a clock
// behind the last publication, looks more like this machine's.
absl::Status ReplicaRun::WithClockHint(const absl::Status& outcome) {
  const bool expired = FailureOf(outcome) == Failure::kExpired;
  const bool behind = generation_.number > 0 &&
                      options_.now + absl::Hours(1) < generation_.published;
  if (outcome.ok() || (!expired && !behind)) return outcome;
  const auto root = store_.Load("root", std::nullopt);
  if (!root.ok()) return outcome;
  const auto verified = tuf::Verifier::VerifyInitialRoot(*root);
  const bool all_expired =
      verified.ok() && expired && options_.now >= (*verified)->expires;
  if (!all_expired && !behind) return outcome;
  return Annotate(outcome,
                  fmt::format("check this machine's clock, it says {}, and {}",
                              tuf::FormatExpiry(options_.now),
                              behind ? "the last publication is later"
                                     : "even the root looks expired"));
}

absl::Status ReplicaRun::RunSteps() {
  RETURN_IF_ERROR(Prepare());
  ASSIGN_OR_RETURN(const bool nothing_new, NothingNew());
  if (nothing_new) return absl::OkStatus();
  RETURN_IF_ERROR(
      RunPhase("fetch", report_, [this] { return FetchMetadata(); }));
  RETURN_IF_ERROR(RunPhase("plan", report_, [this] { return MakePlan(); }));
  if (options_.dry_run) return ShowPlan();
  ASSIGN_OR_RETURN(const bool same, IsAlreadyPublished());
  if (same && repairs_ == nullptr) return fs::Remove(layout_.plan());
  RETURN_IF_ERROR(CheckBrakesOfPlan());
  RETURN_IF_ERROR(RunPhase("download", report_, [this] { return Download(); }));
  if (same && !MendsSomething()) return fs::Remove(layout_.plan());
  return RunPhase("publish", report_, [this] { return Publish(); });
}

absl::Status ReplicaRun::CheckBrakesOfPlan() {
  ASSIGN_OR_RETURN(const fs::Space space, fs::SpaceOf(layout_.home()));
  const auto check = [this, &space] {
    PlanSummary summary = plan_->summary();
    if (targets_before_rebuild_ > summary.added) {
      // The plan of a rebuild adds everything: what it lacks is removed.
      summary.current_targets = targets_before_rebuild_;
      summary.removed = targets_before_rebuild_ - summary.added;
    }
    return CheckBrakes(config_.brakes, summary, space);
  };
  if (check().ok()) return absl::OkStatus();
  // Looked at more closely only now: what is on disk takes no more space.
  RETURN_IF_ERROR(DiscountFilesOnDisk(home_, *plan_));
  return check();
}

absl::Status ReplicaRun::Prepare() {
  ASSIGN_OR_RETURN(generation_, tree::Publisher::CurrentGeneration(home_));
  ASSIGN_OR_RETURN(transfers_,
                   http::Transfers::Create(config_.upstream.transfer));
  transfers_->SetTick([this](const http::TransferCounters&) {
    return ReportProgress(plan_ ? "download" : "fetch");
  });
  RETURN_IF_ERROR(store_.Prepare());
  RETURN_IF_ERROR(TrustInitialRoot());
  fetcher_.emplace(*transfers_, MetadataUrls(config_.upstream),
                   client::MetadataLimits(), PackUrls(config_.upstream));
  source_.emplace(*fetcher_, store_);
  return absl::OkStatus();
}

// The operator's root, until there is one of our own that came from it.
absl::Status ReplicaRun::TrustInitialRoot() {
  if (store_.Load("root", std::nullopt).ok()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const RawMetadata root,
                   ReadMetadata(layout_.trusted_root(), client::kMaxRootBytes));
  auto verified = tuf::Verifier::VerifyInitialRoot(root);
  if (!verified.ok()) {
    return Annotate(verified.status(), layout_.trusted_root());
  }
  return store_.Save("root", (*verified)->version, root);
}

// One request, where the published timestamp is still upstream's. Nothing new
// is no good news once something that is served has expired: a whole refresh
// finds out what, and whether upstream has it anew.
absl::StatusOr<bool> ReplicaRun::NothingNew() {
  const bool look = generation_.number == 0 || repairs_ != nullptr ||
                    generation_.earliest_expiry <= options_.now;
  if (look) return false;
  const std::string path =
      layout_.live() + "/" + tree::MetadataPath("timestamp", std::nullopt);
  ASSIGN_OR_RETURN(const RawMetadata published,
                   ReadMetadata(path, kMaxTimestampBytes));
  return source_->IsUnchanged(published.bytes, options_.now);
}

// The published state, for comparison. A tree that cannot be opened, or whose
// generation is not known any more, is published anew from scratch: packages
// on disk are verified and kept, everything else is put again.
absl::Status ReplicaRun::OpenPublished() {
  ASSIGN_OR_RETURN(const auto timestamp,
                   fs::Stat(layout_.live() + "/" +
                            tree::MetadataPath("timestamp", std::nullopt)));
  if (generation_.number == 0 && !timestamp) return absl::OkStatus();
  absl::Status opened =
      generation_.number == 0
          ? MakeFailure(Failure::kNotFound, "state/generation.json is missing")
          : OpenLiveTree();
  if (opened.ok() && repairs_ != nullptr) opened = repairs_->metadata;
  if (opened.ok()) return absl::OkStatus();
  RebuildBecause(MessageOf(opened));
  return absl::OkStatus();
}

void ReplicaRun::RebuildBecause(std::string_view reason) {
  rebuild_ = Rebuild::kYes;
  published_state_.reset();
  published_.reset();
  targets_before_rebuild_ = generation_.targets;
  generation_.targets = 0;
  generation_.target_bytes = 0;
  report_.warnings.push_back(
      fmt::format("the published tree is built anew: {}", reason));
}

// The newest root in the live tree. Its expiry does not matter here.
absl::Status ReplicaRun::OpenLiveTree() {
  ASSIGN_OR_RETURN(const RawMetadata newest, store_.Load("root", std::nullopt));
  ASSIGN_OR_RETURN(const auto trusted_root,
                   tuf::Verifier::VerifyInitialRoot(newest));
  absl::StatusOr<RawMetadata> root =
      MakeFailure(Failure::kNotFound, "the live tree has no root.json");
  for (int64_t v = trusted_root->version; v >= 1 && !root.ok(); --v) {
    root = ReadMetadata(layout_.live() + "/" + tree::MetadataPath("root", v),
                        client::kMaxRootBytes);
  }
  RETURN_IF_ERROR(root.status());
  ASSIGN_OR_RETURN(
      tuf::TrustedMetadataSet trusted,
      source::OpenTree(layout_.live(), *root, absl::InfinitePast()));
  ASSIGN_OR_RETURN(
      const std::string text,
      fs::ReadFile(layout_.live() + "/status.json", kMaxStatusBytes));
  ASSIGN_OR_RETURN(TreeStatus status, ParseTreeStatus(text));
  const bool consistent = trusted.root()->consistent_snapshot;
  published_ = std::make_unique<client::RepositoryView>(
      std::move(trusted), source::ReadRolesFrom(layout_.live(), consistent));
  published_state_.emplace(
      source::PublishedState{*published_, std::move(status.delegating_roles),
                             LoadRoleExpiries(layout_, options_.now)});
  return absl::OkStatus();
}

absl::Status ReplicaRun::FetchMetadata() {
  RETURN_IF_ERROR(OpenPublished());
  ASSIGN_OR_RETURN(tuf::TrustedMetadataSet trusted,
                   source_->Refresh(options_.now));
  if (published_ != nullptr &&
      published_->trusted().root()->consistent_snapshot !=
          trusted.root()->consistent_snapshot) {
    RebuildBecause("upstream changed consistent_snapshot");
  }
  if (generation_.number == 0 || rebuild_ == Rebuild::kYes) {
    RETURN_IF_ERROR(source_->FetchOlderRoots(trusted).status());
  }
  wanted_ = std::make_unique<client::RepositoryView>(
      std::move(trusted), [this](std::string_view role, int64_t version) {
        return store_.Load(role, version);
      });
  return FetchRoles();
}

absl::Status ReplicaRun::FetchRoles() {
  ASSIGN_OR_RETURN(
      changed_,
      source_->FetchChangedRoles(
          wanted_->trusted(), published_state_ ? &*published_state_ : nullptr));
  report_.metadata_files += changed_.fetched;
  for (const auto& [role, expires] : changed_.expired) {
    wanted_->IgnoreExpiryOf(role);
  }
  return absl::OkStatus();
}

absl::Status ReplicaRun::MakePlan() {
  absl::Status found = FindDifferences();
  const bool damaged = published_ != nullptr &&
                       !(published_->damage().ok() && wanted_->damage().ok());
  if (!found.ok() && damaged) {
    // The disk lost a role of the live tree. Whatever it said is not known any
    // more, so that upstream's state counts as new from end to end.
    RebuildBecause(MessageOf(found));
    RETURN_IF_ERROR(FetchRoles());
    found = FindDifferences();
  }
  RETURN_IF_ERROR(found);
  ReportHeldBack();
  if (!options_.dry_run) {
    const bool first = generation_.number == 0 && rebuild_ == Rebuild::kNo;
    if (first || published_ != nullptr) {
      RETURN_IF_ERROR(RemoveLeftovers(home_, published_.get(), *wanted_));
    }
    RETURN_IF_ERROR(plan_->Rename(layout_.plan()));
  }
  report_.added = plan_->summary().added;
  report_.changed = plan_->summary().changed;
  report_.removed = plan_->summary().removed;
  return RefuseReplacedPackages();
}

// What upstream signs and no reader can have from here.
void ReplicaRun::ReportHeldBack() {
  for (report::Problem& problem : held_back_) {
    report_.problems.push_back(std::move(problem));
  }
  held_back_.clear();
  if (fetcher_->wrong_packs() > 0) {
    report_.warnings.push_back(fmt::format(
        "delta packs from upstream: {} were broken, too long, too slow or led "
        "to what does not verify; whole files were fetched in their place",
        fetcher_->wrong_packs()));
  }
  for (const auto& [role, expires] : changed_.expired) {
    report_.problems.push_back(
        {fmt::format("role '{}'", role),
         MakeFailure(Failure::kExpired,
                     fmt::format("it expired at {}: readers refuse what it "
                                 "lists, here as at upstream",
                                 tuf::FormatExpiry(expires)))});
  }
  for (const auto& [delegator, role] : changed_.unlisted) {
    report_.problems.push_back(
        {fmt::format("role '{}'", role),
         MakeFailure(Failure::kNotFound,
                     fmt::format("role '{}' delegates to it, but the snapshot "
                                 "does not list it: no reader finds a target "
                                 "that it is delegated",
                                 Printable(delegator, 80)))});
  }
}

absl::Status ReplicaRun::FindDifferences() {
  held_back_.clear();
  ASSIGN_OR_RETURN(SyncPlan plan,
                   SyncPlan::Create(options_.dry_run ? layout_.dry_run_plan()
                                                     : layout_.next_plan()));
  RETURN_IF_ERROR(AddDifferences(
      published_.get(), *wanted_, changed_,
      published_state_ ? &*published_state_ : nullptr, layout_,
      [this](const tuf::TargetFile& target, absl::Status why) {
        held_back_.push_back({target.path, std::move(why)});
      },
      plan));
  if (repairs_ != nullptr && published_ != nullptr) {
    RETURN_IF_ERROR(AddRepairs(*published_, *wanted_, repairs_->targets, plan));
  }
  RETURN_IF_ERROR(plan.Finish());
  plan.summary().current_targets = generation_.targets;
  plan_.emplace(std::move(plan));
  return absl::OkStatus();
}

// Invariant 9: a published package never changes its bytes.
absl::Status ReplicaRun::RefuseReplacedPackages() const {
  if (plan_->summary().changed == 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(PlanReader reader, plan_->Read());
  while (true) {
    ASSIGN_OR_RETURN(const auto change, reader.Next());
    if (!change) return absl::OkStatus();
    if (change->action == Action::kChange && tree::IsPackage(change->path)) {
      return MakeFailure(
          Failure::kReplacedFile,
          fmt::format(
              "{} is published with {} bytes, sha256 {}, and upstream now "
              "signs {} bytes, sha256 {}, under the same name",
              change->path.str(), change->published.length,
              change->published.digests.sha256.value_or(Sha256()).Hex(),
              change->wanted.length,
              change->wanted.digests.sha256.value_or(Sha256()).Hex()));
    }
  }
}

// Upstream may offer the trusted version of its timestamp with other bytes (it
// was restored from a backup, say): that is no news, and not worth a new
// generation in every run.
absl::StatusOr<bool> ReplicaRun::IsAlreadyPublished() {
  if (published_ == nullptr || !plan_->summary().same_targets()) return false;
  ASSIGN_OR_RETURN(const RawMetadata trusted,
                   store_.Load("timestamp", std::nullopt));
  ASSIGN_OR_RETURN(
      const RawMetadata live,
      ReadMetadata(
          layout_.live() + "/" + tree::MetadataPath("timestamp", std::nullopt),
          kMaxTimestampBytes));
  return trusted.bytes == live.bytes && published_->trusted().root()->version ==
                                            wanted_->trusted().root()->version;
}

// Whether a run with nothing new still has something to publish.
bool ReplicaRun::MendsSomething() const {
  return plan_->summary().repaired > not_repaired_.size() ||
         !repairs_->orphans.empty();
}

absl::Status ReplicaRun::ShowPlan() {
  ASSIGN_OR_RETURN(PlanReader reader, plan_->Read());
  while (true) {
    ASSIGN_OR_RETURN(const auto change, reader.Next());
    if (!change) break;
    if (options_.on_planned) {
      options_.on_planned(ActionName(change->action), change->path.str());
    }
  }
  return store_.RemoveScratch();
}

absl::Status ReplicaRun::Download() {
  const bool prefixed = wanted_->trusted().root()->consistent_snapshot;
  ASSIGN_OR_RETURN(
      not_repaired_,
      DownloadPlanned(home_, *plan_, {target_urls_, prefixed, rebuild_},
                      *transfers_, report_));
  return absl::OkStatus();
}

void ReplicaRun::CountTransfers() {
  const http::TransferCounters counters = transfers_->counters();
  report_.requests = counters.requests;
  report_.retries = counters.retries;
  report_.bytes_received = counters.bytes_received;
}

absl::Status ReplicaRun::ReportProgress(std::string_view phase) {
  if (!options_.on_progress) return absl::OkStatus();
  const http::TransferCounters counters = transfers_->counters();
  Progress progress;
  progress.phase = phase;
  progress.files_done = counters.files_verified;
  progress.bytes_done = counters.bytes_received;
  if (plan_) {
    progress.files_total = plan_->summary().download_files;
    progress.bytes_total = plan_->summary().download_bytes;
  }
  return options_.on_progress(progress);
}

}  // namespace tufmirror::sync
