// One libcurl easy handle, configured once and used for many requests.
#ifndef TUFMIRROR_SRC_HTTP_EASY_HANDLE_H_
#define TUFMIRROR_SRC_HTTP_EASY_HANDLE_H_

#include <curl/curl.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "http/credentials.h"
#include "http/retry_policy.h"
#include "tufmirror/http/transfers.h"

namespace tufmirror::http {

struct FreeHeaderList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeHeaderList>;

// What is asked for next. Only differences from the last request cost.
struct HttpRequest {
  const std::string& url;
  uint64_t offset = 0;     // first byte wanted
  uint64_t max_bytes = 0;  // a longer Content-Length ends the transfer; 0: none
  absl::Duration timeout;  // whole request
  absl::Span<const std::string> headers;  // "Name: value"
  BodyEncoding encoding = BodyEncoding::kIdentity;
};

class EasyHandle {
 public:
  // `write` and `write_data` as CURLOPT_WRITEFUNCTION has them. `credentials`
  // outlive the handle.
  static absl::StatusOr<std::unique_ptr<EasyHandle>> Create(
      const TransferOptions& options, const Credentials& credentials,
      curl_write_callback write, void* write_data);
  ~EasyHandle();
  EasyHandle(const EasyHandle&) = delete;
  EasyHandle& operator=(const EasyHandle&) = delete;

  CURL* get() const { return curl_; }

  absl::Status Prepare(const HttpRequest& request);

  // Of the response received last; 0 before there is one.
  int HttpStatus() const;
  // The declared length of the body; nullopt if the server gave none.
  std::optional<uint64_t> ContentLength() const;
  // True if the response says where its body ends, so that a cut connection
  // does not look like that end.
  bool EndIsMarked() const;
  // A header's value; empty if absent.
  std::string Header(const char* name) const;
  absl::Duration RetryAfter() const;
  // Of the last request, after redirects.
  std::string EffectiveUrl() const;

  // Failure of a try that libcurl ended with `code`, or whose HTTP status is
  // none of success.
  TryFailure FailureAfter(CURLcode code) const;

 private:
  EasyHandle(CURL* curl, const Credentials& credentials)
      : curl_(curl), credentials_(credentials) {}
  absl::Status Configure(const TransferOptions& options,
                         curl_write_callback write, void* write_data);
  absl::Status ConfigureTls(const TransferOptions& options);
  absl::Status ConfigureProxy();
  absl::Status SetLogin(const std::string& url);
  absl::Status SetHeaders(absl::Span<const std::string> headers,
                          BodyEncoding encoding);
  static int BeforeRequest(void* self, char*, char*, int, int);

  CURL* curl_;
  const Credentials& credentials_;
  std::array<char, CURL_ERROR_SIZE> error_{};
  HeaderList plain_headers_;  // what every request carries
  HeaderList headers_;        // with a request's own
  bool own_headers_ = false;
  const Login* login_ = nullptr;  // what this request's server is told
  bool netrc_ = false;            // or what the netrc file says
  bool saw_https_ = false;        // on the way of this request's redirects
  bool downgrade_ = false;        // a redirect to http after that was refused
  bool https_ = false;            // the last request's scheme
  uint64_t offset_ = 0;
  uint64_t max_bytes_ = 0;
  absl::Duration timeout_;
};

}  // namespace tufmirror::http

#endif  // TUFMIRROR_SRC_HTTP_EASY_HANDLE_H_
