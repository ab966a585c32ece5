// Index pages from outside: what parses renders to a page that parses to the
// same, and to HTML that has no markup but ours.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tufmirror/pypi/simple_index.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using tufmirror::pypi::ParseProjectJson;
  using tufmirror::pypi::RenderHtml;
  using tufmirror::pypi::RenderJson;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto page = ParseProjectJson(text);
  if (!page.ok()) return 0;
  const std::string json = RenderJson(*page);
  const auto again = ParseProjectJson(json);
  if (!again.ok() || RenderJson(*again) != json) std::abort();
  const std::string html = RenderHtml(*page);
  size_t anchors = 0;
  for (size_t at = html.find("<a "); at != std::string::npos;
       at = html.find("<a ", at + 1)) {
    ++anchors;
  }
  if (anchors != page->files.size() ||
      html.find("<script") != std::string::npos) {
    std::abort();
  }
  return 0;
}
