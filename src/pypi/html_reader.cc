#include "pypi/html_reader.h"

#include <gumbo.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "pypi/html_tags.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::pypi {
namespace {

// A flat run is parsed when it is this long.
constexpr size_t kHtmlRunBytes = size_t{64} << 10;
// gumbo compares each attribute of a tag with all before it.
constexpr size_t kMaxTagBytes = size_t{256} << 10;
constexpr size_t kMaxAttributes = 64;
constexpr size_t kMaxTextBytes = 4096;

HtmlElement ElementOf(const GumboNode& node) {
  const GumboElement& parsed = node.v.element;
  HtmlElement element;
  element.tag = gumbo_normalized_tagname(parsed.tag);
  for (unsigned i = 0; i < parsed.attributes.length; ++i) {
    const auto* attribute =
        static_cast<const GumboAttribute*>(parsed.attributes.data[i]);
    element.attributes.emplace_back(attribute->name, attribute->value);
  }
  for (unsigned i = 0; i < parsed.children.length; ++i) {
    const auto* child = static_cast<const GumboNode*>(parsed.children.data[i]);
    if (child->type == GUMBO_NODE_TEXT ||
        child->type == GUMBO_NODE_WHITESPACE) {
      element.text += child->v.text.text;
    }
  }
  element.text = std::string(StripWhitespace(element.text));
  return element;
}

struct DestroyOutput {
  void operator()(GumboOutput* output) const {
    gumbo_destroy_output(&kGumboDefaultOptions, output);
  }
};

// Visits the elements of one flat run: children of the root, never deeper.
absl::Status VisitRun(
    std::string_view run,
    absl::FunctionRef<absl::Status(const HtmlElement&)> visit) {
  GumboOptions options = kGumboDefaultOptions;
  options.max_errors = 0;
  options.fragment_context = GUMBO_TAG_BODY;
  const std::unique_ptr<GumboOutput, DestroyOutput> output(
      gumbo_parse_with_options(&options, run.data(), run.size()));
  const GumboVector& children = output->root->v.element.children;
  for (unsigned i = 0; i < children.length; ++i) {
    const auto* child = static_cast<const GumboNode*>(children.data[i]);
    if (child->type != GUMBO_NODE_ELEMENT) continue;
    RETURN_IF_ERROR(visit(ElementOf(*child)));
  }
  return absl::OkStatus();
}

// Writes the tags of interest, each closed before the next, as a flat run.
class Flattener {
 public:
  explicit Flattener(absl::FunctionRef<absl::Status(const HtmlElement&)> visit)
      : visit_(visit) {}

  absl::Status Take(const HtmlToken& token) {
    switch (token.kind) {
      case HtmlToken::Kind::kStartTag:
        facts_.has_markup = true;
        return TakeStartTag(token);
      case HtmlToken::Kind::kEndTag:
        if (token.name == open_) Close();
        return absl::OkStatus();
      case HtmlToken::Kind::kText:
        TakeText(token.body);
        return absl::OkStatus();
      case HtmlToken::Kind::kComment:
        facts_.has_markup = true;
        TakeComment(token.body);
        return absl::OkStatus();
      case HtmlToken::Kind::kOther:
        facts_.has_markup = true;
        break;
      case HtmlToken::Kind::kEnd:
        break;
    }
    return absl::OkStatus();
  }

  absl::StatusOr<HtmlFacts> Finish() {
    Close();
    RETURN_IF_ERROR(VisitRun(run_, visit_));
    return facts_;
  }

 private:
  absl::Status TakeStartTag(const HtmlToken& token) {
    const std::string& name = token.name;
    if (name == "form" || name == "input") facts_.has_form = true;
    const bool has_text = name == "a" || name == "h1";
    if (!has_text && name != "base" && name != "meta") return absl::OkStatus();
    Close();
    if (token.body.size() > kMaxTagBytes || token.attributes > kMaxAttributes) {
      ++facts_.oversized;
      return absl::OkStatus();
    }
    if (run_.size() > kHtmlRunBytes) {
      RETURN_IF_ERROR(VisitRun(run_, visit_));
      run_.clear();
    }
    run_ += '<';
    run_ += name;
    run_ += token.body;
    run_ += '>';
    if (has_text) open_ = name;
    return absl::OkStatus();
  }

  // A '<' that began no tag must not begin one in front of what follows here.
  void TakeText(std::string_view text) {
    if (open_.empty()) return;
    text = text.substr(0, kMaxTextBytes - std::min(kMaxTextBytes, text_bytes_));
    text_bytes_ += text.size();
    if (text == "<") {
      run_ += "&lt;";
    } else {
      run_ += text;
    }
  }

  void TakeComment(std::string_view comment) {
    // Its dashes are still there: "--SERIAL 123".
    comment.remove_prefix(std::min<size_t>(2, comment.size()));
    absl::string_view words = absl::StripAsciiWhitespace(ToAbsl(comment));
    if (!absl::ConsumePrefix(&words, "SERIAL")) return;
    facts_.serial = std::string(absl::StripAsciiWhitespace(words));
  }

  void Close() {
    if (open_.empty()) return;
    run_ += "</";
    run_ += open_;
    run_ += '>';
    open_.clear();
    text_bytes_ = 0;
  }

  absl::FunctionRef<absl::Status(const HtmlElement&)> visit_;
  HtmlFacts facts_;
  std::string run_;
  std::string open_;  // the element that takes text, if any
  size_t text_bytes_ = 0;
};

}  // namespace

const std::string* HtmlElement::Find(std::string_view attribute) const {
  for (const auto& [name, value] : attributes) {
    if (name == attribute) return &value;
  }
  return nullptr;
}

absl::StatusOr<HtmlFacts> ReadHtml(
    std::string_view text,
    absl::FunctionRef<absl::Status(const HtmlElement&)> visit) {
  Flattener flattener(visit);
  HtmlTags tags(text);
  for (HtmlToken token = tags.Next(); token.kind != HtmlToken::Kind::kEnd;
       token = tags.Next()) {
    RETURN_IF_ERROR(flattener.Take(token));
  }
  return flattener.Finish();
}

}  // namespace tufmirror::pypi
