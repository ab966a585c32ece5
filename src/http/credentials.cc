// See credentials.h. No message here contains a secret.
#include "http/credentials.h"

#include <algorithm>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "fmt/format.h"
#include "http/url.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/secret_file.h"

namespace tufmirror::http {
namespace {

constexpr char kUpstreamVariable[] = "TUFMIRROR_UPSTREAM_CREDENTIALS";
constexpr char kProxyVariable[] = "TUFMIRROR_PROXY_CREDENTIALS";

absl::Status UsageFailure(std::string_view message) {
  return MakeFailure(Failure::kUsage, message);
}

// The first line of the environment's `variable` if that is set, else of
// `file` if one is named; empty if there is neither.
absl::StatusOr<std::string> ReadSecret(const std::string& file,
                                       const char* variable) {
  const char* value = std::getenv(variable);
  const bool from_variable = value != nullptr && *value != '\0';
  std::string text = from_variable ? value : "";
  if (!from_variable && !file.empty()) {
    ASSIGN_OR_RETURN(const crypto::Secret secret,
                     crypto::ReadSecretFile(file, "credentials file"));
    text = secret.view();
  }
  text.resize(std::min(text.size(), text.find('\n')));
  if (!text.empty() && text.back() == '\r') text.pop_back();
  const std::string source = from_variable ? variable : file;
  for (const char c : text) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) {
      return UsageFailure(fmt::format(
          "credentials of {}: expected no control characters in its first line",
          Printable(source)));
    }
  }
  if (text.empty() && !source.empty()) {
    return UsageFailure(
        fmt::format("credentials of {}: expected them in its first line, got "
                    "an empty one",
                    Printable(source)));
  }
  return text;
}

// `text` is "user:password".
absl::StatusOr<Login> BasicLogin(std::string_view text, std::string_view what) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    return UsageFailure(
        fmt::format("{}: expected \"user:password\", got no colon", what));
  }
  return Login{.scheme = AuthScheme::kBasic,
               .user = std::string(text.substr(0, colon)),
               .secret = std::string(text.substr(colon + 1))};
}

// Of a URL: percent-encoded, and a user alone is one without a password.
Login LoginOfUserInfo(std::string_view user_info) {
  const size_t colon = std::min(user_info.find(':'), user_info.size());
  const std::string_view password =
      user_info.substr(std::min(colon + 1, user_info.size()));
  return {.scheme = AuthScheme::kBasic,
          .user = PercentDecode(user_info.substr(0, colon)),
          .secret = PercentDecode(password)};
}

absl::StatusOr<Login> BearerLogin(std::string_view token) {
  for (const char c : token) {
    if (!absl::ascii_isgraph(static_cast<unsigned char>(c))) {
      return UsageFailure(
          "upstream credentials: expected a token of visible ASCII "
          "characters, got others");
    }
  }
  return Login{
      .scheme = AuthScheme::kBearer, .user = {}, .secret = std::string(token)};
}

absl::StatusOr<std::optional<Login>> UpstreamLogin(
    const TransferOptions& options) {
  if (options.auth == AuthScheme::kNone) return std::nullopt;
  ASSIGN_OR_RETURN(const std::string text,
                   ReadSecret(options.credentials_file, kUpstreamVariable));
  if (text.empty()) {
    return UsageFailure(
        fmt::format("upstream credentials: expected them in a file "
                    "(credentials_file) or in {}, got none",
                    kUpstreamVariable));
  }
  if (options.auth == AuthScheme::kBearer) return BearerLogin(text);
  return BasicLogin(text, "upstream credentials");
}

absl::Status CheckProxyUrl(std::string_view url, std::string_view shown) {
  for (const std::string_view scheme : {"http", "https", "socks5", "socks5h"}) {
    if (!HasScheme(url, scheme)) continue;
    std::string as_http("http");
    as_http.append(url.substr(scheme.size()));
    if (as_http.back() == '/') as_http.pop_back();
    const bool has_path = as_http.find_first_of("/?", 7) != std::string::npos;
    if (!has_path && CheckUrl(as_http).ok()) return absl::OkStatus();
    break;
  }
  return UsageFailure(
      fmt::format("proxy \"{}\": expected http://, https://, socks5:// or "
                  "socks5h:// and a host with a port",
                  shown));
}

}  // namespace

absl::StatusOr<Credentials> Credentials::Load(const TransferOptions& options) {
  Credentials credentials;
  credentials.plain_too_ = options.allow_plain_credentials;
  RETURN_IF_ERROR(credentials.LoadLogins(options));
  RETURN_IF_ERROR(credentials.LoadProxy(options));
  RETURN_IF_ERROR(credentials.LoadNetrc(options));
  return credentials;
}

absl::Status Credentials::LoadLogins(const TransferOptions& options) {
  ASSIGN_OR_RETURN(const std::optional<Login> shared, UpstreamLogin(options));
  for (const std::string& url : options.credential_urls) {
    RETURN_IF_ERROR(CheckUrl(url));
    const std::string user_info = UserInfoOf(url);
    std::optional<Login> login = shared;
    if (!user_info.empty()) {
      login = LoginOfUserInfo(user_info);
    }
    if (!login || HasScheme(url, "file")) continue;
    if (!plain_too_ && !IsPrivateWay(url)) {
      return UsageFailure(fmt::format(
          "credentials for {}: expected an https URL, as anyone on the way "
          "reads what is sent over http; to send them all the same: "
          "allow_plain_credentials = true",
          RedactUrl(url)));
    }
    servers_.push_back({ServerOf(url), *std::move(login)});
  }
  return absl::OkStatus();
}

absl::Status Credentials::LoadProxy(const TransferOptions& options) {
  ASSIGN_OR_RETURN(const std::string text,
                   ReadSecret(options.proxy_credentials_file, kProxyVariable));
  if (!text.empty()) {
    ASSIGN_OR_RETURN(proxy_login_, BasicLogin(text, "proxy credentials"));
  }
  if (options.proxy.empty()) return absl::OkStatus();
  // As with curl, a proxy without a scheme is one for http.
  const std::string url = options.proxy.find("://") == std::string::npos
                              ? "http://" + options.proxy
                              : options.proxy;
  RETURN_IF_ERROR(CheckProxyUrl(url, RedactUrl(options.proxy)));
  const std::string user_info = UserInfoOf(url);
  if (!user_info.empty() && !proxy_login_) {
    proxy_login_ = LoginOfUserInfo(user_info);
  }
  // libcurl gets the login apart, so that no message of its own can show it.
  proxy_ = WithoutUserInfo(url);
  return absl::OkStatus();
}

absl::Status Credentials::LoadNetrc(const TransferOptions& options) {
  if (!options.netrc) return absl::OkStatus();
  netrc_ = *options.netrc;
  if (netrc_.empty()) {
    const char* home = std::getenv("HOME");
    netrc_ = fmt::format("{}/.netrc", home == nullptr ? "" : home);
  }
  return Annotate(crypto::ReadSecretFile(netrc_, "netrc file").status(),
                  "netrc");
}

const Login* Credentials::For(std::string_view url) const {
  if (servers_.empty() || !UserInfoOf(url).empty()) return nullptr;
  const std::string name = ServerOf(url);
  for (const Server& server : servers_) {
    if (server.name == name) return &server.login;
  }
  return nullptr;
}

const std::string& Credentials::NetrcFor(std::string_view url) const {
  const bool wanted = !netrc_.empty() && UserInfoOf(url).empty() &&
                      (plain_too_ || IsPrivateWay(url));
  return wanted ? netrc_ : none_;
}

}  // namespace tufmirror::http
