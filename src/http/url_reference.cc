// Links on pages: resolved by libcurl's URL parser, the one that will make the
// request, so that no second opinion about a host can matter.
#include <curl/curl.h>

#include <memory>
#include <string>

#include "absl/strings/ascii.h"
#include "fmt/format.h"
#include "http/url.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/http/transfers.h"

namespace tufmirror::http {
namespace {

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using ParsedUrl = std::unique_ptr<CURLU, FreeUrl>;

struct FreeText {
  void operator()(char* text) const { curl_free(text); }
};

bool HasPart(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  const bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK;
  const std::unique_ptr<char, FreeText> owner(text);
  return has;
}

// Null if libcurl cannot parse it.
ParsedUrl ParseWithoutCredentials(std::string_view text) {
  ParsedUrl url(curl_url());
  const std::string terminated(text);
  if (url == nullptr || curl_url_set(url.get(), CURLUPART_URL,
                                     terminated.c_str(), 0) != CURLUE_OK) {
    return nullptr;
  }
  curl_url_set(url.get(), CURLUPART_USER, nullptr, 0);
  curl_url_set(url.get(), CURLUPART_PASSWORD, nullptr, 0);
  curl_url_set(url.get(), CURLUPART_FRAGMENT, nullptr, 0);
  return url;
}

// Empty if there is none.
std::string TextOf(CURLU* url) {
  char* text = nullptr;
  if (curl_url_get(url, CURLUPART_URL, &text, 0) != CURLUE_OK) return {};
  const std::unique_ptr<char, FreeText> owner(text);
  return text;
}

// Pages are often careless about these, and mean nothing else by them.
std::string EncodeCarelessBytes(std::string_view reference) {
  std::string out;
  out.reserve(reference.size());
  for (const char c : reference) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == ' ' || byte >= 0x80) {
      out += fmt::format("%{:02X}", byte);
    } else {
      out += c;
    }
  }
  return out;
}

absl::Status BadLink(std::string_view reference, std::string_view why) {
  // RedactUrl finds the host of "//host/path" only without the slashes.
  const size_t slashes = reference.starts_with("//") ? 2 : 0;
  return MakeFailure(
      Failure::kMalformed,
      fmt::format("link \"{}{}\": {}", reference.substr(0, slashes),
                  RedactUrl(reference.substr(slashes)), why));
}

}  // namespace

std::string WithoutCredentials(std::string_view url) {
  const ParsedUrl parsed = ParseWithoutCredentials(url);
  return parsed == nullptr ? std::string() : TextOf(parsed.get());
}

absl::StatusOr<std::string> ResolveUrl(std::string_view base,
                                       std::string_view reference) {
  for (const char c : reference) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c)) || c == '\\') {
      return BadLink(reference, "expected no control character or backslash");
    }
  }
  const ParsedUrl url = ParseWithoutCredentials(base);
  if (url == nullptr) {
    return MakeFailure(
        Failure::kMalformed,
        fmt::format("page \"{}\": expected an absolute URL", RedactUrl(base)));
  }
  const std::string text =
      EncodeCarelessBytes(reference.substr(0, reference.find('#')));
  // An empty reference means the page itself; libcurl has no such thing.
  if (!text.empty() &&
      curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) {
    return BadLink(reference, "expected a URL or a path");
  }
  if (HasPart(url.get(), CURLUPART_USER) ||
      HasPart(url.get(), CURLUPART_PASSWORD)) {
    return BadLink(reference, "expected no user or password");
  }
  const std::string resolved = TextOf(url.get());
  if (HasScheme(resolved, "file") && !HasScheme(base, "file")) {
    return BadLink(reference, "expected no file URL on a page from a server");
  }
  if (const absl::Status status = CheckUrl(resolved); !status.ok()) {
    return BadLink(reference, MessageOf(status));
  }
  return resolved;
}

}  // namespace tufmirror::http
