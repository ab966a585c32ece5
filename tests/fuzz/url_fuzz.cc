// URLs from configuration, redirects and pages: checks, joins, links and
// redaction hold for any text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "http/url.h"
#include "tufmirror/http/transfers.h"

namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const bool good = tufmirror::http::CheckUrl(text).ok();
  if (good) Require(text.find_first_of("\r\n") == std::string_view::npos);

  const std::string shown = tufmirror::http::RedactUrl(text);
  Require(shown.find('\n') == std::string::npos);

  const std::string encoded = tufmirror::http::EncodeUrlPath(text);
  Require(encoded.find_first_of("?#%\\ \r\n\"") == std::string::npos ||
          encoded.find('%') != std::string::npos);
  const absl::StatusOr<std::string> path =
      tufmirror::http::FilePathOf("file:///" + encoded);
  if (path.ok()) Require(*path == "/" + std::string(text));

  const std::string joined =
      tufmirror::http::JoinUrl("http://host/base/", encoded);
  Require(joined.starts_with("http://host/base/"));
  (void)tufmirror::http::FilePathOf(text);

  // Links of a hostile page, and a page of a hostile address.
  const absl::StatusOr<std::string> link =
      tufmirror::http::ResolveUrl("https://host/simple/a/", text);
  if (link.ok()) {
    Require(tufmirror::http::CheckUrl(*link).ok());
    Require(!tufmirror::http::HasScheme(*link, "file"));
    Require(tufmirror::http::UserInfoOf(*link).empty());
  }
  (void)tufmirror::http::ResolveUrl(text, "../b");
  Require(tufmirror::http::UserInfoOf(tufmirror::http::WithoutUserInfo(text))
              .empty() ||
          !good);
  return 0;
}
