// URLs cut into their parts, once, for the checks and messages of this module.
#ifndef TUFMIRROR_SRC_HTTP_URL_H_
#define TUFMIRROR_SRC_HTTP_URL_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tufmirror::http {

// True for "scheme://...", the scheme compared without regard to case.
bool HasScheme(std::string_view url, std::string_view scheme);

// "user:password", "user" or nothing, as it stands in `url`.
std::string UserInfoOf(std::string_view url);
// `url` without that and its '@', otherwise unchanged.
std::string WithoutUserInfo(std::string_view url);
std::string PercentDecode(std::string_view text);

// "https://host:443": scheme, host and port of an http or https URL, in one
// spelling.
std::string ServerOf(std::string_view url);
// True if nobody else reads what is sent there: https, file, or a server on
// this machine.
bool IsPrivateWay(std::string_view url);

// `text` from a library, with whatever stands before an '@' in it hidden.
std::string RedactText(std::string_view text);

// `url` without its user and password; empty if libcurl cannot parse it.
std::string WithoutCredentials(std::string_view url);

// The absolute path that a file URL names, percent-decoded. kUsage if the URL
// is not one that CheckUrl accepts, or decodes to a path with a NUL.
absl::StatusOr<std::string> FilePathOf(std::string_view url);

}  // namespace tufmirror::http

#endif  // TUFMIRROR_SRC_HTTP_URL_H_
