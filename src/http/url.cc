// Checking, joining and hiding parts of URLs. Stricter than RFC 3986 where
// parsers are known to disagree: no backslash, no space, no fragment.
#include "http/url.h"

#include <cstddef>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/http/transfers.h"

namespace tufmirror::http {
namespace {

constexpr std::string_view kSchemeEnd = "://";
constexpr size_t kMaxUrlBytes = 16384;

// Where the user part may begin: after "scheme://", else at the start.
size_t AuthorityStart(std::string_view url) {
  const size_t end = url.find(kSchemeEnd);
  return end == std::string_view::npos ? 0 : end + kSchemeEnd.size();
}

// The authority: everything from `start` to the next path, query or fragment.
std::string_view AuthorityOf(std::string_view url, size_t start) {
  const size_t end = url.find_first_of("/?#\\", start);
  return url.substr(start, end == std::string_view::npos ? end : end - start);
}

absl::Status BadUrl(std::string_view url, std::string_view why) {
  return MakeFailure(Failure::kUsage,
                     fmt::format("URL \"{}\": {}", RedactUrl(url), why));
}

bool IsPort(std::string_view port) {
  if (port.empty() || port.size() > 5) return false;
  unsigned value = 0;
  for (const char c : port) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value > 0 && value <= 65535;
}

bool IsHostName(std::string_view host) {
  for (const char c : host) {
    const auto byte = static_cast<unsigned char>(c);
    const bool fine = absl::ascii_isalnum(byte) || byte >= 0x80 || c == '-' ||
                      c == '.' || c == '_' || c == '~';
    if (!fine) return false;
  }
  return !host.empty();
}

bool IsBracketedAddress(std::string_view host) {
  if (host.size() < 4 || host.front() != '[' || host.back() != ']') {
    return false;
  }
  for (const char c : host.substr(1, host.size() - 2)) {
    const bool fine = absl::ascii_isxdigit(static_cast<unsigned char>(c)) ||
                      c == ':' || c == '.';
    if (!fine) return false;
  }
  return true;
}

absl::Status CheckAuthority(std::string_view url, std::string_view authority) {
  const size_t at = authority.rfind('@');
  std::string_view host =
      at == std::string_view::npos ? authority : authority.substr(at + 1);
  const size_t colon = host.rfind(':');
  const size_t bracket = host.rfind(']');
  if (colon != std::string_view::npos &&
      (bracket == std::string_view::npos || colon > bracket)) {
    if (!IsPort(host.substr(colon + 1))) {
      return BadUrl(url, "expected a port from 1 to 65535");
    }
    host = host.substr(0, colon);
  }
  if (!IsHostName(host) && !IsBracketedAddress(host)) {
    return BadUrl(url, "expected a host name or address");
  }
  return absl::OkStatus();
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The host of an authority without its user part; brackets stay.
std::string_view HostOf(std::string_view authority) {
  const size_t colon = authority.rfind(':');
  const size_t bracket = authority.rfind(']');
  const bool has_port = colon != std::string_view::npos &&
                        (bracket == std::string_view::npos || colon > bracket);
  return has_port ? authority.substr(0, colon) : authority;
}

// Where in `url` the authority's part after '@' begins.
size_t HostStart(std::string_view url) {
  const size_t start = AuthorityStart(url);
  const size_t at = AuthorityOf(url, start).rfind('@');
  return at == std::string_view::npos ? start : start + at + 1;
}

// 127.0.0.0/8: four numbers, so that no name can look like it.
bool IsLoopbackAddress(std::string_view host) {
  const std::vector<absl::string_view> parts =
      absl::StrSplit(ToAbsl(host), '.');
  if (parts.size() != 4 || parts[0] != "127") return false;
  for (const absl::string_view part : parts) {
    int number = 0;
    if (part.empty() || part.size() > 3 || !absl::SimpleAtoi(part, &number) ||
        number < 0 || number > 255) {
      return false;
    }
  }
  return true;
}

}  // namespace

bool HasScheme(std::string_view url, std::string_view scheme) {
  return url.size() > scheme.size() + kSchemeEnd.size() - 1 &&
         absl::EqualsIgnoreCase(ToAbsl(url.substr(0, scheme.size())),
                                ToAbsl(scheme)) &&
         url.substr(scheme.size(), kSchemeEnd.size()) == kSchemeEnd;
}

std::string PercentDecode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = HexValue(text[i + 1]);
      const int low = HexValue(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out.push_back(static_cast<char>(high * 16 + low));
        i += 2;
        continue;
      }
    }
    out.push_back(text[i]);
  }
  return out;
}

std::string UserInfoOf(std::string_view url) {
  const size_t start = AuthorityStart(url);
  const size_t host = HostStart(url);
  return host == start ? std::string()
                       : std::string(url.substr(start, host - start - 1));
}

std::string WithoutUserInfo(std::string_view url) {
  std::string out(url.substr(0, AuthorityStart(url)));
  return out.append(url.substr(HostStart(url)));
}

std::string ServerOf(std::string_view url) {
  const std::string_view authority = AuthorityOf(url, HostStart(url));
  const std::string_view host = HostOf(authority);
  const bool has_port = host.size() < authority.size();
  const bool https = HasScheme(url, "https");
  const std::string_view port = has_port ? authority.substr(host.size() + 1)
                                : https  ? std::string_view("443")
                                         : std::string_view("80");
  return fmt::format("{}://{}:{}", https ? "https" : "http",
                     absl::AsciiStrToLower(ToAbsl(host)), port);
}

bool IsPrivateWay(std::string_view url) {
  if (!HasScheme(url, "http")) return true;
  const std::string_view host = HostOf(AuthorityOf(url, HostStart(url)));
  return absl::EqualsIgnoreCase(ToAbsl(host), "localhost") || host == "[::1]" ||
         IsLoopbackAddress(host);
}

std::string RedactText(std::string_view text) {
  const size_t at = text.rfind('@');
  if (at == std::string_view::npos) return Printable(text);
  const std::string_view before = text.substr(0, at);
  const size_t scheme = before.find(kSchemeEnd);
  const size_t start = scheme == std::string_view::npos
                           ? before.find_first_of("'\"") + 1
                           : scheme + kSchemeEnd.size();
  return Printable(
      fmt::format("{}***{}", text.substr(0, start), text.substr(at)));
}

std::string RedactUrl(std::string_view url) {
  const size_t start = AuthorityStart(url);
  // A backslash or anything else that parsers read differently must not leave
  // a password visible, so the user part is taken to be as long as possible.
  const size_t end = url.find_first_of("/?#", start);
  const std::string_view authority =
      url.substr(start, end == std::string_view::npos ? end : end - start);
  const size_t at = authority.rfind('@');
  if (at == std::string_view::npos) return Printable(url);
  return Printable(
      fmt::format("{}***{}", url.substr(0, start), url.substr(start + at)));
}

absl::Status CheckUrl(std::string_view url) {
  if (url.size() > kMaxUrlBytes) {
    return BadUrl(url, fmt::format("expected at most {} bytes, got {}",
                                   kMaxUrlBytes, url.size()));
  }
  for (const char c : url) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) {
      return BadUrl(url, "expected no control characters");
    }
  }
  const bool is_file = HasScheme(url, "file");
  if (!is_file && !HasScheme(url, "http") && !HasScheme(url, "https")) {
    return BadUrl(url, "expected http://, https:// or file://");
  }
  const std::string_view authority = AuthorityOf(url, AuthorityStart(url));
  if (is_file) {
    if (!authority.empty() &&
        !absl::EqualsIgnoreCase(ToAbsl(authority), "localhost")) {
      return BadUrl(url, "expected a file on this machine: file:///path");
    }
    if (url.size() == AuthorityStart(url) + authority.size()) {
      return BadUrl(url, "expected a path: file:///path");
    }
    return absl::OkStatus();
  }
  if (url.find_first_of(" \\#") != std::string_view::npos) {
    return BadUrl(url, "expected no space, backslash or fragment");
  }
  return CheckAuthority(url, authority);
}

absl::Status CheckBaseUrl(std::string_view url) {
  RETURN_IF_ERROR(CheckUrl(url));
  if (url.find('?') != std::string_view::npos) {
    return BadUrl(url,
                  "expected a base URL without a query (a '?' of a path is "
                  "written %3F)");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> FilePathOf(std::string_view url) {
  RETURN_IF_ERROR(CheckUrl(url));
  if (!HasScheme(url, "file")) return BadUrl(url, "expected a file URL");
  const size_t start = AuthorityStart(url);
  std::string path =
      PercentDecode(url.substr(start + AuthorityOf(url, start).size()));
  if (path.find('\0') != std::string::npos) {
    return BadUrl(url, "expected a path without NUL");
  }
  if (path.front() != '/') return BadUrl(url, "expected an absolute path");
  return path;
}

std::string EncodeUrlPath(std::string_view path) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  out.reserve(path.size() + 16);
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || c == '-' || c == '.' || c == '_' ||
        c == '~' || c == '/') {
      out.push_back(c);
    } else {
      out.push_back('%');
      out.push_back(kDigits[byte >> 4]);
      out.push_back(kDigits[byte & 15]);
    }
  }
  return out;
}

std::string JoinUrl(std::string_view base, std::string_view relative) {
  const size_t least = AuthorityStart(base);
  while (base.size() > least && base.back() == '/') base.remove_suffix(1);
  while (!relative.empty() && relative.front() == '/') {
    relative.remove_prefix(1);
  }
  std::string out;
  out.reserve(base.size() + 1 + relative.size());
  out.append(base).append("/").append(relative);
  return out;
}

}  // namespace tufmirror::http
