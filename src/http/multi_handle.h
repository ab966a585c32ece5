// libcurl's multi handle: many transfers on one thread.
#ifndef TUFMIRROR_SRC_HTTP_MULTI_HANDLE_H_
#define TUFMIRROR_SRC_HTTP_MULTI_HANDLE_H_

#include <curl/curl.h>

#include <chrono>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tufmirror::http {

class MultiHandle {
 public:
  struct Ended {
    CURL* easy;
    CURLcode code;
  };

  // Keeps `connections` open between transfers.
  static absl::StatusOr<std::unique_ptr<MultiHandle>> Create(int connections);
  ~MultiHandle();
  MultiHandle(const MultiHandle&) = delete;
  MultiHandle& operator=(const MultiHandle&) = delete;

  absl::Status Add(CURL* easy);
  void Remove(CURL* easy);
  // Moves bytes for all transfers; callbacks run in here.
  absl::Status Perform();
  // A transfer that has ended since, nullopt if there is none.
  std::optional<Ended> TakeEnded();
  // Returns when a transfer can go on, after `timeout`, or on Wake.
  absl::Status Wait(std::chrono::milliseconds timeout);
  // From any thread.
  void Wake();

 private:
  explicit MultiHandle(CURLM* multi) : multi_(multi) {}
  CURLM* multi_;
};

}  // namespace tufmirror::http

#endif  // TUFMIRROR_SRC_HTTP_MULTI_HANDLE_H_
