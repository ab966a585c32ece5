#include "pypi/html_tags.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"

namespace tufmirror::pypi {
namespace {

constexpr std::string_view kWhiteSpace = " \t\r\n\f";

// Elements whose content has no tags but their own end tag.
constexpr std::string_view kRawTextElements[] = {
    "iframe", "noembed",  "noframes", "plaintext", "script",
    "style",  "textarea", "title",    "xmp"};

bool IsLetter(std::string_view text, size_t at) {
  return at < text.size() &&
         absl::ascii_isalpha(static_cast<unsigned char>(text[at]));
}

bool StartsWith(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  absl::AsciiStrToLower(&lower);
  return lower;
}

// The offset of the '>' that ends a tag whose name ends at `at`, or npos;
// counts attributes on the way.
size_t EndOfTag(std::string_view text, size_t at, size_t& attributes) {
  constexpr size_t kNone = std::string_view::npos;
  while (true) {
    at = text.find_first_not_of(" \t\r\n\f/", at);
    if (at == kNone || text[at] == '>') return at;
    ++attributes;
    // The first character belongs to the name even if it is '='.
    at = text.find_first_of(" \t\r\n\f/>=", at + 1);
    if (at == kNone) return at;
    const size_t after = text.find_first_not_of(kWhiteSpace, at);
    if (after == kNone || text[after] != '=') continue;
    at = text.find_first_not_of(kWhiteSpace, after + 1);
    if (at == kNone || text[at] == '>') return at;
    if (text[at] == '"' || text[at] == '\'') {
      at = text.find(text[at], at + 1);
      if (at == kNone) return at;
      ++at;
    } else {
      at = text.find_first_of(" \t\r\n\f>", at);
    }
    if (at == kNone) return at;
  }
}

}  // namespace

HtmlToken HtmlTags::Next() {
  if (!raw_text_.empty()) return TakeRawText();
  if (rest_.empty()) return {};
  const size_t end = std::min(rest_.find('<'), rest_.size());
  if (end == 0) return NextMarkup();
  HtmlToken token{
      .kind = HtmlToken::Kind::kText, .name = {}, .body = rest_.substr(0, end)};
  rest_.remove_prefix(end);
  return token;
}

HtmlToken HtmlTags::NextMarkup() {
  using Kind = HtmlToken::Kind;
  if (IsLetter(rest_, 1)) return TakeTag(Kind::kStartTag, 1);
  if (StartsWith(rest_, "</") && IsLetter(rest_, 2)) {
    return TakeTag(Kind::kEndTag, 2);
  }
  // "<!-->" and "<!--->" are whole comments.
  if (StartsWith(rest_, "<!--")) return TakeTo(Kind::kComment, 2, "-->");
  if (StartsWith(rest_, "<!") || StartsWith(rest_, "<?") ||
      StartsWith(rest_, "</")) {
    return TakeTo(Kind::kOther, 2, ">");
  }
  HtmlToken token{.kind = Kind::kText, .name = {}, .body = rest_.substr(0, 1)};
  rest_.remove_prefix(1);
  return token;
}

HtmlToken HtmlTags::TakeTag(HtmlToken::Kind kind, size_t name_at) {
  const size_t name_end =
      std::min(rest_.find_first_of(" \t\r\n\f/>", name_at), rest_.size());
  HtmlToken token{.kind = kind, .name = {}, .body = {}};
  const size_t end = EndOfTag(rest_, name_end, token.attributes);
  if (end == std::string_view::npos) {  // a tag without an end is none
    rest_ = {};
    return {};
  }
  token.name = LowerCase(rest_.substr(name_at, name_end - name_at));
  token.body = rest_.substr(name_end, end - name_end);
  rest_.remove_prefix(end + 1);
  if (kind == HtmlToken::Kind::kStartTag &&
      std::find(std::begin(kRawTextElements), std::end(kRawTextElements),
                token.name) != std::end(kRawTextElements)) {
    raw_text_ = token.name;
  }
  return token;
}

HtmlToken HtmlTags::TakeTo(HtmlToken::Kind kind, size_t begin,
                           std::string_view end) {
  const size_t at = rest_.find(end, begin);
  HtmlToken token{
      .kind = kind, .name = {}, .body = rest_.substr(begin, at - begin)};
  rest_.remove_prefix(at == std::string_view::npos ? rest_.size()
                                                   : at + end.size());
  return token;
}

HtmlToken HtmlTags::TakeRawText() {
  const std::string element = std::exchange(raw_text_, {});
  size_t end = 0;
  while (true) {
    end = rest_.find("</", end);
    if (end == std::string_view::npos || element == "plaintext") {
      end = rest_.size();
      break;
    }
    const std::string_view name = rest_.substr(end + 2, element.size());
    const size_t after = end + 2 + element.size();
    if (LowerCase(name) == element && after < rest_.size() &&
        std::string_view(" \t\r\n\f/>").find(rest_[after]) !=
            std::string_view::npos) {
      break;
    }
    end += 2;
  }
  HtmlToken token{.kind = HtmlToken::Kind::kOther,
                  .name = {},
                  .body = rest_.substr(0, end)};
  rest_.remove_prefix(end);
  return token;
}

}  // namespace tufmirror::pypi
