// METADATA and PKG-INFO from outside: what parses has its identity, and holds
// text only.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tufmirror/base/strings.h"
#include "tufmirror/pypi/core_metadata.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto metadata = tufmirror::pypi::ParseCoreMetadata(text);
  if (!metadata.ok()) return 0;
  if (metadata->name.empty() || metadata->version.empty() ||
      metadata->metadata_version.empty() ||
      !tufmirror::IsUtf8(metadata->requires_python)) {
    std::abort();
  }
  return 0;
}
