// The border between a pattern and its specifier, and what a line contains.
#include "select/version_lines.h"

#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/pypi/requirement.h"

namespace tufmirror::select {
namespace {

struct SplitLine {
  std::string project;
  pypi::VersionSpecifier specifier;
};

absl::Status BadLine(std::string_view line, std::string_view why) {
  return MakeFailure(Failure::kUsage,
                     fmt::format("'{}': {}", Printable(line), why));
}

// Where the pattern ends: behind the last slash of an expression (no specifier
// has one), or in front of the first operator.
size_t PatternEnd(std::string_view line) {
  if (line.substr(0, 1) == "/") return line.rfind('/') + 1;
  return std::min(line.find_first_of("<>=!~ \t"), line.size());
}

absl::StatusOr<SplitLine> Split(std::string_view line) {
  // Whatever is a requirement is read as one, extras and parentheses included.
  if (const auto requirement = pypi::Requirement::Parse(line);
      requirement.ok()) {
    if (!requirement->url.empty() || requirement->marker) {
      return BadLine(line,
                     "a project and a version specifier expected, got a URL or "
                     "a marker");
    }
    return SplitLine{requirement->name.str(), requirement->specifier};
  }
  const size_t end = PatternEnd(line);
  auto specifier = pypi::VersionSpecifier::Parse(line.substr(end));
  if (!specifier.ok()) return BadLine(line, MessageOf(specifier.status()));
  return SplitLine{std::string(line.substr(0, end)), *std::move(specifier)};
}

}  // namespace

ReleaseVersion ReleaseVersion::Of(std::string_view text) {
  ReleaseVersion version{.text = std::string(text)};
  auto parsed = pypi::Version::Parse(text);
  if (parsed.ok()) version.parsed = *std::move(parsed);
  return version;
}

bool ContainsRelease(const pypi::VersionSpecifier& specifier,
                     const ReleaseVersion& version) {
  if (specifier.empty()) return true;
  if (version.text.empty()) return false;
  return version.parsed
             ? specifier.Contains(*version.parsed, pypi::Prereleases::kAllow)
             : specifier.Contains(version.text, pypi::Prereleases::kAllow);
}

bool IsPin(const pypi::VersionSpecifier& specifier) {
  if (specifier.clauses().size() != 1) return false;
  const pypi::VersionClause& clause = specifier.clauses().front();
  return clause.op() == pypi::SpecifierOperator::kArbitrary ||
         (clause.op() == pypi::SpecifierOperator::kEqual &&
          !clause.is_prefix());
}

absl::StatusOr<VersionLines> VersionLines::Create(
    const std::vector<std::string>& lines) {
  VersionLines result;
  std::vector<std::string> projects;
  for (const std::string& line : lines) {
    ASSIGN_OR_RETURN(SplitLine split, Split(line));
    projects.push_back(std::move(split.project));
    result.lines_.push_back({line, std::move(split.specifier)});
  }
  ASSIGN_OR_RETURN(result.projects_,
                   PatternSet::Create(projects, PatternSubject::kProject));
  return result;
}

std::vector<const VersionLine*> VersionLines::For(
    const pypi::ProjectName& project) const {
  std::vector<const VersionLine*> lines;
  for (const size_t i : projects_.MatchAll(project.str())) {
    lines.push_back(&lines_[i]);
  }
  return lines;
}

}  // namespace tufmirror::select
