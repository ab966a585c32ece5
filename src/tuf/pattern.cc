// Path patterns of delegations (TUF 4.5): the greedy algorithm that remembers
// only the last '*', so that no pattern costs more than length times length.
#include "tufmirror/tuf/model.h"

namespace tufmirror::tuf {
namespace {

constexpr size_t kMaxBytes = 4096;

// Bytes of the UTF-8 sequence at `position`; malformed bytes count singly.
size_t CharacterLength(std::string_view text, size_t position) {
  size_t end = position + 1;
  while (end < text.size() &&
         (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    ++end;
  }
  return end - position;
}

}  // namespace

bool MatchesPattern(std::string_view pattern, std::string_view path) {
  if (pattern.size() > kMaxBytes || path.size() > kMaxBytes) return false;
  constexpr size_t kNoStar = std::string_view::npos;
  size_t in_pattern = 0;
  size_t in_path = 0;
  size_t after_star = kNoStar;  // where the pattern goes on after the last '*'
  size_t star_end = 0;          // where that '*' ends in the path for now
  while (in_path < path.size()) {
    if (in_pattern < pattern.size()) {
      const char c = pattern[in_pattern];
      if (c == '*') {
        after_star = ++in_pattern;
        star_end = in_path;
        continue;
      }
      if (c == '?' && path[in_path] != '/') {
        ++in_pattern;
        in_path += CharacterLength(path, in_path);
        continue;
      }
      if (c != '?' && c == path[in_path]) {
        ++in_pattern;
        ++in_path;
        continue;
      }
    }
    // A mismatch: let the last '*' take one more byte, unless that is '/'.
    if (after_star == kNoStar || path[star_end] == '/') return false;
    in_path = ++star_end;
    in_pattern = after_star;
  }
  while (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
    ++in_pattern;
  }
  return in_pattern == pattern.size();
}

}  // namespace tufmirror::tuf
