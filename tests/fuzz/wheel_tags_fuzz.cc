// Compatibility tags from outside: any text is sorted into a kind.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tufmirror/pypi/wheel_tags.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using tufmirror::pypi::WheelTags;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto tags = WheelTags::Parse(text);
  if (!tags.ok()) return 0;
  if (tags->pythons.empty() || tags->abis.empty() || tags->platforms.empty()) {
    std::abort();
  }
  if (RunsOn(*tags, {}, {}) !=
      (RunsOnPlatform(*tags, {}) && RunsOnInterpreter(*tags, {}))) {
    std::abort();
  }
  return 0;
}
