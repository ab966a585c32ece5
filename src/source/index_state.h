// What an IndexSource has in memory: what earlier runs left, and what this one
// found.
#ifndef TUFMIRROR_SRC_SOURCE_INDEX_STATE_H_
#define TUFMIRROR_SRC_SOURCE_INDEX_STATE_H_

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "source/index_memory.h"
#include "source/index_page_store.h"
#include "source/index_work.h"
#include "tufmirror/base/digest.h"
#include "tufmirror/source/index_source.h"

namespace tufmirror::source {

struct IndexSource::State {
  State(const tree::Layout& home, const select::Selection& rules,
        IndexOptions given)
      : layout(home),
        selection(rules),
        options(std::move(given)),
        pages(layout, options.dry_run) {}

  absl::Status Load();
  void ForgetIndex();
  absl::Status AskAll(http::Transfers& transfers, IndexWork& work);
  absl::Status Checkpoint();
  void Settle(const std::set<pypi::ProjectName>& unpublished);
  absl::Status Write();
  bool Selects(const pypi::ProjectName& project) const {
    return selection.OfProject(project, dependencies).selected;
  }
  absl::StatusOr<ProjectOffer> OfferPage(const pypi::ProjectName& project,
                                         IndexEntry entry);

  const tree::Layout layout;
  const select::Selection& selection;
  const IndexOptions options;
  const IndexPageStore pages;
  bool found = false;  // state of an earlier run
  bool rules_changed = false;
  bool is_scanned = false;       // `changed` has what is known without pages
  bool closure_complete = true;  // all dependencies are known
  IndexFacts facts;
  IndexFacts saved_facts;
  IndexCursors cursors;
  IndexCursors saved_cursors;
  IndexTable table;
  select::Dependencies dependencies;
  std::set<pypi::ProjectName> changed;
  std::vector<pypi::ProjectName> changed_projects;  // the same
  std::set<pypi::ProjectName> offered;
  std::set<pypi::ProjectName> dropped;  // from the table, as not to publish
  std::vector<std::string> unneeded;    // projects whose pages can go
  std::vector<Problem> problems;
  IndexCounts counts;
  std::optional<Sha256> written;
};

}  // namespace tufmirror::source

#endif  // TUFMIRROR_SRC_SOURCE_INDEX_STATE_H_
