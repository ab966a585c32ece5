// All files become one list; the same entry twice counts once.
#include "select/allow_list.h"

#include <utility>

#include "fmt/format.h"
#include "select/pattern.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/fs/walk.h"

namespace tufmirror::select {
namespace {

using Entries = std::map<pypi::ProjectName, std::vector<ListEntry>>;

absl::StatusOr<std::vector<std::string>> Expand(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string name = path.substr(slash + 1);
  if (name.find_first_of("*?") == std::string::npos) {
    return std::vector<std::string>{path};
  }
  const std::string directory = path.substr(0, slash + 1);
  ASSIGN_OR_RETURN(const PatternSet glob,
                   PatternSet::Create({name}, PatternSubject::kText));
  ASSIGN_OR_RETURN(const std::vector<std::string> names,
                   fs::ListDirectory(directory));
  std::vector<std::string> paths;
  for (const std::string& candidate : names) {
    // As in a shell: hidden files are not meant by a glob.
    if (candidate.front() == '.' && name.front() != '.') continue;
    if (glob.Matches(candidate)) paths.push_back(directory + candidate);
  }
  if (paths.empty()) {
    return MakeFailure(Failure::kNotFound,
                       fmt::format("'{}': at least one file expected, got none",
                                   Printable(path)));
  }
  return paths;
}

std::string RuleTextOf(std::string_view kind, const ListedProject& project) {
  std::string text = fmt::format("{} {}[", kind, project.name.str());
  for (const std::string& extra : project.extras) text += extra + ",";
  text += fmt::format("]{};{}", project.specifier, project.marker);
  for (const Sha256& hash : project.hashes) text += " " + hash.Hex();
  return text + "\n";
}

class Collector {
 public:
  explicit Collector(const CompiledRules& rules) : rules_(rules) {}

  absl::Status Add(ProjectList list) {
    for (const ListedProject& project : list.projects) {
      texts_.insert(RuleTextOf("project", project));
      if (!rules_.universe.HoldsForEntry(project.marker)) continue;
      RETURN_IF_ERROR(AddEntry(project, made_.projects));
      made_.extras[project.name].insert(project.extras.begin(),
                                        project.extras.end());
    }
    for (const ListedProject& project : list.constraints) {
      texts_.insert(RuleTextOf("constraint", project));
      if (!rules_.universe.HoldsForEntry(project.marker)) continue;
      RETURN_IF_ERROR(AddEntry(project, made_.constraints));
    }
    for (ListNote& note : list.notes) made_.notes.push_back(std::move(note));
    return absl::OkStatus();
  }

  AllowList Take() && {
    for (const std::string& text : texts_) made_.canonical_text += text;
    return std::move(made_);
  }

 private:
  static absl::Status AddEntry(const ListedProject& project, Entries& to) {
    ListEntry entry{.hashes = project.hashes, .origin = project.origin};
    auto specifier = pypi::VersionSpecifier::Parse(project.specifier);
    if (!specifier.ok()) return Annotate(specifier.status(), project.origin);
    entry.specifier = *std::move(specifier);
    to[project.name].push_back(std::move(entry));
    return absl::OkStatus();
  }

  const CompiledRules& rules_;
  AllowList made_;
  std::set<std::string> texts_;
};

const std::vector<ListEntry>* FindIn(const Entries& entries,
                                     const pypi::ProjectName& project) {
  const auto found = entries.find(project);
  return found == entries.end() ? nullptr : &found->second;
}

}  // namespace

const std::vector<ListEntry>* AllowList::Find(
    const pypi::ProjectName& project) const {
  return FindIn(projects, project);
}

const std::vector<ListEntry>* AllowList::FindConstraints(
    const pypi::ProjectName& project) const {
  return FindIn(constraints, project);
}

absl::StatusOr<AllowList> ReadAllowList(const CompiledRules& rules) {
  constexpr char kOption[] = "select.requirements";
  Collector collector(rules);
  for (const std::string& path : rules.rules.requirements) {
    const auto files = Expand(path);
    if (!files.ok()) return Annotate(files.status(), kOption);
    for (const std::string& file : *files) {
      auto list = ReadProjectList(file);
      if (!list.ok()) return Annotate(list.status(), kOption);
      RETURN_IF_ERROR(collector.Add(*std::move(list)));
    }
  }
  return std::move(collector).Take();
}

}  // namespace tufmirror::select
