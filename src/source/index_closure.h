// The dependency closure of an allow list: which projects the selected files
// need, and those in turn, until nothing is new.
#ifndef TUFMIRROR_SRC_SOURCE_INDEX_CLOSURE_H_
#define TUFMIRROR_SRC_SOURCE_INDEX_CLOSURE_H_

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "source/index_asker.h"
#include "source/index_requires.h"
#include "source/index_work.h"
#include "tufmirror/http/transfers.h"

namespace tufmirror::source {

class IndexClosure {
 public:
  // All outlive this. `state`: the directory of the index state.
  IndexClosure(IndexWork& work, PageAsker& asker, http::Transfers& transfers,
               std::string state);

  // Sets work.dependencies, having asked for the pages that this takes, and
  // work.facts.closure_open. Projects that come in or drop out are changed.
  // While a page or metadata cannot be had, no project drops out: false.
  absl::StatusOr<bool> Run();

 private:
  // A project whose files' requirements are looked at in one round.
  struct Visit {
    pypi::ProjectName project;
    std::vector<SourceFile> files;
    RequiresByFile known;
    bool learned = false;  // `known` has what is not on the disk
  };
  // Core metadata to fetch.
  struct Wanted {
    size_t visit;
    size_t file;
  };

  std::set<pypi::ProjectName> Roots() const;
  absl::Status AskUnknown(const std::set<pypi::ProjectName>& projects);
  // Nullopt if there is no page to look at.
  std::optional<Visit> Open(const pypi::ProjectName& project);
  std::vector<Wanted> Missing(const std::vector<Visit>& visits) const;
  absl::Status FetchMetadata(std::vector<Visit>& visits,
                             const std::vector<Wanted>& wanted);
  void Fail(const SourceFile& file, const absl::Status& status);
  void AskPublished(Visit& visit);
  absl::Status Keep(Visit& visit);
  // Projects that are new, or needed with more extras than before.
  std::set<pypi::ProjectName> Follow(const Visit& visit);
  void Finish();

  IndexWork& work_;
  PageAsker& asker_;
  http::Transfers& transfers_;
  const std::string state_;
  const select::Dependencies before_;
  std::set<pypi::ProjectName> asked_;
  // Locations of files whose metadata failed; those that said so.
  std::set<std::string> failed_;
  std::set<std::string> reported_;
  bool incomplete_ = false;  // something could not be had, for now
};

}  // namespace tufmirror::source

#endif  // TUFMIRROR_SRC_SOURCE_INDEX_CLOSURE_H_
