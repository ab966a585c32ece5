// The Pythons that files are selected for.
#ifndef TUFMIRROR_SRC_SELECT_PYTHON_RULES_H_
#define TUFMIRROR_SRC_SELECT_PYTHON_RULES_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "tufmirror/pypi/target.h"
#include "tufmirror/pypi/wheel_tags.h"
#include "tufmirror/select/rules.h"

namespace tufmirror::select {

class PythonRules {
 public:
  // kUsage, naming the option and the word.
  static absl::StatusOr<PythonRules> Create(const Rules& rules);

  // Which rule is against a wheel with these tags; empty: none is. It runs on
  // at least one interpreter that the rules leave.
  std::string RefusalOfWheel(const pypi::WheelTags& tags) const;
  // Likewise for a Requires-Python. One that does not parse is not refused.
  std::string RefusalOfRequiresPython(std::string_view requires_python) const;

  // The interpreters that the rules leave, for markers; where they say
  // nothing, those that are in use.
  std::vector<pypi::Interpreter> Representatives() const;

 private:
  bool restricts_ = false;  // any of the four options is there
  bool restricts_versions_ = false;
  bool reads_requires_python_ = true;
  std::vector<pypi::PythonVersion> versions_;
  std::vector<pypi::Interpreter> interpreters_;
  std::string text_;  // of the options, for messages
  std::string versions_text_;
};

}  // namespace tufmirror::select

#endif  // TUFMIRROR_SRC_SELECT_PYTHON_RULES_H_
