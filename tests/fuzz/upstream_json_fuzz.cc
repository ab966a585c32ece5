// JSON of other indexes, as a project page and as the root list: what is
// offered keeps its promises, and each file is offered once.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

#include "tufmirror/base/strings.h"
#include "tufmirror/pypi/upstream_page.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using tufmirror::pypi::MetadataOffer;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto page = tufmirror::pypi::ParseUpstreamJson(text);
  if (page.ok()) {
    std::set<std::string> names;
    for (const auto& file : page->files) {
      const bool digest = file.metadata_sha256.has_value();
      if (!names.insert(file.filename).second || file.url.empty() ||
          file.filename.empty() || file.filename.size() > 255 ||
          file.filename.find('/') != std::string::npos ||
          !tufmirror::IsUtf8(file.filename) ||
          digest != (file.metadata == MetadataOffer::kWithDigest)) {
        std::abort();
      }
    }
    for (const auto& problem : page->problems) {
      if (problem.status.ok()) std::abort();
    }
  }
  uint64_t visited = 0;
  const auto facts = tufmirror::pypi::ForEachListedProjectJson(
      text, [&](const tufmirror::pypi::RootListEntry&) {
        ++visited;
        return absl::OkStatus();
      });
  if (facts.ok() && facts->projects != visited) std::abort();
  return 0;
}
