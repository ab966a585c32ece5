// Cuts HTML into tags and text by the rules of the HTML standard's tokenizer,
// as far as they decide where a tag begins and ends.
#ifndef TUFMIRROR_SRC_PYPI_HTML_TAGS_H_
#define TUFMIRROR_SRC_PYPI_HTML_TAGS_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace tufmirror::pypi {

struct HtmlToken {
  enum class Kind { kText, kStartTag, kEndTag, kComment, kOther, kEnd };
  Kind kind = Kind::kEnd;
  std::string name;       // of a tag, lower case
  std::string_view body;  // text or comment; of a tag what is behind its name
  size_t attributes = 0;  // of a start tag
};

// Gives one token after the other; `text` outlives it. The text inside
// <script>, <style> and their like is given as one kOther token.
class HtmlTags {
 public:
  explicit HtmlTags(std::string_view text) : rest_(text) {}
  HtmlToken Next();

 private:
  HtmlToken NextMarkup();
  HtmlToken TakeTag(HtmlToken::Kind kind, size_t name_at);
  HtmlToken TakeTo(HtmlToken::Kind kind, size_t begin, std::string_view end);
  HtmlToken TakeRawText();

  std::string_view rest_;
  std::string raw_text_;  // the element whose raw text comes next
};

}  // namespace tufmirror::pypi

#endif  // TUFMIRROR_SRC_PYPI_HTML_TAGS_H_
