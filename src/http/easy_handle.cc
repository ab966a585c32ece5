// Every libcurl option that this program sets is set here.
#include "http/easy_handle.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "fmt/format.h"
#include "http/transfer_failure.h"
#include "http/url.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/compress/body_decoder.h"

namespace tufmirror::http {
namespace {

constexpr long kMaxRedirects = 5;
constexpr long kReceiveBuffer = 64 * 1024;
// The digests of downloads are over the bytes as stored, and a compressed body
// could unfold without bound: none is asked for unless the caller says so, and
// libcurl unfolds none, whatever a server sends.
constexpr char kIdentity[] = "Accept-Encoding: identity";
constexpr char kRefusedDowngrade[] = "redirect from https to http";

long Milliseconds(absl::Duration duration) {
  const int64_t count =
      absl::ToInt64Milliseconds(absl::Ceil(duration, absl::Milliseconds(1)));
  return static_cast<long>(
      std::clamp<int64_t>(count, 1, std::numeric_limits<int32_t>::max()));
}

long WholeSeconds(absl::Duration duration) {
  return std::max(1L, static_cast<long>(absl::ToInt64Seconds(
                          absl::Ceil(duration, absl::Seconds(1)))));
}

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

// The options that follow the curl tool's reading of the environment; libcurl
// itself reads the proxy variables.
std::string CaFile(const TransferOptions& options) {
  if (!options.ca_file.empty()) return options.ca_file;
  const std::string curl_bundle = Environment("CURL_CA_BUNDLE");
  return curl_bundle.empty() ? Environment("SSL_CERT_FILE") : curl_bundle;
}

std::string UserAgent(const TransferOptions& options) {
  const std::string agent = options.user_agent.empty()
                                ? "tufmirror/" TUFMIRROR_VERSION
                                : options.user_agent;
  if (options.contact.empty()) return agent;
  return fmt::format("{} (+{})", agent, options.contact);
}

// A speed limit of ours must not look like a slow server.
long MinSpeed(const TransferOptions& options) {
  uint64_t speed = options.min_speed;
  if (options.max_rate > 0) {
    const auto ways = static_cast<uint64_t>(std::max(options.concurrency, 1));
    speed = std::min(speed, options.max_rate / ways / 2);
  }
  return static_cast<long>(
      std::min<uint64_t>(speed, std::numeric_limits<int32_t>::max()));
}

absl::Status OptionFailure(CURLcode code, std::string_view option) {
  return MakeFailure(Failure::kInternal,
                     fmt::format("set transfer option {}: {}", option,
                                 curl_easy_strerror(code)));
}

template <typename T>
absl::Status Set(CURL* curl, CURLoption option, T value,
                 std::string_view name) {
  const CURLcode code = curl_easy_setopt(curl, option, value);
  return code == CURLE_OK ? absl::OkStatus() : OptionFailure(code, name);
}

absl::Status AppendHeader(HeaderList& list, const char* line) {
  curl_slist* longer = curl_slist_append(list.get(), line);
  if (longer == nullptr) {
    return MakeFailure(Failure::kInternal, "set a request header: no memory");
  }
  list.release();  // `longer` is the same list
  list.reset(longer);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<EasyHandle>> EasyHandle::Create(
    const TransferOptions& options, const Credentials& credentials,
    curl_write_callback write, void* write_data) {
  CURL* curl = curl_easy_init();
  if (curl == nullptr) {
    return MakeFailure(Failure::kInternal, "make a transfer handle: no memory");
  }
  std::unique_ptr<EasyHandle> handle(new EasyHandle(curl, credentials));
  RETURN_IF_ERROR(handle->Configure(options, write, write_data));
  return handle;
}

EasyHandle::~EasyHandle() { curl_easy_cleanup(curl_); }

absl::Status EasyHandle::Configure(const TransferOptions& options,
                                   curl_write_callback write,
                                   void* write_data) {
  RETURN_IF_ERROR(AppendHeader(plain_headers_, kIdentity));
  const std::string agent = UserAgent(options);

#define SET_OPTION(option, value) \
  RETURN_IF_ERROR(Set(curl_, option, value, #option))
  SET_OPTION(CURLOPT_NOSIGNAL, 1L);
  SET_OPTION(CURLOPT_ERRORBUFFER, error_.data());
  SET_OPTION(CURLOPT_WRITEFUNCTION, write);
  SET_OPTION(CURLOPT_WRITEDATA, write_data);
  SET_OPTION(CURLOPT_PRIVATE, write_data);
  SET_OPTION(CURLOPT_PROTOCOLS_STR, "http,https");
  SET_OPTION(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  SET_OPTION(CURLOPT_FOLLOWLOCATION, 1L);
  SET_OPTION(CURLOPT_MAXREDIRS, kMaxRedirects);
  SET_OPTION(CURLOPT_PREREQFUNCTION, &EasyHandle::BeforeRequest);
  SET_OPTION(CURLOPT_PREREQDATA, this);
  SET_OPTION(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  SET_OPTION(CURLOPT_HTTPHEADER, plain_headers_.get());
  SET_OPTION(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  SET_OPTION(CURLOPT_USERAGENT, agent.c_str());
  SET_OPTION(CURLOPT_BUFFERSIZE, kReceiveBuffer);
  SET_OPTION(CURLOPT_CONNECTTIMEOUT_MS, Milliseconds(options.connect_timeout));
  SET_OPTION(CURLOPT_LOW_SPEED_LIMIT, MinSpeed(options));
  SET_OPTION(CURLOPT_LOW_SPEED_TIME, WholeSeconds(options.min_speed_time));
  RETURN_IF_ERROR(ConfigureTls(options));
  return ConfigureProxy();
}

absl::Status EasyHandle::ConfigureTls(const TransferOptions& options) {
  const std::string ca_file = CaFile(options);
  const std::string ca_dir =
      options.ca_dir.empty() ? Environment("SSL_CERT_DIR") : options.ca_dir;
  if (!ca_file.empty()) {
    SET_OPTION(CURLOPT_CAINFO, ca_file.c_str());
    SET_OPTION(CURLOPT_PROXY_CAINFO, ca_file.c_str());
  }
  if (!ca_dir.empty()) {
    SET_OPTION(CURLOPT_CAPATH, ca_dir.c_str());
    SET_OPTION(CURLOPT_PROXY_CAPATH, ca_dir.c_str());
  }
  if (!options.client_certificate.empty()) {
    const std::string& key = options.client_key.empty()
                                 ? options.client_certificate
                                 : options.client_key;
    SET_OPTION(CURLOPT_SSLCERT, options.client_certificate.c_str());
    SET_OPTION(CURLOPT_SSLKEY, key.c_str());
    // An encrypted key is an error, not a question on the terminal.
    SET_OPTION(CURLOPT_KEYPASSWD, "");
  }
  return absl::OkStatus();
}

absl::Status EasyHandle::ConfigureProxy() {
  if (!credentials_.proxy().empty()) {
    SET_OPTION(CURLOPT_PROXY, credentials_.proxy().c_str());
    // A proxy that was asked for is used, whatever no_proxy says.
    SET_OPTION(CURLOPT_NOPROXY, "");
  }
  if (const std::optional<Login>& login = credentials_.proxy_login()) {
    SET_OPTION(CURLOPT_PROXYUSERNAME, login->user.c_str());
    SET_OPTION(CURLOPT_PROXYPASSWORD, login->secret.c_str());
  }
  return absl::OkStatus();
}

// libcurl tells it to the server of `url` only, wherever that redirects to.
absl::Status EasyHandle::SetLogin(const std::string& url) {
  const Login* login = credentials_.For(url);
  if (login != login_) {
    const bool basic = login != nullptr && login->scheme == AuthScheme::kBasic;
    const bool bearer = login != nullptr && !basic;
    SET_OPTION(CURLOPT_HTTPAUTH,
               static_cast<long>(bearer ? CURLAUTH_BEARER : CURLAUTH_BASIC));
    SET_OPTION(CURLOPT_USERNAME, basic ? login->user.c_str() : nullptr);
    SET_OPTION(CURLOPT_PASSWORD, basic ? login->secret.c_str() : nullptr);
    SET_OPTION(CURLOPT_XOAUTH2_BEARER,
               bearer ? login->secret.c_str() : nullptr);
    login_ = login;
  }
  const std::string& netrc = credentials_.NetrcFor(url);
  const bool use_netrc = login == nullptr && !netrc.empty();
  if (use_netrc != netrc_) {
    SET_OPTION(CURLOPT_NETRC,
               static_cast<long>(use_netrc ? CURL_NETRC_OPTIONAL
                                           : CURL_NETRC_IGNORED));
    SET_OPTION(CURLOPT_NETRC_FILE, use_netrc ? netrc.c_str() : nullptr);
    netrc_ = use_netrc;
  }
  return absl::OkStatus();
}
#undef SET_OPTION

// Called when a connection is there and before each request, those of
// redirects included: the one place that sees an https to http step.
int EasyHandle::BeforeRequest(void* self, char*, char*, int, int) {
  auto* handle = static_cast<EasyHandle*>(self);
  const char* scheme = nullptr;
  curl_easy_getinfo(handle->curl_, CURLINFO_SCHEME, &scheme);
  const bool https = scheme != nullptr &&
                     (scheme[0] == 'h' || scheme[0] == 'H') &&
                     std::string_view(scheme).size() == 5;
  if (https) {
    handle->saw_https_ = true;
  } else if (handle->saw_https_) {
    handle->downgrade_ = true;
    return CURL_PREREQFUNC_ABORT;
  }
  return CURL_PREREQFUNC_OK;
}

absl::Status EasyHandle::SetHeaders(absl::Span<const std::string> headers,
                                    BodyEncoding encoding) {
  const bool compressed = encoding == BodyEncoding::kCompressed;
  if (headers.empty() && !compressed) {
    if (!own_headers_) return absl::OkStatus();
    own_headers_ = false;
    return Set(curl_, CURLOPT_HTTPHEADER, plain_headers_.get(),
               "CURLOPT_HTTPHEADER");
  }
  HeaderList list;
  const std::string accepted =
      fmt::format("Accept-Encoding: {}", compress::kAcceptedEncodings);
  RETURN_IF_ERROR(
      AppendHeader(list, compressed ? accepted.c_str() : kIdentity));
  for (const std::string& line : headers) {
    if (line.find_first_of(std::string_view("\r\n\0", 3)) !=
        std::string::npos) {
      return MakeFailure(
          Failure::kUsage,
          fmt::format("request header \"{}\": expected one line",
                      Printable(line.substr(0, line.find(':')))));
    }
    RETURN_IF_ERROR(AppendHeader(list, line.c_str()));
  }
  RETURN_IF_ERROR(
      Set(curl_, CURLOPT_HTTPHEADER, list.get(), "CURLOPT_HTTPHEADER"));
  headers_ = std::move(list);
  own_headers_ = true;
  return absl::OkStatus();
}

absl::Status EasyHandle::Prepare(const HttpRequest& request) {
  error_[0] = '\0';
  saw_https_ = false;
  downgrade_ = false;
  RETURN_IF_ERROR(Set(curl_, CURLOPT_URL, request.url.c_str(), "CURLOPT_URL"));
  const bool https = HasScheme(request.url, "https");
  if (https != https_) {
    // Many requests on one HTTP/2 connection, where TLS says at once whether
    // there is such a thing. Without TLS it would be a wait for nothing.
    RETURN_IF_ERROR(
        Set(curl_, CURLOPT_PIPEWAIT, https ? 1L : 0L, "CURLOPT_PIPEWAIT"));
    https_ = https;
  }
  if (request.offset != offset_) {
    // "bytes=N-" by hand: CURLOPT_RESUME_FROM would make an error of a server
    // that answers with the whole file.
    const std::string range = fmt::format("{}-", request.offset);
    RETURN_IF_ERROR(Set(curl_, CURLOPT_RANGE,
                        request.offset == 0 ? nullptr : range.c_str(),
                        "CURLOPT_RANGE"));
    offset_ = request.offset;
  }
  if (request.max_bytes != max_bytes_) {
    const auto most = static_cast<curl_off_t>(std::min<uint64_t>(
        request.max_bytes, std::numeric_limits<int64_t>::max()));
    RETURN_IF_ERROR(Set(curl_, CURLOPT_MAXFILESIZE_LARGE, most,
                        "CURLOPT_MAXFILESIZE_LARGE"));
    max_bytes_ = request.max_bytes;
  }
  if (request.timeout != timeout_) {
    RETURN_IF_ERROR(Set(curl_, CURLOPT_TIMEOUT_MS,
                        Milliseconds(request.timeout), "CURLOPT_TIMEOUT_MS"));
    timeout_ = request.timeout;
  }
  RETURN_IF_ERROR(SetLogin(request.url));
  return SetHeaders(request.headers, request.encoding);
}

int EasyHandle::HttpStatus() const {
  long status = 0;
  curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &status);
  return static_cast<int>(status);
}

std::optional<uint64_t> EasyHandle::ContentLength() const {
  curl_off_t length = -1;
  curl_easy_getinfo(curl_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  if (length < 0) return std::nullopt;
  return static_cast<uint64_t>(length);
}

bool EasyHandle::EndIsMarked() const {
  long version = 0;
  curl_easy_getinfo(curl_, CURLINFO_HTTP_VERSION, &version);
  return ContentLength() || version >= CURL_HTTP_VERSION_2_0 ||
         !Header("Transfer-Encoding").empty();
}

std::string EasyHandle::Header(const char* name) const {
  curl_header* header = nullptr;
  // -1: of the last request, after redirects.
  if (curl_easy_header(curl_, name, 0, CURLH_HEADER, -1, &header) !=
      CURLHE_OK) {
    return {};
  }
  return header->value;
}

absl::Duration EasyHandle::RetryAfter() const {
  curl_off_t seconds = 0;
  curl_easy_getinfo(curl_, CURLINFO_RETRY_AFTER, &seconds);
  return absl::Seconds(std::max<curl_off_t>(seconds, 0));
}

std::string EasyHandle::EffectiveUrl() const {
  const char* url = nullptr;
  curl_easy_getinfo(curl_, CURLINFO_EFFECTIVE_URL, &url);
  return url == nullptr ? std::string() : std::string(url);
}

TryFailure EasyHandle::FailureAfter(CURLcode code) const {
  const int status = HttpStatus();
  // A write error is our own: the body of an error that ran too long.
  if (status >= 400 ||
      (status != 0 && (code == CURLE_OK || code == CURLE_WRITE_ERROR))) {
    TryFailure failure = FailureOfHttpStatus(status);
    if (failure.can_heal) failure.retry_after = RetryAfter();
    return failure;
  }
  return FailureOfCurl(
      code, status,
      downgrade_ ? std::string_view(kRefusedDowngrade) : error_.data());
}

}  // namespace tufmirror::http
