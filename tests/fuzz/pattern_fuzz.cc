// Fuzzes path patterns: the matcher ends, and on UTF-8 (all that metadata can
// hold) agrees with a table-filling reference. Input: pattern, newline, path.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <utility>
#include <vector>

#include "tufmirror/base/strings.h"
#include "tufmirror/tuf/model.h"

namespace {

std::vector<std::string_view> Characters(std::string_view text) {
  std::vector<std::string_view> characters;
  for (size_t begin = 0; begin < text.size();) {
    size_t end = begin + 1;
    while (end < text.size() && (text[end] & 0xC0) == 0x80) ++end;
    characters.push_back(text.substr(begin, end - begin));
    begin = end;
  }
  return characters;
}

// reach[j]: the pattern read so far matches the first j characters of `path`.
bool Reference(std::string_view pattern, std::string_view path) {
  const std::vector<std::string_view> text = Characters(path);
  std::vector<bool> reach(text.size() + 1, false);
  reach[0] = true;
  for (const std::string_view c : Characters(pattern)) {
    std::vector<bool> next(text.size() + 1, false);
    if (c == "*") next[0] = reach[0];
    for (size_t j = 1; j <= text.size(); ++j) {
      const std::string_view one = text[j - 1];
      if (c == "*") {
        next[j] = reach[j] || (next[j - 1] && one != "/");
      } else {
        next[j] = reach[j - 1] && (c == "?" ? one != "/" : one == c);
      }
    }
    reach = std::move(next);
  }
  return reach[text.size()];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 4096) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t newline = input.find('\n');
  if (newline == std::string_view::npos) return 0;
  const std::string_view pattern = input.substr(0, newline);
  const std::string_view path = input.substr(newline + 1);
  const bool matches = tufmirror::tuf::MatchesPattern(pattern, path);
  if (!tufmirror::IsUtf8(pattern) || !tufmirror::IsUtf8(path)) return 0;
  if (matches != Reference(pattern, path)) abort();
  return 0;
}
