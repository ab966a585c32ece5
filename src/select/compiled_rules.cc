// Each option is read here once, under its name.
#include "select/compiled_rules.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "fmt/format.h"
#include "select/rule_text.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/pypi/requirement.h"

namespace tufmirror::select {
namespace {

absl::Status AtOption(const absl::Status& status, std::string_view option) {
  return Annotate(status, fmt::format("select.{}", option));
}

absl::Status ReadPatterns(std::string_view option, PatternSubject subject,
                          const std::vector<std::string>& patterns,
                          PatternSet& set) {
  auto read = PatternSet::Create(patterns, subject);
  if (!read.ok()) return AtOption(read.status(), option);
  set = *std::move(read);
  return absl::OkStatus();
}

absl::Status ReadLines(std::string_view option,
                       const std::vector<std::string>& lines,
                       VersionLines& to) {
  auto read = VersionLines::Create(lines);
  if (!read.ok()) return AtOption(read.status(), option);
  to = *std::move(read);
  return absl::OkStatus();
}

// "requests[socks]": the name alone is the pattern.
absl::StatusOr<std::string> TakeExtras(
    const std::string& project,
    std::map<pypi::ProjectName, std::set<std::string>>& extras) {
  if (project.empty() || project.front() == '/') return project;
  const auto requirement = pypi::Requirement::Parse(project);
  if (!requirement.ok()) return project;
  if (!requirement->specifier.empty() || requirement->marker ||
      !requirement->url.empty()) {
    return MakeFailure(Failure::kUsage,
                       fmt::format("select.projects: '{}': a name expected; "
                                   "'versions' is for specifiers",
                                   Printable(project)));
  }
  for (const pypi::ProjectName& extra : requirement->extras) {
    extras[requirement->name].insert(extra.str());
  }
  return requirement->name.str();
}

absl::Status ReadProjects(CompiledRules& made) {
  std::vector<std::string> projects;
  for (const std::string& project : made.rules.projects) {
    ASSIGN_OR_RETURN(std::string name,
                     TakeExtras(project, made.project_extras));
    projects.push_back(std::move(name));
  }
  return ReadPatterns("projects", PatternSubject::kProject, projects,
                      made.projects);
}

absl::Status ReadAllPatterns(CompiledRules& made) {
  const Rules& rules = made.rules;
  constexpr auto kProject = PatternSubject::kProject;
  constexpr auto kText = PatternSubject::kText;
  RETURN_IF_ERROR(ReadPatterns("exclude_projects", kProject,
                               rules.exclude_projects, made.exclude_projects));
  RETURN_IF_ERROR(ReadPatterns("exclude_version_patterns", kText,
                               rules.exclude_version_patterns,
                               made.exclude_version_patterns));
  RETURN_IF_ERROR(ReadPatterns("prereleases_keep", kProject,
                               rules.prereleases_keep, made.prereleases_keep));
  RETURN_IF_ERROR(ReadPatterns("prereleases_if_needed", kProject,
                               rules.prereleases_if_needed,
                               made.prereleases_if_needed));
  RETURN_IF_ERROR(ReadPatterns("prereleases_drop", kProject,
                               rules.prereleases_drop, made.prereleases_drop));
  RETURN_IF_ERROR(ReadPatterns("files", kText, rules.files, made.files));
  RETURN_IF_ERROR(ReadPatterns("exclude_files", kText, rules.exclude_files,
                               made.exclude_files));
  RETURN_IF_ERROR(ReadPatterns("max_project_size_exceptions", kProject,
                               rules.max_project_size_exceptions,
                               made.max_project_size_exceptions));
  return ReadPatterns("min_age_exceptions", kProject, rules.min_age_exceptions,
                      made.min_age_exceptions);
}

absl::Status CheckPaths(const Rules& rules) {
  for (const std::string& path : rules.requirements) {
    if (!path.starts_with('/') || path.ends_with('/')) {
      return BadValue("requirements", path, "the absolute path of a file");
    }
    if (path.substr(0, path.rfind('/')).find_first_of("*?") !=
        std::string::npos) {
      return BadValue("requirements", path,
                      "'*' and '?' behind the last slash only");
    }
  }
  if (rules.newest < 0) {
    return BadValue("newest", fmt::format("{}", rules.newest), "0 or more");
  }
  return absl::OkStatus();
}

std::string AgeText(const AgeLimit& limit) {
  if (const auto* age = std::get_if<absl::Duration>(&limit)) {
    return absl::FormatDuration(*age);
  }
  if (const auto* time = std::get_if<absl::Time>(&limit)) {
    return absl::FormatTime(*time, absl::UTCTimeZone());
  }
  return "";
}

// Lines "option=value"; values cannot forge one, as their length is in front.
class CanonicalWriter {
 public:
  void Add(std::string_view option, std::string_view value) {
    text_ += fmt::format("{}={}:{}\n", option, value.size(), value);
  }
  void Add(std::string_view option, std::vector<std::string> values) {
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
    for (const std::string& value : values) Add(option, value);
  }
  template <typename T>
  void AddNumber(std::string_view option, T value) {
    text_ += fmt::format("{}={}\n", option, static_cast<int64_t>(value));
  }
  std::string Take() && { return std::move(text_); }

 private:
  std::string text_;
};

void AddProjectsAndReleases(const Rules& rules, CanonicalWriter& writer) {
  writer.Add("projects", rules.projects);
  writer.Add("exclude_projects", rules.exclude_projects);
  // What is in the files counts, not where they are; that there is one does.
  writer.AddNumber("requirements", !rules.requirements.empty());
  writer.AddNumber("requirements_mode", rules.requirements_mode);
  writer.AddNumber("with_dependencies", rules.with_dependencies);
  writer.AddNumber("archived", rules.archived);
  writer.AddNumber("deprecated", rules.deprecated);
  writer.AddNumber("quarantined", rules.quarantined);
  writer.Add("versions", rules.versions);
  writer.Add("exclude_versions", rules.exclude_versions);
  writer.Add("exclude_version_patterns", rules.exclude_version_patterns);
  writer.AddNumber("prereleases", rules.prereleases);
  writer.Add("prereleases_keep", rules.prereleases_keep);
  writer.Add("prereleases_if_needed", rules.prereleases_if_needed);
  writer.Add("prereleases_drop", rules.prereleases_drop);
  writer.AddNumber("newest", rules.newest);
  writer.AddNumber("newest_by", rules.newest_by);
}

void AddFiles(const Rules& rules, CanonicalWriter& writer) {
  writer.Add("platforms", rules.platforms);
  writer.Add("exclude_platforms", rules.exclude_platforms);
  writer.Add("architectures", rules.architectures);
  writer.Add("exclude_architectures", rules.exclude_architectures);
  writer.Add("pythons", rules.pythons);
  writer.Add("exclude_pythons", rules.exclude_pythons);
  writer.Add("implementations", rules.implementations);
  writer.Add("exclude_implementations", rules.exclude_implementations);
  writer.AddNumber("requires_python", rules.requires_python);
  writer.AddNumber("wheels", rules.wheels);
  writer.AddNumber("sdists", rules.sdists);
  writer.AddNumber("legacy", rules.legacy);
  writer.Add("files", rules.files);
  writer.Add("exclude_files", rules.exclude_files);
  writer.AddNumber("yanked", rules.yanked);
  writer.Add("max_file_size", fmt::format("{}", rules.max_file_size));
  writer.Add("max_project_size", fmt::format("{}", rules.max_project_size));
  writer.Add("max_project_size_exceptions", rules.max_project_size_exceptions);
  writer.Add("older_than", AgeText(rules.older_than));
  writer.Add("newer_than", AgeText(rules.newer_than));
  writer.Add("min_age", absl::FormatDuration(rules.min_age));
  writer.Add("min_age_exceptions", rules.min_age_exceptions);
}

}  // namespace

absl::StatusOr<CompiledRules> CompileRules(const Rules& rules) {
  CompiledRules made;
  made.rules = rules;
  RETURN_IF_ERROR(CheckPaths(rules));
  RETURN_IF_ERROR(ReadProjects(made));
  RETURN_IF_ERROR(ReadAllPatterns(made));
  RETURN_IF_ERROR(ReadLines("versions", rules.versions, made.versions));
  RETURN_IF_ERROR(ReadLines("exclude_versions", rules.exclude_versions,
                            made.exclude_versions));
  ASSIGN_OR_RETURN(made.platforms, PlatformRules::Create(rules));
  ASSIGN_OR_RETURN(made.pythons, PythonRules::Create(rules));
  made.universe = MarkerUniverse(made.platforms.Representatives(),
                                 made.pythons.Representatives());
  return made;
}

absl::Status CheckRules(const Rules& rules) {
  return CompileRules(rules).status();
}

std::string CanonicalText(const Rules& rules) {
  CanonicalWriter writer;
  AddProjectsAndReleases(rules, writer);
  AddFiles(rules, writer);
  return std::move(writer).Take();
}

}  // namespace tufmirror::select
