// Rules whose every value has been read.
#ifndef TUFMIRROR_SRC_SELECT_COMPILED_RULES_H_
#define TUFMIRROR_SRC_SELECT_COMPILED_RULES_H_

#include <map>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "select/marker_universe.h"
#include "select/pattern.h"
#include "select/platform_rules.h"
#include "select/python_rules.h"
#include "select/version_lines.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/select/rules.h"

namespace tufmirror::select {

struct CompiledRules {
  Rules rules;
  PatternSet projects;
  std::map<pypi::ProjectName, std::set<std::string>> project_extras;
  PatternSet exclude_projects;
  VersionLines versions;
  VersionLines exclude_versions;
  PatternSet exclude_version_patterns;
  PatternSet prereleases_keep;
  PatternSet prereleases_if_needed;
  PatternSet prereleases_drop;
  PatternSet files;
  PatternSet exclude_files;
  PatternSet max_project_size_exceptions;
  PatternSet min_age_exceptions;
  PlatformRules platforms;
  PythonRules pythons;
  MarkerUniverse universe;
};

// Reads no file. kUsage, naming the option.
absl::StatusOr<CompiledRules> CompileRules(const Rules& rules);

// Every value as text, the same for rules that select the same because they
// differ in the order of lists only.
std::string CanonicalText(const Rules& rules);

}  // namespace tufmirror::select

#endif  // TUFMIRROR_SRC_SELECT_COMPILED_RULES_H_
