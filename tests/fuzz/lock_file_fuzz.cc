// Lock files in TOML, each text as each of the three formats.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tufmirror/pypi/marker.h"
#include "tufmirror/pypi/specifier.h"
#include "tufmirror/select/project_list.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using tufmirror::select::ParsePoetryLock;
  using tufmirror::select::ParsePylock;
  using tufmirror::select::ParseUvLock;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto parse : {ParsePylock, ParseUvLock, ParsePoetryLock}) {
    const auto list = parse(text, "x.lock");
    if (!list.ok()) continue;
    for (const auto& project : list->projects) {
      const bool marker_parses =
          project.marker.empty() ||
          tufmirror::pypi::Marker::Parse(project.marker).ok();
      if (!marker_parses ||
          project.pinned_version.has_value() != !project.specifier.empty()) {
        std::abort();
      }
    }
  }
  return 0;
}
