// Requirements files that include themselves: reading ends, each project has a
// place, and a pin is one of a specifier.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tufmirror/pypi/specifier.h"
#include "tufmirror/select/project_list.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 4096) return 0;
  const std::string text(reinterpret_cast<const char*>(data), size);
  size_t reads = 0;
  const auto list = tufmirror::select::ParseRequirements(
      text, "r.txt", [&](const std::string&) -> absl::StatusOr<std::string> {
        if (++reads > 1000) std::abort();
        return text;
      });
  if (!list.ok()) return 0;
  for (const auto& project : list->projects) {
    const auto specifier =
        tufmirror::pypi::VersionSpecifier::Parse(project.specifier);
    if (!specifier.ok() || project.origin.empty() ||
        project.pinned_version.has_value() != specifier->Pinned().has_value()) {
      std::abort();
    }
  }
  return 0;
}
