// Markers do not see all that platforms and interpreters differ in (C
// libraries, the lock): such environments are one here.
#include "select/marker_universe.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "fmt/format.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::select {

MarkerUniverse::MarkerUniverse(
    const std::vector<pypi::TargetPlatform>& platforms,
    const std::vector<pypi::Interpreter>& interpreters) {
  std::set<std::string> seen;
  for (const pypi::TargetPlatform& platform : platforms) {
    for (const pypi::Interpreter& interpreter : interpreters) {
      auto environment = pypi::MarkerEnvironment::Of(platform, interpreter);
      const std::string key = fmt::format(
          "{} {} {} {}", environment.sys_platform, environment.platform_machine,
          environment.implementation_name,
          environment.python_full_version.value_or(environment.python_version));
      if (seen.insert(key).second) {
        environments_.push_back(std::move(environment));
      }
    }
  }
}

bool MarkerUniverse::Holds(const pypi::Marker& marker,
                           const std::set<std::string>& extras) const {
  const pypi::MarkerSelection selection = {
      .extras = std::vector<std::string>(extras.begin(), extras.end())};
  return std::any_of(environments_.begin(), environments_.end(),
                     [&](const pypi::MarkerEnvironment& environment) {
                       return marker.Evaluate(environment, selection);
                     });
}

bool MarkerUniverse::HoldsForEntry(std::string_view marker) const {
  if (marker.empty()) return true;
  const auto parsed = pypi::Marker::Parse(marker);
  return !parsed.ok() || parsed->MentionsExtra() ||
         absl::StrContains(ToAbsl(marker), "dependency_groups") ||
         Holds(*parsed, {});
}

}  // namespace tufmirror::select
