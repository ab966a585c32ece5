// Compares what the source offers of a project with what is published of it.
#ifndef TUFMIRROR_SYNC_ORIGIN_PLAN_H_
#define TUFMIRROR_SYNC_ORIGIN_PLAN_H_

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/client/repository_view.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/pypi/simple_index.h"
#include "tufmirror/repo/custom_fields.h"
#include "tufmirror/repo/project_pages.h"
#include "tufmirror/report/run_report.h"
#include "tufmirror/source/origin_source.h"
#include "tufmirror/sync/brakes.h"

namespace tufmirror::sync {

// What a run is to do about one project.
struct ProjectPlan {
  pypi::ProjectName project;
  bool published = false;  // has pages now
  // The page to be; none if the project is not to have one any more. Files
  // whose digest or size the source does not know are on it as if these were
  // zero, until they are known.
  std::optional<pypi::ProjectPage> page = {};
  bool page_changes = false;
  // To be supplied: whole files with their core metadata and provenance; and
  // for files that are published without them, these alone. The latter offer
  // only what is not published.
  std::vector<source::SourceFile> new_files = {};
  std::vector<source::SourceFile> new_companions = {};
  // Names of published files of which the metadata are to say something else.
  std::vector<std::string> retargeted = {};
  std::vector<std::string> removed = {};  // target paths, pages not among them
  std::vector<report::Problem> left_out = {};  // single files

  bool empty() const { return !page_changes && removed.empty(); }
};

// The line of `file` on its project's page.
repo::ReleaseFile LineOf(const source::SourceFile& file);

// Everything published is read from the verified live tree.
class PublishedProjects {
 public:
  // `view` and `fields` outlive this; `tree_root` is the tree that `view` was
  // opened on; `fields` are those that the metadata have of each file.
  PublishedProjects(client::RepositoryView& view, std::string tree_root,
                    const repo::CustomFields& fields)
      : view_(view), tree_root_(std::move(tree_root)), fields_(fields) {}

  // The projects on the root page, sorted; an error of `visit` ends it. Memory
  // does not grow with their number.
  absl::Status ForEachName(
      absl::FunctionRef<absl::Status(pypi::ProjectName name)> visit);
  // All of them.
  absl::StatusOr<std::set<pypi::ProjectName>> Names();

  // The page of `project`; nullopt if it has none.
  absl::StatusOr<std::optional<pypi::ProjectPage>> Page(
      const pypi::ProjectName& project);

  // Compares `offer`, all that the source has of `project`, with what is
  // published. kReplacedFile if a published file has other bytes now: then the
  // whole project is to be held back.
  absl::StatusOr<ProjectPlan> Compare(const pypi::ProjectName& project,
                                      const source::ProjectOffer& offer);

 private:
  // Bytes of the published target `path`; nullopt if it is none.
  absl::StatusOr<std::optional<std::string>> Read(const std::string& path);

  client::RepositoryView& view_;
  std::string tree_root_;
  const repo::CustomFields& fields_;
};

// Adds `plan` to the numbers that brakes look at.
void Count(const ProjectPlan& plan, PlanSummary& summary);

// Calls `visit` with "add", "change" or "remove" and a target path for all that
// `plan` does.
void ForEachPlanned(
    const ProjectPlan& plan,
    absl::FunctionRef<void(std::string_view action, const std::string& path)>
        visit);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_ORIGIN_PLAN_H_
