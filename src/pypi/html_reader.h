// The few elements of an HTML page that an index page is made of, read in one
// pass.
//
// Pages come from outside and from servers of every age. A tree of all that
// they may hold has no bound that the size of the page would give: a parser
// that repairs misnested markup can make many elements of one tag, and recurse
// into them. So the page is first cut into its tags by the rules of the HTML
// standard, all but a few kinds are dropped, and only flat runs of those are
// given to the HTML parser (gumbo, included in src/pypi/html_reader.cc only)
// for their attributes and character references.
#ifndef TUFMIRROR_SRC_PYPI_HTML_READER_H_
#define TUFMIRROR_SRC_PYPI_HTML_READER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tufmirror::pypi {

// An <a>, <base>, <h1> or <meta>, with all references decoded.
struct HtmlElement {
  std::string tag;                                              // lower case
  std::vector<std::pair<std::string, std::string>> attributes;  // lower case
  // Of <a> and <h1>: what is before the next of these elements or its own end
  // tag, white space at both ends dropped. Cut after a few thousand bytes.
  std::string text;

  // The value of an attribute, null if absent.
  const std::string* Find(std::string_view attribute) const;
};

// What else a page has.
struct HtmlFacts {
  bool has_markup = false;  // any start tag, comment or doctype
  bool has_form = false;    // a form or one of its fields
  uint64_t oversized = 0;   // elements passed over: no honest tag is so large
  std::string serial;       // the text behind "SERIAL" in the last such comment
};

// Calls `visit` for each element in the order of the page, until it returns an
// error, which is then returned. Never fails otherwise: there is no text that
// is not HTML of some kind. Time and memory are linear in `text`.
absl::StatusOr<HtmlFacts> ReadHtml(
    std::string_view text,
    absl::FunctionRef<absl::Status(const HtmlElement&)> visit);

}  // namespace tufmirror::pypi

#endif  // TUFMIRROR_SRC_PYPI_HTML_READER_H_
