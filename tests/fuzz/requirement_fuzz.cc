// Requirements and their markers from outside: what parses has a normal form
// that is the same requirement and applies in the same environments.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tufmirror/pypi/requirement.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using tufmirror::pypi::MarkerEnvironment;
  using tufmirror::pypi::Requirement;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto requirement = Requirement::Parse(text);
  if (!requirement.ok()) return 0;
  const auto again = Requirement::Parse(requirement->str());
  if (!again.ok() || *again != *requirement) std::abort();
  const MarkerEnvironment environment = MarkerEnvironment::Of({}, {});
  for (const auto& selection :
       {tufmirror::pypi::MarkerSelection{},
        tufmirror::pypi::MarkerSelection{.extras = {"a", "test"},
        .dependency_groups = {"dev"}}}) {
    if (again->AppliesIn(environment, selection) !=
        requirement->AppliesIn(environment, selection)) {
      std::abort();
    }
  }
  return 0;
}
