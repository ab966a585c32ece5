// What the pages of an HTML index share: where a link leads by its last
// segment, and whether the page is an index page at all.
#ifndef TUFMIRROR_SRC_PYPI_HTML_LINK_H_
#define TUFMIRROR_SRC_PYPI_HTML_LINK_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "pypi/html_reader.h"

namespace tufmirror::pypi {

// The last segment of the path of `url`, percent-decoded once, without query
// and fragment; of the one before a final slash if `url` ends in one. May hold
// anything, '/' too.
std::string LastSegment(std::string_view url);

// kMalformed if a <meta> names a major API version that is not known here (PEP
// 629); any other element is fine.
absl::Status CheckRepositoryVersion(const HtmlElement& element);

// kMalformed if `text` is no index page: not HTML at all, or a form (as a
// sign-in page is) with not one of the `links` that an index page has.
absl::Status CheckIsIndexPage(std::string_view text, const HtmlFacts& facts,
                              uint64_t links);

}  // namespace tufmirror::pypi

#endif  // TUFMIRROR_SRC_PYPI_HTML_LINK_H_
