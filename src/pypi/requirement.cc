// Reading requirements from left to right, each part by the type that owns its
// rules, and writing them.
#include "tufmirror/pypi/requirement.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "pypi/cursor.h"
#include "pypi/marker_words.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::pypi {
namespace {

constexpr size_t kMaxRequirementBytes = 32 * 1024;

absl::StatusOr<ProjectName> ParseName(Cursor& cursor,
                                      std::string_view expected) {
  const Cursor before = cursor;
  const absl::StatusOr<ProjectName> name =
      ProjectName::Parse(cursor.TakeName());
  if (!name.ok()) return before.Expected(expected);
  return *name;
}

// What is between '[' and ']'; the '[' is behind the cursor.
absl::StatusOr<std::vector<ProjectName>> ParseExtras(Cursor& cursor) {
  std::vector<ProjectName> extras;
  cursor.SkipBlanks();
  if (cursor.Take("]")) return extras;
  while (true) {
    cursor.SkipBlanks();
    ASSIGN_OR_RETURN(ProjectName extra,
                     ParseName(cursor, "the name of an extra"));
    extras.push_back(std::move(extra));
    cursor.SkipBlanks();
    if (cursor.Take("]")) break;
    if (!cursor.Take(",")) return cursor.Expected("',' or ']'");
  }
  std::sort(extras.begin(), extras.end());
  extras.erase(std::unique(extras.begin(), extras.end()), extras.end());
  return extras;
}

// Reads clauses up to one of `stops`. Unlike in Requires-Python, only the last
// comma may have nothing after it.
absl::StatusOr<VersionSpecifier> ParseSpecifier(Cursor& cursor,
                                                std::string_view stops) {
  const size_t start = cursor.position();
  const std::string_view text = cursor.TakeUntil(stops);
  // Not for VersionSpecifier to quote: a URL may hold a password.
  if (text.find("://") != std::string_view::npos) {
    return cursor.Malformed(start, "version clauses expected, got a URL");
  }
  bool after_comma = true;
  for (const char c : text) {
    if (c == ' ' || c == '\t') continue;
    if (c == ',' && after_comma) {
      return cursor.Malformed(start, "a version clause expected before ','");
    }
    after_comma = c == ',';
  }
  absl::StatusOr<VersionSpecifier> specifier = VersionSpecifier::Parse(text);
  if (!specifier.ok()) {
    return cursor.Malformed(start, MessageOf(specifier.status()));
  }
  return specifier;
}

// What is between '@' and the end or the blank before ';'.
absl::StatusOr<std::string> ParseUrl(Cursor& cursor) {
  cursor.SkipBlanks();
  const size_t start = cursor.position();
  const std::string_view url = cursor.TakeUntil(" \t");
  if (url.empty()) return cursor.Expected("a URL after '@'");
  const bool control = std::any_of(url.begin(), url.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
  if (control || !IsUtf8(url)) {
    return cursor.Malformed(start, "UTF-8 text expected as URL");
  }
  return std::string(url);
}

// Versions or a URL.
absl::Status ParseSource(Cursor& cursor, Requirement& requirement) {
  if (cursor.Take("@")) {
    ASSIGN_OR_RETURN(requirement.url, ParseUrl(cursor));
    return absl::OkStatus();
  }
  if (cursor.Take("(")) {
    ASSIGN_OR_RETURN(requirement.specifier, ParseSpecifier(cursor, ")"));
    if (!cursor.Take(")")) return cursor.Expected("')'");
    return absl::OkStatus();
  }
  if (cursor.AtEnd() || cursor.rest().front() == ';') return absl::OkStatus();
  if (std::string_view("~=!<>").find(cursor.rest().front()) ==
      std::string_view::npos) {
    return cursor.Expected("'[', '(', '@', ';', a version clause or the end");
  }
  ASSIGN_OR_RETURN(requirement.specifier, ParseSpecifier(cursor, ";"));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Requirement> Requirement::Parse(std::string_view text) {
  if (text.size() > kMaxRequirementBytes) {
    return MakeFailure(
        Failure::kMalformed,
        fmt::format("requirement of {} bytes, at most {} expected", text.size(),
                    kMaxRequirementBytes));
  }
  Cursor cursor("requirement", text);
  cursor.SkipBlanks();
  ASSIGN_OR_RETURN(ProjectName name,
                   ParseName(cursor, "the name of a project"));
  Requirement requirement{.name = std::move(name)};
  cursor.SkipBlanks();
  if (cursor.Take("[")) {
    ASSIGN_OR_RETURN(requirement.extras, ParseExtras(cursor));
    cursor.SkipBlanks();
  }
  RETURN_IF_ERROR(ParseSource(cursor, requirement));
  cursor.SkipBlanks();
  if (cursor.AtEnd()) return requirement;
  if (!cursor.Take(";")) return cursor.Expected("';' or the end");
  ASSIGN_OR_RETURN(requirement.marker, ParseMarker(cursor));
  return requirement;
}

bool Requirement::AppliesIn(const MarkerEnvironment& environment,
                            const MarkerSelection& selection) const {
  return !marker || marker->Evaluate(environment, selection);
}

std::string Requirement::str() const {
  std::string text = name.str();
  for (size_t i = 0; i < extras.size(); ++i) {
    text += i == 0 ? '[' : ',';
    text += extras[i].str();
  }
  if (!extras.empty()) text += ']';
  text += specifier.str();
  if (!url.empty()) text += fmt::format(" @ {}", url);
  // After a URL the blank is what ends it.
  if (marker)
    text += fmt::format("{}; {}", url.empty() ? "" : " ", marker->str());
  return text;
}

}  // namespace tufmirror::pypi
