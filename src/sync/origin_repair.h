// Mends an origin's live tree from what it reads, signing nothing.
#ifndef TUFMIRROR_SYNC_ORIGIN_REPAIR_H_
#define TUFMIRROR_SYNC_ORIGIN_REPAIR_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sync/repairs.h"
#include "tufmirror/base/digest.h"
#include "tufmirror/base/target_path.h"
#include "tufmirror/client/repository_view.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/pypi/simple_index.h"
#include "tufmirror/repo/project_pages.h"
#include "tufmirror/report/run_report.h"
#include "tufmirror/select/selection.h"
#include "tufmirror/source/origin_source.h"
#include "tufmirror/sync/config.h"
#include "tufmirror/sync/run.h"
#include "tufmirror/tree/home.h"
#include "tufmirror/tree/staging.h"

namespace tufmirror::sync {

// One use: construct, Run. All arguments outlive it; the caller holds the
// home's lock.
class OriginRepair {
 public:
  OriginRepair(const tree::Home& home, const Config& config,
               RunOptions& options, const Repairs& repairs,
               report::RunReport& report)
      : home_(home),
        config_(config),
        options_(options),
        repairs_(repairs),
        report_(report),
        staging_(home) {}

  // What cannot be mended is a problem in the report. An error: damaged
  // metadata, which only its signers could make again, or a failure of this
  // machine.
  absl::Status Run();

 private:
  // A package that an index has to be asked for.
  struct Missing {
    TargetPath path;
    ExpectedContent content;
  };

  absl::Status Mend(const std::string& target);
  absl::Status OpenSource();
  absl::StatusOr<std::unique_ptr<source::OriginSource>> OpenIndex();
  absl::Status NoteOwnTrouble(const TargetPath& path,
                              const absl::Status& status);
  absl::Status DownloadMissing();
  absl::StatusOr<source::SourceFile> OfferedAs(const Missing& missing);
  absl::Status CopyFromSource(const TargetPath& path,
                              const ExpectedContent& content);
  absl::Status RenderRootAgain(const TargetPath& path,
                               const ExpectedContent& content);
  absl::Status RenderAgain(const TargetPath& path,
                           const ExpectedContent& content);
  absl::StatusOr<std::vector<repo::RenderedPages>> PagesLike(
      const TargetPath& path);
  std::optional<repo::RenderedPages> ClaimedPages(
      const pypi::ProjectName& project);
  absl::StatusOr<std::optional<pypi::ProjectPage>> PublishedPage(
      const pypi::ProjectName& project);
  absl::StatusOr<std::vector<pypi::ProjectName>> PublishedProjectNames();
  absl::StatusOr<source::ProjectOffer> OfferOf(
      const pypi::ProjectName& project);
  absl::StatusOr<pypi::ProjectPage> PageOf(const pypi::ProjectName& project,
                                           const source::ProjectOffer& offer);
  absl::StatusOr<std::optional<ExpectedContent>> Signed(
      const std::string& target);
  absl::Status Publish();

  const tree::Home& home_;
  const Config& config_;
  RunOptions& options_;
  const Repairs& repairs_;
  report::RunReport& report_;
  const tree::StagingArea staging_;
  std::string live_root_;
  std::optional<client::RepositoryView> view_;
  // Made when they are needed; the rules of an index alone.
  std::optional<select::Selection> selection_;
  std::unique_ptr<source::OriginSource> source_;
  std::vector<Missing> missing_;
  std::map<TargetPath, ExpectedContent> mended_;
};

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_ORIGIN_REPAIR_H_
