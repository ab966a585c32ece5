// The replica's half of the main job: follow a TUF repository, byte for byte.
// Nothing here signs or rewrites.
#ifndef TUFMIRROR_SYNC_REPLICA_RUN_H_
#define TUFMIRROR_SYNC_REPLICA_RUN_H_

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sync/repairs.h"
#include "sync/replica_download.h"
#include "sync/replica_publication.h"
#include "sync/tree_status.h"
#include "tufmirror/client/metadata_fetcher.h"
#include "tufmirror/client/repository_view.h"
#include "tufmirror/http/transfers.h"
#include "tufmirror/report/run_report.h"
#include "tufmirror/source/replica_store.h"
#include "tufmirror/source/tuf_source.h"
#include "tufmirror/sync/config.h"
#include "tufmirror/sync/plan.h"
#include "tufmirror/sync/run.h"
#include "tufmirror/tree/home.h"
#include "tufmirror/tree/publisher.h"

namespace tufmirror::sync {

// One run; construct, Run, done. All arguments outlive it; the caller holds
// the home's lock. With `repairs` it mends what they name besides following
// upstream.
class ReplicaRun {
 public:
  ReplicaRun(const tree::Home& home, const Config& config, RunOptions& options,
             report::RunReport& report, const Repairs* repairs = nullptr);

  // The run's outcome. Everything else is in the report.
  absl::Status Run();

 private:
  absl::Status RunSteps();
  absl::Status WithClockHint(const absl::Status& outcome);
  absl::Status WithReadersHint(const absl::Status& outcome) const;
  absl::Status Prepare();
  absl::Status TrustInitialRoot();
  absl::StatusOr<bool> NothingNew();
  absl::Status OpenPublished();
  absl::Status OpenLiveTree();
  void RebuildBecause(std::string_view reason);
  absl::Status FetchMetadata();
  absl::Status FetchRoles();
  absl::Status MakePlan();
  absl::Status FindDifferences();
  void ReportHeldBack();
  absl::Status CheckBrakesOfPlan();
  absl::Status RefuseReplacedPackages() const;
  absl::Status Download();
  absl::Status CheckStaged(const std::string& tree) const;
  absl::Status Publish();
  absl::StatusOr<bool> IsAlreadyPublished();
  bool MendsSomething() const;
  absl::Status ShowPlan();
  TreeStatus NextTreeStatus() const;
  void CountTransfers();
  absl::Status ReportProgress(std::string_view phase);

  const tree::Home& home_;
  const Config& config_;
  RunOptions& options_;
  report::RunReport& report_;
  const Repairs* const repairs_;  // null: none asked for
  const tree::Layout& layout_;

  tree::GenerationInfo generation_;  // what is live
  // Targets that were live before a rebuild made generation_ forget them.
  uint64_t targets_before_rebuild_ = 0;
  std::unique_ptr<http::Transfers> transfers_;
  std::vector<std::string> target_urls_;
  source::ReplicaStore store_;
  std::optional<client::MetadataFetcher> fetcher_;
  std::optional<source::TufSource> source_;

  std::unique_ptr<client::RepositoryView> published_;  // null: nothing is
  std::optional<source::PublishedState> published_state_;
  std::unique_ptr<client::RepositoryView> wanted_;
  Rebuild rebuild_ = Rebuild::kNo;
  source::ChangedRoles changed_;
  std::optional<SyncPlan> plan_;
  std::set<TargetPath> not_repaired_;
  std::vector<report::Problem> held_back_;  // targets of the plan
};

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_REPLICA_RUN_H_
