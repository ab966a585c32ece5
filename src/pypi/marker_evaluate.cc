// Evaluation of markers: PEP 508's typing of comparisons, and what holds when
// a value is not known.
#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "pypi/marker_words.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/pypi/marker.h"

namespace tufmirror::pypi {
namespace {

bool CompareText(MarkerOperator op, std::string_view left,
                 std::string_view right) {
  switch (op) {
    case MarkerOperator::kEqual:
      return left == right;
    case MarkerOperator::kNotEqual:
      return left != right;
    case MarkerOperator::kLess:
      return left < right;
    case MarkerOperator::kLessEqual:
      return left <= right;
    case MarkerOperator::kGreater:
      return left > right;
    case MarkerOperator::kGreaterEqual:
      return left >= right;
    case MarkerOperator::kIn:
      return right.find(left) != std::string_view::npos;
    case MarkerOperator::kNotIn:
      return right.find(left) == std::string_view::npos;
    case MarkerOperator::kArbitrary:
      return absl::EqualsIgnoreCase(ToAbsl(left), ToAbsl(right));
    case MarkerOperator::kCompatible:
      return false;  // text has no compatible releases
  }
  return false;
}

// The operator that means the same with its sides exchanged.
std::optional<MarkerOperator> Mirrored(MarkerOperator op) {
  switch (op) {
    case MarkerOperator::kEqual:
    case MarkerOperator::kNotEqual:
      return op;
    case MarkerOperator::kLess:
      return MarkerOperator::kGreater;
    case MarkerOperator::kLessEqual:
      return MarkerOperator::kGreaterEqual;
    case MarkerOperator::kGreater:
      return MarkerOperator::kLess;
    case MarkerOperator::kGreaterEqual:
      return MarkerOperator::kLessEqual;
    default:
      return std::nullopt;
  }
}

bool HasName(const std::vector<std::string>& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(), [&](const std::string& each) {
    return NormalizedExtra(each) == name;
  });
}

}  // namespace

// One marker in one environment, `extra` having one value.
class MarkerEvaluation {
 public:
  MarkerEvaluation(const MarkerEnvironment& environment,
                   const MarkerSelection& selection, std::string_view extra)
      : environment_(environment),
        selection_(selection),
        extra_(NormalizedExtra(extra)) {}

  bool Holds(const Marker& marker) const {
    std::vector<bool> values;
    auto comparison = marker.comparisons_.begin();
    for (const Marker::Step& step : marker.steps_) {
      if (step.kind == Marker::StepKind::kCompare) {
        values.push_back(Holds(*comparison++));
        continue;
      }
      const auto first = values.end() - step.operands;
      const bool any = std::find(first, values.end(), true) != values.end();
      const bool all = std::find(first, values.end(), false) == values.end();
      values.erase(first, values.end());
      values.push_back(step.kind == Marker::StepKind::kAnd ? all : any);
    }
    return !values.empty() && values.back();
  }

 private:
  bool Holds(const Marker::Comparison& comparison) const {
    const bool in = comparison.op == MarkerOperator::kIn;
    if (comparison.right.variable == MarkerVariable::kExtras) {
      return HasName(selection_.extras, comparison.left.text) == in;
    }
    if (comparison.right.variable == MarkerVariable::kDependencyGroups) {
      return HasName(selection_.dependency_groups, comparison.left.text) == in;
    }
    const std::optional<std::string_view> left = ValueOf(comparison.left);
    const std::optional<std::string_view> right = ValueOf(comparison.right);
    if (!left || !right) return MayHold(comparison);
    return Compare(comparison, *left, *right);
  }

  static bool Compare(const Marker::Comparison& comparison,
                      std::string_view left, std::string_view right) {
    // Extras are names, even if one of them looks like a version.
    const bool names = comparison.left.variable == MarkerVariable::kExtra ||
                       comparison.right.variable == MarkerVariable::kExtra;
    const std::optional<VersionClause> other =
        comparison.right.variable && !names ? ClauseOf(comparison.op, right)
                                            : std::nullopt;
    const std::optional<VersionClause>& clause =
        comparison.right.variable ? other : comparison.clause;
    if (clause && !names) {
      const absl::StatusOr<Version> version = Version::Parse(left);
      if (version.ok()) return clause->Matches(*version);
    }
    return CompareText(comparison.op, left, right);
  }

  // Whether a comparison with a value that is not known could hold. Of Python's
  // own version it is known that it is a patch release of python_version.
  bool MayHold(const Marker::Comparison& comparison) const {
    const bool on_left = IsPatchVersion(comparison.left.variable);
    const bool on_right = IsPatchVersion(comparison.right.variable);
    const absl::StatusOr<PythonVersion> minor =
        PythonVersion::Parse(environment_.python_version);
    if (on_left == on_right || !minor.ok()) return true;
    std::optional<VersionClause> clause;
    if (on_left) {
      clause = comparison.clause;
    } else if (!comparison.left.variable) {
      if (const auto mirrored = Mirrored(comparison.op)) {
        clause = ClauseOf(*mirrored, comparison.left.text);
      }
    }
    return !clause ||
           MayContainPython(absl::MakeConstSpan(&*clause, 1), *minor);
  }

  bool IsPatchVersion(std::optional<MarkerVariable> variable) const {
    return variable == MarkerVariable::kPythonFullVersion ||
           (variable == MarkerVariable::kImplementationVersion &&
            environment_.implementation_name == "cpython");
  }

  // nullopt if it is not known.
  std::optional<std::string_view> ValueOf(
      const Marker::Operand& operand) const {
    if (!operand.variable) return operand.text;
    switch (*operand.variable) {
      case MarkerVariable::kOsName:
        return environment_.os_name;
      case MarkerVariable::kSysPlatform:
        return environment_.sys_platform;
      case MarkerVariable::kPlatformMachine:
        return environment_.platform_machine;
      case MarkerVariable::kPlatformPythonImplementation:
        return environment_.platform_python_implementation;
      case MarkerVariable::kPlatformRelease:
        return environment_.platform_release;
      case MarkerVariable::kPlatformSystem:
        return environment_.platform_system;
      case MarkerVariable::kPlatformVersion:
        return environment_.platform_version;
      case MarkerVariable::kPythonVersion:
        return environment_.python_version;
      case MarkerVariable::kPythonFullVersion:
        return environment_.python_full_version;
      case MarkerVariable::kImplementationName:
        return environment_.implementation_name;
      case MarkerVariable::kImplementationVersion:
        return environment_.implementation_version;
      case MarkerVariable::kExtra:
        return extra_;
      case MarkerVariable::kExtras:
      case MarkerVariable::kDependencyGroups:
        break;  // sets have no text
    }
    return std::nullopt;
  }

  const MarkerEnvironment& environment_;
  const MarkerSelection& selection_;
  const std::string extra_;
};

bool Marker::Evaluate(const MarkerEnvironment& environment,
                      const MarkerSelection& selection) const {
  if (selection.extras.empty() || !MentionsExtra()) {
    return MarkerEvaluation(environment, selection, "").Holds(*this);
  }
  return std::any_of(
      selection.extras.begin(), selection.extras.end(),
      [&](const std::string& extra) {
        return MarkerEvaluation(environment, selection, extra).Holds(*this);
      });
}

}  // namespace tufmirror::pypi
