// Compares what the source directory has of a project with what is published
// of it.
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
#include "tufmirror/report/run_report.h"
#include "tufmirror/source/directory_source.h"
#include "tufmirror/sync/brakes.h"

namespace tufmirror::sync {

// The line of `file` on its project's page.
pypi::IndexFile IndexFileOf(const source::ScannedFile& file);

// What a run is to do about one project.
struct ProjectPlan {
  pypi::ProjectName project;
  bool published = false;  // has pages now
  // The page to be; none if the project has no file any more.
  std::optional<pypi::ProjectPage> page = {};
  bool page_changes = false;
  // To be adopted: whole files with their core metadata, or, for files that
  // are published without it, the core metadata alone.
  std::vector<source::ScannedFile> new_files = {};
  std::vector<source::ScannedFile> new_metadata = {};
  std::vector<std::string> removed = {};  // target paths, pages not among them
  std::vector<report::Problem> left_out = {};  // single files

  bool empty() const { return !page_changes && removed.empty(); }
};

// Everything published is read from the verified live tree.
class PublishedProjects {
 public:
  // Both outlive this; `tree_root` is the tree that `view` was opened on.
  PublishedProjects(client::RepositoryView& view, std::string tree_root)
      : view_(view), tree_root_(std::move(tree_root)) {}

  // Names of all projects on the root page.
  absl::StatusOr<std::set<pypi::ProjectName>> Names();

  // Compares `files`, all that the directory has of `project`, with what is
  // published. kReplacedFile if a published file has other bytes now: then the
  // whole project is to be held back.
  absl::StatusOr<ProjectPlan> Compare(const pypi::ProjectName& project,
                                      std::vector<source::ScannedFile> files);

 private:
  // Bytes of the published target `path`; nullopt if it is none.
  absl::StatusOr<std::optional<std::string>> Read(const std::string& path);

  client::RepositoryView& view_;
  std::string tree_root_;
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
