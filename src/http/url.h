// URLs cut into their parts, once, for the checks and messages of this module.
#ifndef TUFMIRROR_SRC_HTTP_URL_H_
#define TUFMIRROR_SRC_HTTP_URL_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tufmirror::http {

// True for "scheme://...", the scheme compared without regard to case.
bool HasScheme(std::string_view url, std::string_view scheme);

// `url` without its user and password; empty if libcurl cannot parse it.
std::string WithoutCredentials(std::string_view url);

// The absolute path that a file URL names, percent-decoded. kUsage if the URL
// is not one that CheckUrl accepts, or decodes to a path with a NUL.
absl::StatusOr<std::string> FilePathOf(std::string_view url);

}  // namespace tufmirror::http

#endif  // TUFMIRROR_SRC_HTTP_URL_H_
