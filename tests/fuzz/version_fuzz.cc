// Versions from outside: whatever parses has a normal form that means the
// same and takes the same place in the order.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tufmirror/pypi/version.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using tufmirror::pypi::Version;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto version = Version::Parse(text);
  if (!version.ok()) return 0;
  const auto again = Version::Parse(version->str());
  if (!again.ok() || *again != *version || again->str() != version->str()) {
    std::abort();
  }
  const auto half = Version::Parse(text.substr(0, size / 2));
  if (half.ok() && (*half <=> *version) != (0 <=> (*version <=> *half))) {
    std::abort();
  }
  return 0;
}
