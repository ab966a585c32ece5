#include "select/requirements_lines.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::select {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kBlanks = " \t\f\v";

std::string_view Trim(std::string_view text) {
  return FromAbsl(absl::StripAsciiWhitespace(ToAbsl(text)));
}

bool IsBlank(char c) { return kBlanks.find(c) != std::string_view::npos; }

// Takes one physical line off `text`; ends are LF, CR LF or CR.
std::string_view TakeLine(std::string_view& text) {
  const size_t end = std::min(text.find_first_of("\r\n"), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end);
  if (text.substr(0, 2) == "\r\n") {
    text.remove_prefix(2);
  } else if (!text.empty()) {
    text.remove_prefix(1);
  }
  return line;
}

// A '#' begins a comment at the start of a line or after white space: it is
// part of a URL otherwise.
std::string_view WithoutComment(std::string_view line) {
  for (size_t at = line.find('#'); at != std::string_view::npos;
       at = line.find('#', at + 1)) {
    if (at == 0 || IsBlank(line[at - 1])) return line.substr(0, at);
  }
  return line;
}

bool IsComment(std::string_view line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  return !line.empty() && line.front() == '#';
}

// Words in the way of a POSIX shell, without its expansions.
std::vector<std::string> SplitWords(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '"' || c == '\'') {
      quote = c;
      in_word = true;
    } else if (IsBlank(c)) {
      if (in_word) words.push_back(std::exchange(word, {}));
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (in_word) words.push_back(std::move(word));
  return words;
}

}  // namespace

std::vector<RequirementsLine> RequirementsLines(std::string_view text) {
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  std::vector<RequirementsLine> lines;
  RequirementsLine line;
  for (size_t number = 1; !text.empty(); ++number) {
    const std::string_view physical = TakeLine(text);
    if (line.number == 0) line.number = number;
    // Comments are dropped after lines are joined, but a line that is nothing
    // else ends what it is joined to.
    const bool is_comment = IsComment(physical);
    const bool goes_on =
        !is_comment && !physical.empty() && physical.back() == '\\';
    if (is_comment) line.text += ' ';
    line.text += physical.substr(0, physical.size() - (goes_on ? 1 : 0));
    if (goes_on && !text.empty()) continue;
    line.text = std::string(Trim(WithoutComment(line.text)));
    if (!line.text.empty()) lines.push_back(std::move(line));
    line = {};
  }
  return lines;
}

RequirementsWords SplitOptions(std::string_view line) {
  RequirementsWords words;
  size_t at = 0;
  while (at < line.size()) {
    const bool starts_word = at == 0 || IsBlank(line[at - 1]);
    if (starts_word && line[at] == '-') break;
    ++at;
  }
  words.requirement = std::string(Trim(line.substr(0, at)));
  words.options = SplitWords(line.substr(at));
  // "--hash=x" and "-rx" as "--hash x" and "-r x".
  for (size_t i = 0; i < words.options.size(); ++i) {
    std::string& word = words.options[i];
    const bool is_long = word.substr(0, 2) == "--";
    if (word.size() < 3 || word[0] != '-') continue;
    const size_t end = is_long ? word.find('=') : 2;
    if (end == std::string::npos) continue;
    std::string value = word.substr(is_long ? end + 1 : end);
    word.resize(end);
    words.options.insert(
        words.options.begin() + static_cast<std::ptrdiff_t>(i) + 1,
        std::move(value));
    ++i;
  }
  return words;
}

}  // namespace tufmirror::select
