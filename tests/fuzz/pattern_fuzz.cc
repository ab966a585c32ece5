// Fuzzes path patterns: the matcher agrees with a table-filling reference and
// ends. Input: pattern, newline, path.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tufmirror/tuf/model.h"

namespace {

// reach[j]: the pattern read so far matches the first j bytes of `path`.
bool Reference(std::string_view pattern, std::string_view path) {
  std::vector<bool> reach(path.size() + 1, false);
  reach[0] = true;
  for (const char c : pattern) {
    std::vector<bool> next(path.size() + 1, false);
    if (c == '*') next[0] = reach[0];
    for (size_t j = 1; j <= path.size(); ++j) {
      const char byte = path[j - 1];
      if (c == '*') {
        next[j] = reach[j] || (next[j - 1] && byte != '/');
      } else {
        next[j] = reach[j - 1] && (c == '?' ? byte != '/' : byte == c);
      }
    }
    reach = std::move(next);
  }
  return reach[path.size()];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 4096) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t newline = input.find('\n');
  if (newline == std::string_view::npos) return 0;
  const std::string_view pattern = input.substr(0, newline);
  const std::string_view path = input.substr(newline + 1);
  if (tufmirror::tuf::MatchesPattern(pattern, path) !=
      Reference(pattern, path)) {
    abort();
  }
  return 0;
}
