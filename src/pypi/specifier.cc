// Reading and writing of version specifiers, and the pre-release policy. What
// one clause matches is in specifier_match.cc.
#include "tufmirror/pypi/specifier.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::pypi {
namespace {

constexpr size_t kMaxSpecifierBytes = 8 * 1024;

struct OperatorName {
  std::string_view text;
  SpecifierOperator op;
};

// Longer ones first where one begins like another.
constexpr OperatorName kOperators[] = {
    {"===", SpecifierOperator::kArbitrary},
    {"~=", SpecifierOperator::kCompatible},
    {"==", SpecifierOperator::kEqual},
    {"!=", SpecifierOperator::kNotEqual},
    {"<=", SpecifierOperator::kLessEqual},
    {">=", SpecifierOperator::kGreaterEqual},
    {"<", SpecifierOperator::kLess},
    {">", SpecifierOperator::kGreater},
};

const OperatorName* OperatorOf(std::string_view text) {
  for (const OperatorName& name : kOperators) {
    if (text.substr(0, name.text.size()) == name.text) return &name;
  }
  return nullptr;
}

absl::Status MalformedClause(std::string_view clause,
                             std::string_view problem) {
  return MakeFailure(
      Failure::kMalformed,
      fmt::format("version clause '{}': {}", Printable(clause), problem));
}

// "===" compares text, so its text may be nearly anything: not what ends a
// clause in a requirement, and nothing that would not survive being written.
absl::Status CheckArbitrary(std::string_view clause, std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7F || c == ';' || c == ')' || c == ',') {
      return MalformedClause(
          clause,
          "text without blanks, ',', ';' and ')' expected after "
          "'==='");
    }
  }
  if (!IsUtf8(text))
    return MalformedClause(clause, "UTF-8 expected after '==='");
  return absl::OkStatus();
}

// What the operator asks of the version after it. PEP 440 has ".*" after pre-
// and post-releases too; installers refuse that there.
absl::Status CheckVersion(std::string_view clause, SpecifierOperator op,
                          const Version& version, bool is_prefix) {
  const bool equality =
      op == SpecifierOperator::kEqual || op == SpecifierOperator::kNotEqual;
  if (is_prefix && !equality) {
    return MalformedClause(clause, "'.*' is for '==' and '!=' only");
  }
  if (is_prefix && (version.is_devrelease() || version.has_local())) {
    return MalformedClause(clause, "'.*' cannot follow a dev or local version");
  }
  if (version.has_local() && !equality) {
    return MalformedClause(clause,
                           "a local version is for '==', '!=' and '===' only");
  }
  if (op == SpecifierOperator::kCompatible && version.release().size() < 2) {
    return MalformedClause(
        clause, "'~=' needs a release of two or more numbers, got one");
  }
  return absl::OkStatus();
}

bool TakesPrereleases(const VersionSpecifier& specifier,
                      Prereleases prereleases) {
  return prereleases == Prereleases::kAllow ||
         (prereleases == Prereleases::kDefault && specifier.NamesPrerelease());
}

}  // namespace

std::string_view OperatorText(SpecifierOperator op) {
  for (const OperatorName& name : kOperators) {
    if (name.op == op) return name.text;
  }
  return "";
}

absl::StatusOr<VersionClause> VersionClause::Parse(std::string_view text) {
  text = StripWhitespace(text);
  const OperatorName* const name = OperatorOf(text);
  if (name == nullptr) {
    return MalformedClause(
        text, "one of ~= == != <= >= < > === expected at its start");
  }
  std::string_view rest = StripWhitespace(text.substr(name->text.size()));
  if (rest.empty()) {
    return MalformedClause(
        text, fmt::format("a version expected after '{}'", name->text));
  }
  VersionClause clause;
  clause.op_ = name->op;
  if (name->op == SpecifierOperator::kArbitrary) {
    RETURN_IF_ERROR(CheckArbitrary(text, rest));
    absl::StatusOr<Version> version = Version::Parse(rest);
    if (version.ok()) clause.version_ = *std::move(version);
    clause.text_ = fmt::format("==={}", rest);
    return clause;
  }
  clause.is_prefix_ = rest.size() > 2 && rest.substr(rest.size() - 2) == ".*";
  if (clause.is_prefix_) rest.remove_suffix(2);
  absl::StatusOr<Version> version = Version::Parse(rest);
  // Version::Parse would let a blank before ".*" pass.
  if (!version.ok() || StripWhitespace(rest) != rest) {
    return MalformedClause(text,
                           fmt::format("a PEP 440 version expected after '{}', "
                                       "got '{}'",
                                       name->text, Printable(rest)));
  }
  RETURN_IF_ERROR(CheckVersion(text, name->op, *version, clause.is_prefix_));
  clause.text_ = fmt::format("{}{}{}", name->text, version->str(),
                             clause.is_prefix_ ? ".*" : "");
  clause.version_ = *std::move(version);
  return clause;
}

bool VersionClause::NamesPrerelease() const {
  return op_ != SpecifierOperator::kNotEqual && version_ &&
         version_->is_prerelease();
}

absl::StatusOr<VersionSpecifier> VersionSpecifier::Parse(
    std::string_view text) {
  if (text.size() > kMaxSpecifierBytes) {
    return MakeFailure(
        Failure::kMalformed,
        fmt::format("version specifier of {} bytes, at most {} expected",
                    text.size(), kMaxSpecifierBytes));
  }
  VersionSpecifier specifier;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    const std::string_view part = StripWhitespace(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size()
                                                       : comma + 1);
    if (part.empty()) continue;
    ASSIGN_OR_RETURN(VersionClause clause, VersionClause::Parse(part));
    specifier.clauses_.push_back(std::move(clause));
  }
  std::vector<VersionClause>& clauses = specifier.clauses_;
  std::sort(clauses.begin(), clauses.end());
  clauses.erase(std::unique(clauses.begin(), clauses.end()), clauses.end());
  return specifier;
}

bool VersionSpecifier::NamesPrerelease() const {
  return std::any_of(
      clauses_.begin(), clauses_.end(),
      [](const VersionClause& clause) { return clause.NamesPrerelease(); });
}

std::optional<Version> VersionSpecifier::Pinned() const {
  if (clauses_.size() != 1) return std::nullopt;
  const VersionClause& clause = clauses_.front();
  const bool pin =
      clause.op() == SpecifierOperator::kArbitrary ||
      (clause.op() == SpecifierOperator::kEqual && !clause.is_prefix());
  return pin ? clause.version() : std::nullopt;
}

std::string VersionSpecifier::str() const {
  std::string text;
  for (const VersionClause& clause : clauses_) {
    if (!text.empty()) text += ',';
    text += clause.str();
  }
  return text;
}

bool VersionSpecifier::Contains(const Version& candidate,
                                Prereleases prereleases) const {
  if (candidate.is_prerelease() && !TakesPrereleases(*this, prereleases)) {
    return false;
  }
  return std::all_of(
      clauses_.begin(), clauses_.end(),
      [&](const VersionClause& clause) { return clause.Matches(candidate); });
}

bool VersionSpecifier::Contains(std::string_view candidate,
                                Prereleases prereleases) const {
  const absl::StatusOr<Version> version = Version::Parse(candidate);
  if (!version.ok() && clauses_.empty()) return false;
  if (version.ok() && version->is_prerelease() &&
      !TakesPrereleases(*this, prereleases)) {
    return false;
  }
  return std::all_of(
      clauses_.begin(), clauses_.end(), [&](const VersionClause& clause) {
        // "===" sees the text as it is, the others what it means.
        const bool as_text =
            !version.ok() || clause.op() == SpecifierOperator::kArbitrary;
        return as_text ? clause.Matches(candidate) : clause.Matches(*version);
      });
}

std::vector<size_t> VersionSpecifier::Filter(
    absl::Span<const Version> candidates, Prereleases prereleases) const {
  const bool equal_rank = TakesPrereleases(*this, prereleases);
  std::vector<size_t> contained;
  std::vector<size_t> contained_prereleases;
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (!Contains(candidates[i], Prereleases::kAllow)) continue;
    const bool second_choice = candidates[i].is_prerelease() && !equal_rank;
    (second_choice ? contained_prereleases : contained).push_back(i);
  }
  const bool fall_back =
      contained.empty() && prereleases == Prereleases::kDefault;
  return fall_back ? contained_prereleases : contained;
}

}  // namespace tufmirror::pypi
