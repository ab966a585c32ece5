// Environment markers (PEP 508): "python_version < '3.9' and extra == 'x'".
#ifndef TUFMIRROR_PYPI_MARKER_H_
#define TUFMIRROR_PYPI_MARKER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "tufmirror/pypi/specifier.h"
#include "tufmirror/pypi/target.h"

namespace tufmirror::pypi {

// What markers are evaluated in. A mirror knows less of an installation than
// the installation itself: what is nullopt is not known, and a comparison that
// could hold does. Markers have no negation, so that errs on the side of too
// many requirements only.
struct MarkerEnvironment {
  std::string os_name;                                // "posix"
  std::string sys_platform;                           // "linux"
  std::string platform_machine;                       // "x86_64"
  std::string platform_system;                        // "Linux"
  std::string platform_python_implementation;         // "CPython"
  std::string implementation_name;                    // "cpython"
  std::string python_version;                         // "3.11"
  std::optional<std::string> python_full_version;     // "3.11.4"; nullopt: any
                                                      // final 3.11.N
  std::optional<std::string> implementation_version;  // likewise for CPython
  std::optional<std::string> platform_release;
  std::optional<std::string> platform_version;

  // The values that the usual builds of that interpreter give there. Release
  // and version of the platform are not known, and versions to the patch only
  // if the interpreter's version has one.
  static MarkerEnvironment Of(const TargetPlatform& platform,
                              const Interpreter& interpreter);
};

// What an installation asks for beside the project itself.
struct MarkerSelection {
  std::vector<std::string> extras = {};             // in any spelling
  std::vector<std::string> dependency_groups = {};  // in any spelling
};

enum class MarkerVariable {
  kOsName,
  kSysPlatform,
  kPlatformMachine,
  kPlatformPythonImplementation,
  kPlatformRelease,
  kPlatformSystem,
  kPlatformVersion,
  kPythonVersion,
  kPythonFullVersion,
  kImplementationName,
  kImplementationVersion,
  kExtra,
  kExtras,            // PEP 751, sets: "'dev' in extras"
  kDependencyGroups,  // PEP 751
};

// A version specifier's operators, and two more.
enum class MarkerOperator {
  kCompatible,
  kEqual,
  kNotEqual,
  kLessEqual,
  kGreaterEqual,
  kLess,
  kGreater,
  kArbitrary,
  kIn,
  kNotIn,
};

class Marker {
 public:
  // At most 16 KiB, parentheses at most 64 deep; kMalformed names the column.
  static absl::StatusOr<Marker> Parse(std::string_view text);

  // PEP 508's rules: both sides as versions if the right one makes a version
  // clause with the operator and the left one is a version; else as text, as
  // Python does; "~=" of text never holds. Names of extras and groups are
  // compared normalized (PEP 685). With several extras the marker holds if it
  // does for one of them, as for installers; with none, `extra` is "".
  bool Evaluate(const MarkerEnvironment& environment,
                const MarkerSelection& selection = {}) const;

  // True if `extra` or `extras` is compared with something.
  bool MentionsExtra() const;

  // Normal form: current names of variables, double quotes where possible,
  // only the parentheses that are needed.
  std::string str() const;

  friend bool operator==(const Marker& a, const Marker& b) {
    return a.str() == b.str();
  }

 private:
  friend class MarkerParser;
  friend class MarkerEvaluation;

  // A variable, or else a text.
  struct Operand {
    std::optional<MarkerVariable> variable;
    std::string text = {};
  };
  struct Comparison {
    Operand left;
    MarkerOperator op = MarkerOperator::kEqual;
    Operand right;
    // The operator and the text on its right as a version clause, if they are
    // one.
    std::optional<VersionClause> clause = {};
  };
  // The expression in postfix order: the next comparison is pushed, or the
  // `operands` last values are joined.
  enum class StepKind { kCompare, kAnd, kOr };
  struct Step {
    StepKind kind = StepKind::kCompare;
    uint32_t operands = 0;
  };

  Marker() = default;
  std::vector<Comparison> comparisons_;
  std::vector<Step> steps_;
};

}  // namespace tufmirror::pypi

#endif  // TUFMIRROR_PYPI_MARKER_H_
