// Which projects are in, what they need, and the fingerprint of it all.
#include "tufmirror/select/selection.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

#include "fmt/format.h"
#include "select/allow_list.h"
#include "select/compiled_rules.h"
#include "select/page_judge.h"
#include "select/rule_text.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/pypi/requirement.h"

namespace tufmirror::select {
namespace {

// To be raised when the same rules select something else in a new release.
constexpr std::string_view kRulesEdition = "1";

// FNV-1a of 128 bits. Nobody gains from making two sets of rules alike: they
// are the operator's own.
std::string Digest(std::string_view text) {
  __extension__ using Wide = unsigned __int128;
  constexpr Wide kPrime = (Wide{0x0000000001000000} << 64) | 0x000000000000013B;
  Wide hash = (Wide{0x6C62272E07BB0142} << 64) | 0x62B821756295C58D;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * kPrime;
  }
  return fmt::format("{:016x}{:016x}", static_cast<uint64_t>(hash >> 64),
                     static_cast<uint64_t>(hash));
}

// A line that does not parse as a whole still says whom it needs: its marker is
// left away, then all but the name and the extras.
absl::StatusOr<pypi::Requirement> ParseLeniently(std::string_view line) {
  auto whole = pypi::Requirement::Parse(line);
  if (whole.ok()) return whole;
  auto unmarked = pypi::Requirement::Parse(line.substr(0, line.find(';')));
  if (unmarked.ok()) return unmarked;
  return pypi::Requirement::Parse(
      line.substr(0, line.find_first_of("<>=!~;@(")));
}

}  // namespace

struct Selection::State {
  CompiledRules rules;
  AllowList list;
  std::string fingerprint;

  bool has_allow_list() const {
    return !rules.projects.empty() || !rules.rules.requirements.empty();
  }
};

Selection::Selection(std::shared_ptr<const State> state)
    : state_(std::move(state)) {}

absl::StatusOr<Selection> Selection::Create(const Rules& rules) {
  auto state = std::make_shared<State>();
  ASSIGN_OR_RETURN(state->rules, CompileRules(rules));
  ASSIGN_OR_RETURN(state->list, ReadAllowList(state->rules));
  state->fingerprint =
      Digest(fmt::format("{}\n{}\n{}", kRulesEdition, CanonicalText(rules),
                         state->list.canonical_text));
  return Selection(std::move(state));
}

bool Selection::NeedsRootList() const {
  return !state_->has_allow_list() || !state_->rules.projects.HasOnlyNames();
}

std::vector<pypi::ProjectName> Selection::AllowedProjects() const {
  std::set<pypi::ProjectName> names;
  for (const std::string& text : state_->rules.projects.Names()) {
    if (auto name = pypi::ProjectName::Parse(text); name.ok()) {
      names.insert(*std::move(name));
    }
  }
  for (const auto& [name, entries] : state_->list.projects) names.insert(name);
  std::vector<pypi::ProjectName> allowed;
  for (const pypi::ProjectName& name : names) {
    if (!state_->rules.exclude_projects.Matches(name.str())) {
      allowed.push_back(name);
    }
  }
  return allowed;
}

Verdict Selection::OfProject(const pypi::ProjectName& project,
                             const Dependencies& dependencies) const {
  const CompiledRules& rules = state_->rules;
  if (const auto* pattern = rules.exclude_projects.Match(project.str())) {
    return {.selected = false, .rule = RuleText("exclude_projects", *pattern)};
  }
  if (!state_->has_allow_list()) {
    return {.selected = true, .rule = "no rule is against it"};
  }
  if (const auto* pattern = rules.projects.Match(project.str())) {
    return {.selected = true, .rule = RuleText("projects", *pattern)};
  }
  if (const auto* entries = state_->list.Find(project)) {
    return {.selected = true, .rule = entries->front().origin};
  }
  if (FollowsDependencies() && dependencies.count(project) > 0) {
    return {.selected = true, .rule = "with_dependencies"};
  }
  return {.selected = false,
          .rule = FollowsDependencies()
                      ? "neither projects nor requirements name it, and "
                        "nothing selected needs it"
                      : "neither projects nor requirements name it"};
}

PageVerdict Selection::OfPage(const pypi::ProjectName& project,
                              const pypi::UpstreamPage& page,
                              const Dependencies& dependencies,
                              absl::Time now) const {
  const Verdict by_name = OfProject(project, dependencies);
  if (!by_name.selected) {
    return {.project = by_name,
            .files = std::vector<Verdict>(page.files.size(), by_name),
            .changes_at = std::nullopt};
  }
  return JudgePage(state_->rules, state_->list, project, page, by_name, now);
}

bool Selection::FollowsDependencies() const {
  return state_->rules.rules.with_dependencies && state_->has_allow_list();
}

Dependencies Selection::DependenciesOf(
    const std::vector<std::string>& requires_dist,
    const std::set<std::string>& extras) const {
  Dependencies needed;
  for (const std::string& line : requires_dist) {
    const auto requirement = ParseLeniently(line);
    if (!requirement.ok()) continue;
    if (requirement->marker &&
        !state_->rules.universe.Holds(*requirement->marker, extras)) {
      continue;
    }
    std::set<std::string>& asked = needed[requirement->name];
    for (const pypi::ProjectName& extra : requirement->extras) {
      asked.insert(extra.str());
    }
  }
  return needed;
}

std::set<std::string> Selection::ExtrasOf(
    const pypi::ProjectName& project) const {
  std::set<std::string> extras;
  for (const auto* known :
       {&state_->rules.project_extras, &state_->list.extras}) {
    if (const auto found = known->find(project); found != known->end()) {
      extras.insert(found->second.begin(), found->second.end());
    }
  }
  return extras;
}

const std::vector<ListNote>& Selection::notes() const {
  return state_->list.notes;
}

const std::string& Selection::fingerprint() const {
  return state_->fingerprint;
}

}  // namespace tufmirror::select
