// Version specifiers from outside, with a version after a line break: what
// parses has a normal form that contains the same versions.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tufmirror/pypi/specifier.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using tufmirror::pypi::VersionSpecifier;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t end = text.find('\n');
  const auto specifier = VersionSpecifier::Parse(text.substr(0, end));
  if (!specifier.ok()) return 0;
  const auto again = VersionSpecifier::Parse(specifier->str());
  if (!again.ok() || *again != *specifier) std::abort();
  const std::string_view version =
      end == std::string_view::npos ? "1.0" : text.substr(end + 1);
  if (again->Contains(version) != specifier->Contains(version)) std::abort();
  tufmirror::pypi::MayContainPython(*specifier, {.major = 3, .minor = 8});
  return 0;
}
