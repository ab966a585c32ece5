// The one table from what went wrong on the wire to a Failure and to whether
// another try makes sense.
#include "http/transfer_failure.h"

#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/types/optional.h"
#include "fmt/format.h"
#include "http/url.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/http/transfers.h"

namespace tufmirror::http {
namespace {

constexpr absl::string_view kStatusPayloadUrl = "tufmirror/http-status";

bool IsRedirect(int http_status) {
  return http_status >= 300 && http_status <= 399;
}

// Trouble that another try on the same server cannot cure.
bool IsPermanent(CURLcode code) {
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_TOO_MANY_REDIRECTS:
    case CURLE_OUT_OF_MEMORY:
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_NOT_BUILT_IN:
      return true;
    default:
      return false;
  }
}

}  // namespace

absl::Status MakeHttpFailure(Failure failure, int http_status,
                             std::string_view message) {
  absl::Status status = MakeFailure(failure, message);
  if (http_status > 0) {
    status.SetPayload(kStatusPayloadUrl,
                      absl::Cord(ToAbsl(std::to_string(http_status))));
  }
  return status;
}

int Transfers::HttpStatusOf(const absl::Status& status) {
  const absl::optional<absl::Cord> payload =
      status.GetPayload(kStatusPayloadUrl);
  int number = 0;
  if (!payload || !absl::SimpleAtoi(std::string(*payload), &number)) return 0;
  return number;
}

TryFailure FailureOfHttpStatus(int http_status) {
  const bool absent = http_status == 404 || http_status == 410;
  return {.status = MakeHttpFailure(
              absent ? Failure::kNotFound : Failure::kHttpStatus, http_status,
              fmt::format("HTTP {}", http_status)),
          .can_heal = HttpStatusCanHeal(http_status),
          .retry_after = {}};
}

TryFailure FailureOfCurl(CURLcode code, int http_status,
                         std::string_view detail) {
  // libcurl shows a proxy variable that it cannot read as it stands.
  const std::string text =
      detail.starts_with("Unsupported proxy")
          ? std::string("the proxy that the environment names is no URL")
          : RedactText(detail.empty()
                           ? std::string_view(curl_easy_strerror(code))
                           : detail);
  if (IsRedirect(http_status)) {
    // Too many, to another scheme, or from https back to http.
    return {.status = MakeHttpFailure(
                Failure::kHttpStatus, http_status,
                fmt::format("HTTP {}, redirect not followed: {}", http_status,
                            text)),
            .can_heal = false,
            .retry_after = {}};
  }
  const Failure failure = code == CURLE_OPERATION_TIMEDOUT  ? Failure::kTimeout
                          : code == CURLE_FILESIZE_EXCEEDED ? Failure::kTooLarge
                                                            : Failure::kNetwork;
  return {.status = MakeFailure(failure, text),
          .can_heal = failure != Failure::kTooLarge && !IsPermanent(code),
          .retry_after = {}};
}

}  // namespace tufmirror::http
