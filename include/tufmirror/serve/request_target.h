// The request target of a request line, parsed once: a safe path or a refusal.
#ifndef TUFMIRROR_SERVE_REQUEST_TARGET_H_
#define TUFMIRROR_SERVE_REQUEST_TARGET_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tufmirror::serve {

struct RequestTarget {
  // Decoded, without slashes at either end; empty for "/". A TargetPath
  // otherwise: no "..", no empty segment, no backslash, no control character.
  std::string path;
  bool directory = false;  // the path ended with '/'
  std::string query;       // as received, with its '?'; empty if none
  std::string format;      // value of the query's "format" (PEP 691)
};

// kMalformed or kUnsafePath for whatever is not the origin form of a safe
// path: absolute forms, bad escapes, encoded slashes outside metadata/, NULs,
// traversal.
absl::StatusOr<RequestTarget> ParseRequestTarget(std::string_view target);

// "NAME" of "simple/NAME"; nullopt for other paths.
std::optional<std::string_view> ProjectOf(std::string_view path);

}  // namespace tufmirror::serve

#endif  // TUFMIRROR_SERVE_REQUEST_TARGET_H_
