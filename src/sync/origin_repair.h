// Mends an origin's live tree from its source directory, signing nothing.
#ifndef TUFMIRROR_SYNC_ORIGIN_REPAIR_H_
#define TUFMIRROR_SYNC_ORIGIN_REPAIR_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sync/repairs.h"
#include "tufmirror/base/digest.h"
#include "tufmirror/base/target_path.h"
#include "tufmirror/client/repository_view.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/pypi/simple_index.h"
#include "tufmirror/repo/project_pages.h"
#include "tufmirror/report/run_report.h"
#include "tufmirror/source/directory_source.h"
#include "tufmirror/sync/config.h"
#include "tufmirror/tree/home.h"
#include "tufmirror/tree/staging.h"

namespace tufmirror::sync {

// One use: construct, Run. All arguments outlive it; the caller holds the
// home's lock.
class OriginRepair {
 public:
  OriginRepair(const tree::Home& home, const Config& config, absl::Time now,
               const Repairs& repairs, report::RunReport& report)
      : home_(home),
        config_(config),
        now_(now),
        repairs_(repairs),
        report_(report),
        staging_(home) {}

  // What cannot be mended is a problem in the report. An error: damaged
  // metadata, which only its signers could make again, or a failure of this
  // machine.
  absl::Status Run();

 private:
  absl::Status Mend(const std::string& target);
  absl::Status CopyFromSource(const TargetPath& path,
                              const ExpectedContent& content);
  absl::Status RenderAgain(const TargetPath& path,
                           const ExpectedContent& content);
  absl::StatusOr<std::vector<repo::RenderedPages>> PagesLike(
      const TargetPath& path);
  absl::StatusOr<std::optional<pypi::ProjectPage>> PublishedPage(
      const pypi::ProjectName& project);
  absl::StatusOr<std::vector<pypi::ProjectName>> PublishedProjectNames();
  absl::StatusOr<std::vector<source::SourceFile>> FilesOf(
      const pypi::ProjectName& project);
  absl::Status Publish();

  const tree::Home& home_;
  const Config& config_;
  const absl::Time now_;
  const Repairs& repairs_;
  report::RunReport& report_;
  const tree::StagingArea staging_;
  std::string live_root_;
  std::optional<client::RepositoryView> view_;
  std::optional<source::DirectorySource> source_;  // made when it is needed
  std::map<TargetPath, ExpectedContent> mended_;
};

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_ORIGIN_REPAIR_H_
