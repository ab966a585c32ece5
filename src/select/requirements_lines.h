// Logical lines of a requirements file, as pip cuts them: continuation lines
// joined, comments dropped, words split as a shell would.
#ifndef TUFMIRROR_SRC_SELECT_REQUIREMENTS_LINES_H_
#define TUFMIRROR_SRC_SELECT_REQUIREMENTS_LINES_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tufmirror::select {

struct RequirementsLine {
  size_t number = 0;  // of its first physical line, from 1
  std::string text;   // not empty, no white space at either end
};

// All lines that say something. A byte order mark is dropped.
std::vector<RequirementsLine> RequirementsLines(std::string_view text);

// A line taken apart: "foo>=1 ; marker" and "--hash=sha256:...".
struct RequirementsWords {
  std::string requirement;           // what is before the first option
  std::vector<std::string> options;  // "--hash", "sha256:..."; quotes removed
};
RequirementsWords SplitOptions(std::string_view line);

}  // namespace tufmirror::select

#endif  // TUFMIRROR_SRC_SELECT_REQUIREMENTS_LINES_H_
