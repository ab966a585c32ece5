// File names from outside: what parses has a project name that is its own
// normal form, a version, and no separator of paths.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tufmirror/pypi/names.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using tufmirror::pypi::ParseDistributionName;
  using tufmirror::pypi::ProjectName;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto name = ParseDistributionName(text);
  if (!name.ok()) return 0;
  const auto project = ProjectName::Parse(name->project.str());
  if (!project.ok() || *project != name->project || name->version.empty() ||
      text.find('/') != std::string_view::npos) {
    std::abort();
  }
  if (!ParseDistributionName(text, name->project).ok()) std::abort();
  return 0;
}
