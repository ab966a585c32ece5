// The two pages that list all projects, written project by project: with
// 900,000 of them no page is held in memory.
#ifndef TUFMIRROR_REPO_ROOT_PAGES_H_
#define TUFMIRROR_REPO_ROOT_PAGES_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/tree/blob_writer.h"
#include "tufmirror/tree/home.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::repo {

class RootPages {
 public:
  // `home` outlives it. One at a time.
  static absl::StatusOr<RootPages> Create(const tree::Home& home);

  // In sorted order, each once.
  absl::Status Add(const pypi::ProjectName& project);
  // Both pages are blobs of the staging area; the targets that they are.
  absl::StatusOr<std::vector<tuf::TargetFile>> Finish() &&;

 private:
  RootPages(tree::BlobWriter html, tree::BlobWriter json);
  absl::Status Flush();

  tree::BlobWriter html_;
  tree::BlobWriter json_;
  std::string html_text_;
  std::string json_text_;
  bool is_first_ = true;
};

// Calls `visit` with each project of the HTML page at `path`, which RootPages
// wrote and whose content is verified, in sorted order; in pieces too. An error
// of `visit` ends it.
absl::Status ForEachProjectOnRootPage(
    const std::string& path,
    absl::FunctionRef<absl::Status(pypi::ProjectName project)> visit);

}  // namespace tufmirror::repo

#endif  // TUFMIRROR_REPO_ROOT_PAGES_H_
