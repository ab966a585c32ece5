// Reading a text from left to right.
#include "pypi/cursor.h"

#include <algorithm>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::pypi {
namespace {

constexpr size_t kShownBytes = 20;
constexpr size_t kShownTextBytes = 200;

}  // namespace

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

void Cursor::SkipBlanks() {
  while (!AtEnd() && (text_[position_] == ' ' || text_[position_] == '\t')) {
    ++position_;
  }
}

bool Cursor::Take(std::string_view word) {
  if (rest().substr(0, word.size()) != word) return false;
  position_ += word.size();
  return true;
}

bool Cursor::TakeWord(std::string_view word) {
  const std::string_view here = rest();
  const bool ends =
      here.size() <= word.size() || !IsNameCharacter(here[word.size()]);
  return ends && Take(word);
}

std::string_view Cursor::TakeUntil(std::string_view stops) {
  const std::string_view taken = rest().substr(0, rest().find_first_of(stops));
  position_ += taken.size();
  return taken;
}

std::string_view Cursor::TakeName() {
  const std::string_view here = rest();
  const auto end = std::find_if_not(here.begin(), here.end(), IsNameCharacter);
  const std::string_view taken =
      here.substr(0, static_cast<size_t>(end - here.begin()));
  position_ += taken.size();
  return taken;
}

// A URL may hold a password, so nothing is shown from the first one on.
std::string Cursor::Shown(size_t begin, size_t max_bytes) const {
  const size_t url = text_.find("://");
  if (url == std::string_view::npos) {
    return Printable(text_.substr(begin), max_bytes);
  }
  if (begin >= url) return "...";
  return Printable(text_.substr(begin, url - begin), max_bytes) + "...";
}

absl::Status Cursor::Expected(std::string_view expected) const {
  return Malformed(position_,
                   AtEnd() ? fmt::format("{} expected, got the end", expected)
                           : fmt::format("{} expected, got '{}'", expected,
                                         Shown(position_, kShownBytes)));
}

absl::Status Cursor::Malformed(size_t position,
                               std::string_view problem) const {
  return MakeFailure(
      Failure::kMalformed,
      fmt::format("{} '{}', column {}: {}", what_, Shown(0, kShownTextBytes),
                  position + 1, problem));
}

}  // namespace tufmirror::pypi
