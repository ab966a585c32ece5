// Reading markers (PEP 508's grammar) into postfix order by recursive descent
// of bounded depth. Joins of the same kind are merged, whatever the
// parentheses, so that the normal form has one shape.
#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "pypi/marker_words.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/pypi/marker.h"

namespace tufmirror::pypi {
namespace {

constexpr size_t kMaxMarkerBytes = 16 * 1024;
constexpr int kMaxDepth = 64;

struct OperatorSpelling {
  std::string_view text;
  MarkerOperator op;
};

// Longer ones first where one begins like another.
constexpr OperatorSpelling kSymbols[] = {
    {"===", MarkerOperator::kArbitrary},   {"~=", MarkerOperator::kCompatible},
    {"==", MarkerOperator::kEqual},        {"!=", MarkerOperator::kNotEqual},
    {"<=", MarkerOperator::kLessEqual},    {"<", MarkerOperator::kLess},
    {">=", MarkerOperator::kGreaterEqual}, {">", MarkerOperator::kGreater},
};

bool IsSet(std::optional<MarkerVariable> variable) {
  return variable == MarkerVariable::kExtras ||
         variable == MarkerVariable::kDependencyGroups;
}

}  // namespace

class MarkerParser {
 public:
  explicit MarkerParser(Cursor& cursor) : cursor_(cursor) {}

  absl::StatusOr<Marker> Parse() {
    const size_t start = cursor_.position();
    if (cursor_.rest().size() > kMaxMarkerBytes) {
      return cursor_.Malformed(
          start, fmt::format("a marker of {} bytes, at most {} expected",
                             cursor_.rest().size(), kMaxMarkerBytes));
    }
    RETURN_IF_ERROR(ParseJoin(Marker::StepKind::kOr, 0));
    if (!cursor_.AtEnd()) {
      return cursor_.Expected("'and', 'or' or the end of the marker");
    }
    return std::move(marker_);
  }

 private:
  using StepKind = Marker::StepKind;

  // Operands of "or" are joins by "and", whose operands are comparisons and
  // what is in parentheses.
  absl::Status ParseJoin(StepKind kind, int depth) {
    uint32_t operands = 0;
    do {
      RETURN_IF_ERROR(kind == StepKind::kOr ? ParseJoin(StepKind::kAnd, depth)
                                            : ParseOperand(depth));
      std::vector<Marker::Step>& steps = marker_.steps_;
      if (steps.back().kind == kind) {
        operands += steps.back().operands;
        steps.pop_back();
      } else {
        ++operands;
      }
      cursor_.SkipBlanks();
    } while (cursor_.TakeWord(kind == StepKind::kOr ? "or" : "and"));
    if (operands > 1) marker_.steps_.push_back({kind, operands});
    return absl::OkStatus();
  }

  absl::Status ParseOperand(int depth) {
    cursor_.SkipBlanks();
    const size_t start = cursor_.position();
    if (!cursor_.Take("(")) return ParseComparison();
    if (depth == kMaxDepth) {
      return cursor_.Malformed(
          start, fmt::format("parentheses more than {} deep", kMaxDepth));
    }
    RETURN_IF_ERROR(ParseJoin(StepKind::kOr, depth + 1));
    if (!cursor_.Take(")")) return cursor_.Expected("'and', 'or' or ')'");
    return absl::OkStatus();
  }

  absl::Status ParseComparison() {
    const size_t start = cursor_.position();
    Marker::Comparison comparison;
    ASSIGN_OR_RETURN(comparison.left, ParseValue());
    cursor_.SkipBlanks();
    ASSIGN_OR_RETURN(comparison.op, ParseOperator());
    cursor_.SkipBlanks();
    ASSIGN_OR_RETURN(comparison.right, ParseValue());
    RETURN_IF_ERROR(CheckSets(start, comparison));
    NormalizeExtras(comparison);
    if (!comparison.right.variable) {
      comparison.clause = ClauseOf(comparison.op, comparison.right.text);
    }
    marker_.comparisons_.push_back(std::move(comparison));
    marker_.steps_.push_back({StepKind::kCompare, 0});
    return absl::OkStatus();
  }

  absl::StatusOr<Marker::Operand> ParseValue() {
    for (const std::string_view quote : {"'", "\""}) {
      if (cursor_.Take(quote)) return ParseText(quote);
    }
    const Cursor before = cursor_;
    const std::optional<MarkerVariable> variable =
        VariableOf(cursor_.TakeName());
    if (!variable) {
      return before.Expected("a marker variable or a quoted text");
    }
    return Marker::Operand{.variable = variable};
  }

  absl::StatusOr<Marker::Operand> ParseText(std::string_view quote) {
    const size_t start = cursor_.position() - 1;
    const std::string_view text = cursor_.TakeUntil(quote);
    if (!cursor_.Take(quote)) {
      return cursor_.Malformed(start, "this quote is never closed");
    }
    const bool control = std::any_of(text.begin(), text.end(), [](char c) {
      return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
    });
    if (control || !IsUtf8(text)) {
      return cursor_.Malformed(start, "UTF-8 text expected between quotes");
    }
    return Marker::Operand{.variable = {}, .text = std::string(text)};
  }

  absl::StatusOr<MarkerOperator> ParseOperator() {
    for (const OperatorSpelling& symbol : kSymbols) {
      if (cursor_.Take(symbol.text)) return symbol.op;
    }
    if (cursor_.TakeWord("in")) return MarkerOperator::kIn;
    const Cursor before = cursor_;
    if (cursor_.TakeWord("not")) {
      cursor_.SkipBlanks();
      if (cursor_.TakeWord("in")) return MarkerOperator::kNotIn;
      return cursor_.Expected("'in' after 'not'");
    }
    return before.Expected("one of ~= == != <= >= < > === 'in' 'not in'");
  }

  // Sets have members and nothing else.
  absl::Status CheckSets(size_t start,
                         const Marker::Comparison& comparison) const {
    const bool membership = comparison.op == MarkerOperator::kIn ||
                            comparison.op == MarkerOperator::kNotIn;
    if (IsSet(comparison.left.variable) ||
        (IsSet(comparison.right.variable) &&
         (!membership || comparison.left.variable))) {
      return cursor_.Malformed(start,
                               "'extras' and 'dependency_groups' are sets: "
                               "\"'name' in extras\" expected");
    }
    return absl::OkStatus();
  }

  static void NormalizeExtras(Marker::Comparison& comparison) {
    const auto names_extras = [](const Marker::Operand& operand) {
      return operand.variable == MarkerVariable::kExtra ||
             IsSet(operand.variable);
    };
    if (names_extras(comparison.left) || names_extras(comparison.right)) {
      comparison.left.text = NormalizedExtra(comparison.left.text);
      comparison.right.text = NormalizedExtra(comparison.right.text);
    }
  }

  Cursor& cursor_;
  Marker marker_;
};

absl::StatusOr<Marker> ParseMarker(Cursor& cursor) {
  return MarkerParser(cursor).Parse();
}

absl::StatusOr<Marker> Marker::Parse(std::string_view text) {
  Cursor cursor("marker", text);
  return ParseMarker(cursor);
}

}  // namespace tufmirror::pypi
