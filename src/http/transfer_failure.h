// Errors of transfers: libcurl's results and HTTP statuses as Failures.
#ifndef TUFMIRROR_SRC_HTTP_TRANSFER_FAILURE_H_
#define TUFMIRROR_SRC_HTTP_TRANSFER_FAILURE_H_

#include <curl/curl.h>

#include <string_view>

#include "absl/status/status.h"
#include "http/retry_policy.h"
#include "tufmirror/base/failure.h"

namespace tufmirror::http {

// MakeFailure that remembers `http_status` (0: none) for HttpStatusOf.
absl::Status MakeHttpFailure(Failure failure, int http_status,
                             std::string_view message);

// The failure of a response with a status that is not success.
TryFailure FailureOfHttpStatus(int http_status);

// The failure of a transfer that libcurl ended with `code`, `http_status`
// having been received (0: none). `detail` is libcurl's own text.
TryFailure FailureOfCurl(CURLcode code, int http_status,
                         std::string_view detail);

}  // namespace tufmirror::http

#endif  // TUFMIRROR_SRC_HTTP_TRANSFER_FAILURE_H_
