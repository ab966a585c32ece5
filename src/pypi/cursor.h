// A place in a text that is being read, with messages that name the column:
// what the readers of requirements and markers share.
#ifndef TUFMIRROR_SRC_PYPI_CURSOR_H_
#define TUFMIRROR_SRC_PYPI_CURSOR_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace tufmirror::pypi {

class Cursor {
 public:
  // Reads `text`, which outlives the cursor; `what` ("requirement") is for
  // messages.
  Cursor(std::string_view what, std::string_view text)
      : what_(what), text_(text) {}

  bool AtEnd() const { return position_ == text_.size(); }
  size_t position() const { return position_; }
  std::string_view rest() const { return text_.substr(position_); }

  void SkipBlanks();
  // Takes `word` if it is next.
  bool Take(std::string_view word);
  // Takes `word` if it is next and is not the beginning of a longer word.
  bool TakeWord(std::string_view word);
  // Takes what comes before any of `stops`, or before the end.
  std::string_view TakeUntil(std::string_view stops);
  // Takes as many characters of a name as there are: letters, digits and
  // ".-_".
  std::string_view TakeName();

  // kMalformed: "requirement '...', column 5: `expected` expected, got '...'".
  absl::Status Expected(std::string_view expected) const;
  // kMalformed: "requirement '...', column 5: problem".
  absl::Status Malformed(size_t position, std::string_view problem) const;

 private:
  std::string Shown(size_t begin, size_t max_bytes) const;

  std::string_view what_;
  std::string_view text_;
  size_t position_ = 0;
};

// True for what a name is made of.
bool IsNameCharacter(char c);

}  // namespace tufmirror::pypi

#endif  // TUFMIRROR_SRC_PYPI_CURSOR_H_
