// One run of an origin, step by step, with what the steps hand to each other.
#ifndef TUFMIRROR_SYNC_ORIGIN_SESSION_H_
#define TUFMIRROR_SYNC_ORIGIN_SESSION_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sync/edition.h"
#include "sync/origin_claims.h"
#include "sync/origin_plan.h"
#include "sync/origin_state.h"
#include "sync/package_store.h"
#include "sync/package_supply.h"
#include "tufmirror/client/repository_view.h"
#include "tufmirror/http/transfers.h"
#include "tufmirror/pypi/simple_index.h"
#include "tufmirror/repo/editor.h"
#include "tufmirror/repo/signer.h"
#include "tufmirror/report/run_report.h"
#include "tufmirror/select/selection.h"
#include "tufmirror/source/origin_source.h"
#include "tufmirror/sync/brakes.h"
#include "tufmirror/sync/config.h"
#include "tufmirror/sync/run.h"
#include "tufmirror/tree/home.h"
#include "tufmirror/tree/publisher.h"
#include "tufmirror/tree/retired.h"
#include "tufmirror/tree/staging.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::sync {

// One use, the steps in the order of their declaration. All arguments outlive
// it.
class OriginSession {
 public:
  OriginSession(const tree::Home& home, const Config& config,
                RunOptions& options, report::RunReport& report);

  // Opens and verifies what is published. kExpired if an offline role is
  // expired.
  absl::Status OpenPublished();
  // Looks at upstream: scans the directory, or fetches what the index has new.
  absl::Status LookUpstream();
  // Compares project by project; what is held back goes to the report.
  absl::Status Compare();
  // Tells options.on_planned what a run would do.
  absl::Status ShowPlan();
  // True if there is something to publish or to sign again.
  bool MustPublish() const;
  // Remembers what upstream has, where nothing was to be published.
  absl::Status RememberSource();
  // Reads the online keys, before anything is done that they are needed for.
  absl::Status ReadOnlineKeys();
  absl::Status CheckBrakesOfPlan() const;
  // Brings new files below packages/, renders pages, edits targets.
  absl::Status Adopt();
  // Signs, stages, verifies the staged tree, and makes it live.
  absl::Status Publish();

 private:
  // One project of a batch, and the files to bring for it.
  struct Adoption;

  absl::StatusOr<std::unique_ptr<source::OriginSource>> ScanDirectory();
  absl::StatusOr<std::unique_ptr<source::OriginSource>> ReadIndex();
  absl::StatusOr<std::optional<std::vector<std::string>>> RequiresOf(
      const source::SourceFile& file) const;
  std::unique_ptr<PackageSupply> MakeSupply(PackageStore& store);
  absl::Status CheckPublished() const;
  absl::Status CountPublished();
  absl::Status OpenClaims();
  absl::StatusOr<std::optional<Adoption>> ClaimAdoptionOf(
      const pypi::ProjectName& project, const source::ProjectOffer& offer);
  absl::Status CheckComplete(const Adoption& adoption);
  absl::Status SettleClaim(Adoption& adoption);
  absl::StatusOr<std::optional<Adoption>> AdoptionOf(
      const pypi::ProjectName& project);
  void HoldBack(const pypi::ProjectName& project, absl::Status reason);
  absl::Status AdoptBatch(const std::vector<pypi::ProjectName>& batch,
                          PackageSupply& supply);
  absl::Status Settle(Adoption& adoption);
  // Where other fields are wanted than the metadata have: calls `visit` with
  // each published distribution as a target.
  absl::Status ForEachDistribution(
      absl::FunctionRef<absl::Status(tuf::TargetFile target)> visit);
  absl::Status ShowRetargeted();
  absl::StatusOr<tuf::TargetFile> DistributionTarget(
      const pypi::ProjectName& project, const pypi::IndexFile& file);
  absl::Status PutDistributions(const ProjectPlan& plan,
                                const std::vector<WantedPackage>& wanted);
  absl::Status ApplyProject(const ProjectPlan& plan,
                            const std::vector<WantedPackage>& wanted);
  absl::Status PutIndexPages();
  absl::Status StageBlobOf(std::string_view bytes);
  absl::StatusOr<int64_t> NextVersion() const;
  absl::Status StageAndCommit(tree::Publisher& publisher, int64_t version);
  absl::Status PutSigned(Edition& edition, std::string_view role,
                         std::optional<int64_t> version,
                         std::string_view bytes) const;
  absl::Status AddRemovals(Edition& edition);
  absl::Status SaveStateBeforeCommit(int64_t version);
  tree::GenerationInfo NextGeneration(absl::Time earliest_expiry,
                                      int64_t version) const;
  repo::SigningPolicy Policy() const;
  absl::Status Tick(std::string_view phase, uint64_t done, uint64_t total);
  void CountTransfers();

  const tree::Home& home_;
  const Config& config_;
  RunOptions& options_;
  report::RunReport& report_;
  tree::StagingArea staging_;

  tree::GenerationInfo generation_;  // what is live
  std::string live_root_;
  OriginState state_;
  OriginState loaded_state_;
  std::unique_ptr<client::RepositoryView> view_;
  std::optional<repo::RepositoryEditor> editor_;
  std::optional<OriginClaims> claims_;
  std::unique_ptr<PublishedProjects> published_;
  // Of an index alone.
  std::optional<select::Selection> selection_;
  std::unique_ptr<http::Transfers> transfers_;
  std::unique_ptr<source::OriginSource> source_;
  std::vector<pypi::ProjectName> changed_;    // to be published
  std::vector<pypi::ProjectName> held_back_;  // as they are published
  // Projects that come to the root pages (true), or leave them.
  std::map<pypi::ProjectName, bool> index_changes_;
  // Other fields are wanted of every distribution than the metadata have.
  bool retarget_all_ = false;
  PlanSummary summary_;
  tree::RetiredFiles retired_;
  std::vector<repo::Signer> online_;
};

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_ORIGIN_SESSION_H_
