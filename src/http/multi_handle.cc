// See multi_handle.h.
#include "http/multi_handle.h"

#include <string_view>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"

namespace tufmirror::http {
namespace {

absl::Status StatusOf(CURLMcode code, std::string_view operation) {
  if (code == CURLM_OK) return absl::OkStatus();
  return MakeFailure(
      Failure::kInternal,
      fmt::format("{}: {}", operation, curl_multi_strerror(code)));
}

}  // namespace

absl::StatusOr<std::unique_ptr<MultiHandle>> MultiHandle::Create(
    int connections) {
  CURLM* multi = curl_multi_init();
  if (multi == nullptr) {
    return MakeFailure(Failure::kInternal, "prepare transfers: no memory");
  }
  std::unique_ptr<MultiHandle> handle(new MultiHandle(multi));
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS,
                    static_cast<long>(connections));
  return handle;
}

MultiHandle::~MultiHandle() { curl_multi_cleanup(multi_); }

absl::Status MultiHandle::Add(CURL* easy) {
  return StatusOf(curl_multi_add_handle(multi_, easy), "start a transfer");
}

void MultiHandle::Remove(CURL* easy) { curl_multi_remove_handle(multi_, easy); }

absl::Status MultiHandle::Perform() {
  int running = 0;
  return StatusOf(curl_multi_perform(multi_, &running), "move transfers");
}

std::optional<MultiHandle::Ended> MultiHandle::TakeEnded() {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    return Ended{message->easy_handle, message->data.result};
  }
  return std::nullopt;
}

absl::Status MultiHandle::Wait(std::chrono::milliseconds timeout) {
  return StatusOf(curl_multi_poll(multi_, nullptr, 0,
                                  static_cast<int>(timeout.count()), nullptr),
                  "wait for transfers");
}

void MultiHandle::Wake() { curl_multi_wakeup(multi_); }

}  // namespace tufmirror::http
