// Which projects and files of a plain index an origin mirrors, and which rule
// says so.
#ifndef TUFMIRROR_SELECT_SELECTION_H_
#define TUFMIRROR_SELECT_SELECTION_H_

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/pypi/upstream_page.h"
#include "tufmirror/select/project_list.h"
#include "tufmirror/select/rules.h"

namespace tufmirror::select {

// What is decided of a project or a file, and by which rule: "exclude_projects
// 'django-*'", "/srv/requirements.txt:12", "no rule is against it".
struct Verdict {
  bool selected = false;
  std::string rule;
};

// The verdict on a page: on the project as a whole, and on each file.
struct PageVerdict {
  Verdict project;
  std::vector<Verdict> files;  // one for each of page.files
  // When the passing of time alone may change a verdict (min_age, ...); none
  // if it never does.
  std::optional<absl::Time> changes_at;
};

// A project that others need, with the extras that they ask for.
using Dependencies = std::map<pypi::ProjectName, std::set<std::string>>;

// Immutable, for any number of threads.
class Selection {
 public:
  // Reads the lists that `rules` name. kUsage and the failures of
  // ReadProjectList, naming the option.
  static absl::StatusOr<Selection> Create(const Rules& rules);

  // True if every project is selected unless a rule excludes it: then the
  // index's list of projects is needed. False: AllowedProjects() has all.
  bool NeedsRootList() const;
  // The projects that lists and plain names (no globs) select, sorted.
  std::vector<pypi::ProjectName> AllowedProjects() const;

  // By name alone: false means that the page need not be looked at.
  // `dependencies`: what the closure has found so far (empty without
  // with_dependencies); such a project counts as included, unless excluded.
  Verdict OfProject(const pypi::ProjectName& project,
                    const Dependencies& dependencies) const;

  // With the page, at the time `now`.
  PageVerdict OfPage(const pypi::ProjectName& project,
                     const pypi::UpstreamPage& page,
                     const Dependencies& dependencies, absl::Time now) const;

  // True with with_dependencies and an allow list.
  bool FollowsDependencies() const;
  // What `requires_dist` (as written in the core metadata of a selected file of
  // a project that is wanted with `extras`) asks for, on any of the selected
  // platforms and Pythons. A line whose marker or specifier does not parse is
  // followed, not lost; one without a name is passed over. URLs count as the
  // project that they name.
  Dependencies DependenciesOf(const std::vector<std::string>& requires_dist,
                              const std::set<std::string>& extras) const;
  // The extras that the allow lists ask for.
  std::set<std::string> ExtrasOf(const pypi::ProjectName& project) const;

  // Lines of the lists that they do without; for the operator to see.
  const std::vector<ListNote>& notes() const;

  // The same for the same rules and the same content of lists; to be kept, so
  // that a change of the rules is noticed. One line of text.
  const std::string& fingerprint() const;

 private:
  struct State;
  explicit Selection(std::shared_ptr<const State> state);
  std::shared_ptr<const State> state_;
};

}  // namespace tufmirror::select

#endif  // TUFMIRROR_SELECT_SELECTION_H_
