#include "cli/shell_quote.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace tufmirror::cli {
namespace {

// Characters that mean nothing to a shell wherever they stand in a word.
bool IsPlain(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         std::string_view("_-./:@%+,").find(c) != std::string_view::npos;
}

}  // namespace

std::string ShellQuoted(std::string_view word) {
  if (!word.empty() && std::all_of(word.begin(), word.end(), IsPlain)) {
    return std::string(word);
  }
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

}  // namespace tufmirror::cli
