// Content negotiation of index pages (PEP 691, RFC 9110 section 12.5.1).
#ifndef TUFMIRROR_SERVE_NEGOTIATION_H_
#define TUFMIRROR_SERVE_NEGOTIATION_H_

#include <string_view>
#include <vector>

namespace tufmirror::serve {

// What an index page can be sent as.
enum class Representation {
  kJsonV1,    // application/vnd.pypi.simple.v1+json
  kHtmlV1,    // application/vnd.pypi.simple.v1+html
  kTextHtml,  // text/html
};

std::string_view ContentTypeOf(Representation representation);

// The representations that `accept` (all Accept header lines joined by ',')
// allows, best first. An empty header allows all, text/html first; media
// ranges that do not parse are passed over.
std::vector<Representation> Negotiate(std::string_view accept);

// Same for the value of the URL parameter "format": one exact media type.
std::vector<Representation> NegotiateFormat(std::string_view format);

}  // namespace tufmirror::serve

#endif  // TUFMIRROR_SERVE_NEGOTIATION_H_
