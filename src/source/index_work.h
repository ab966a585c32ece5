// What the steps of one Refresh have in hand together.
#ifndef TUFMIRROR_SRC_SOURCE_INDEX_WORK_H_
#define TUFMIRROR_SRC_SOURCE_INDEX_WORK_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "source/index_memory.h"
#include "source/index_page_store.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/select/selection.h"
#include "tufmirror/source/index_source.h"
#include "tufmirror/source/origin_source.h"

namespace tufmirror::source {

struct IndexWork {
  const IndexOptions& options;
  const select::Selection& selection;
  const IndexPageStore& pages;
  IndexFacts& facts;
  IndexTable& table;
  select::Dependencies& dependencies;
  std::set<pypi::ProjectName>& changed;
  std::vector<Problem>& problems;
  IndexCounts& counts;
  bool rules_changed;

  bool Selects(const pypi::ProjectName& project) const {
    return selection.OfProject(project, dependencies).selected;
  }
};

// A page to ask for.
struct PageQuestion {
  pypi::ProjectName project;
  std::optional<int64_t> listed = {};  // the serial that the list has
};

// Where the page of `project` is on the mirror `url`: to be asked for, and as
// far as it may be kept and shown, without credentials.
std::string PageUrl(std::string_view url, std::string_view project);
std::string ShownPageUrl(std::string_view url, std::string_view project);

}  // namespace tufmirror::source

#endif  // TUFMIRROR_SRC_SOURCE_INDEX_WORK_H_
