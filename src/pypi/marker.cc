// Words of the marker grammar, the normal form, and what can be asked of a
// marker without an environment.
#include "tufmirror/pypi/marker.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "pypi/marker_words.h"

namespace tufmirror::pypi {
namespace {

struct VariableSpelling {
  std::string_view name;
  MarkerVariable variable;
};

// Current names first: the first one of a variable is its normal form.
constexpr VariableSpelling kVariables[] = {
    {"os_name", MarkerVariable::kOsName},
    {"sys_platform", MarkerVariable::kSysPlatform},
    {"platform_machine", MarkerVariable::kPlatformMachine},
    {"platform_python_implementation",
     MarkerVariable::kPlatformPythonImplementation},
    {"platform_release", MarkerVariable::kPlatformRelease},
    {"platform_system", MarkerVariable::kPlatformSystem},
    {"platform_version", MarkerVariable::kPlatformVersion},
    {"python_version", MarkerVariable::kPythonVersion},
    {"python_full_version", MarkerVariable::kPythonFullVersion},
    {"implementation_name", MarkerVariable::kImplementationName},
    {"implementation_version", MarkerVariable::kImplementationVersion},
    {"extra", MarkerVariable::kExtra},
    {"extras", MarkerVariable::kExtras},
    {"dependency_groups", MarkerVariable::kDependencyGroups},
    // From PEP 345 and setuptools.
    {"os.name", MarkerVariable::kOsName},
    {"sys.platform", MarkerVariable::kSysPlatform},
    {"platform.machine", MarkerVariable::kPlatformMachine},
    {"platform.python_implementation",
     MarkerVariable::kPlatformPythonImplementation},
    {"python_implementation", MarkerVariable::kPlatformPythonImplementation},
    {"platform.version", MarkerVariable::kPlatformVersion},
};

std::string Quoted(std::string_view text) {
  // The grammar has no escapes, so no text has both kinds of quotes.
  const char quote = text.find('"') == std::string_view::npos ? '"' : '\'';
  return fmt::format("{}{}{}", quote, text, quote);
}

}  // namespace

std::optional<MarkerVariable> VariableOf(std::string_view name) {
  for (const VariableSpelling& spelling : kVariables) {
    if (spelling.name == name) return spelling.variable;
  }
  return std::nullopt;
}

std::string_view VariableName(MarkerVariable variable) {
  for (const VariableSpelling& spelling : kVariables) {
    if (spelling.variable == variable) return spelling.name;
  }
  return "";
}

std::string_view MarkerOperatorText(MarkerOperator op) {
  if (op == MarkerOperator::kIn) return "in";
  if (op == MarkerOperator::kNotIn) return "not in";
  return OperatorText(static_cast<SpecifierOperator>(op));
}

std::optional<VersionClause> ClauseOf(MarkerOperator op,
                                      std::string_view text) {
  if (op == MarkerOperator::kIn || op == MarkerOperator::kNotIn ||
      op == MarkerOperator::kArbitrary) {
    return std::nullopt;
  }
  absl::StatusOr<VersionClause> clause =
      VersionClause::Parse(fmt::format("{}{}", MarkerOperatorText(op), text));
  // "<" and "=1.0" are two things here, not the clause "<=1.0".
  if (!clause.ok() || clause->op() != static_cast<SpecifierOperator>(op)) {
    return std::nullopt;
  }
  return *std::move(clause);
}

std::string NormalizedExtra(std::string_view name) {
  std::string normalized;
  bool after_separator = false;
  for (const char c : name) {
    const bool separator = c == '-' || c == '_' || c == '.';
    if (!separator) {
      const bool upper = c >= 'A' && c <= 'Z';
      normalized += upper ? static_cast<char>(c - 'A' + 'a') : c;
    } else if (!after_separator) {
      normalized += '-';
    }
    after_separator = separator;
  }
  return normalized;
}

bool Marker::MentionsExtra() const {
  const auto is_extra = [](const Operand& operand) {
    return operand.variable == MarkerVariable::kExtra ||
           operand.variable == MarkerVariable::kExtras;
  };
  return std::any_of(comparisons_.begin(), comparisons_.end(),
                     [&](const Comparison& comparison) {
                       return is_extra(comparison.left) ||
                              is_extra(comparison.right);
                     });
}

std::string Marker::str() const {
  const auto operand_text = [](const Operand& operand) {
    return operand.variable ? std::string(VariableName(*operand.variable))
                            : Quoted(operand.text);
  };
  struct Part {
    StepKind kind;
    std::string text;
  };
  std::vector<Part> parts;
  auto comparison = comparisons_.begin();
  for (const Step& step : steps_) {
    if (step.kind == StepKind::kCompare) {
      parts.push_back({StepKind::kCompare,
                       fmt::format("{} {} {}", operand_text(comparison->left),
                                   MarkerOperatorText(comparison->op),
                                   operand_text(comparison->right))});
      ++comparison;
      continue;
    }
    std::string text;
    const auto first = parts.end() - step.operands;
    for (auto part = first; part != parts.end(); ++part) {
      if (part != first) text += step.kind == StepKind::kAnd ? " and " : " or ";
      // Only "or" below "and" needs parentheses.
      text += part->kind == StepKind::kOr ? fmt::format("({})", part->text)
                                          : part->text;
    }
    parts.erase(first, parts.end());
    parts.push_back({step.kind, std::move(text)});
  }
  return parts.empty() ? std::string() : std::move(parts.back().text);
}

}  // namespace tufmirror::pypi
