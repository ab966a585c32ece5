#include "guard/lanes.h"

#include <chrono>
#include <utility>

#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"

namespace tufmirror::guard {
namespace {

// How soon a waiting thread notices that the guard stops.
constexpr std::chrono::milliseconds kStopLook(100);

absl::Status Stopping() {
  return MakeFailure(Failure::kCancelled, "the guard is stopping");
}

}  // namespace

absl::StatusOr<std::unique_ptr<Lanes>> Lanes::Create(
    const http::TransferOptions& options, size_t most,
    const std::atomic<bool>& stopping) {
  std::unique_ptr<Lanes> lanes(new Lanes(options, most, stopping));
  ASSIGN_OR_RETURN(auto first, lanes->NewLane());
  lanes->free_.push_back(std::move(first));
  lanes->made_ = 1;
  return lanes;
}

absl::StatusOr<std::unique_ptr<http::Transfers>> Lanes::NewLane() const {
  ASSIGN_OR_RETURN(auto transfers, http::Transfers::Create(options_));
  transfers->SetTick([this](const http::TransferCounters&) -> absl::Status {
    return stopping_ ? Stopping() : absl::OkStatus();
  });
  return transfers;
}

absl::StatusOr<Lanes::Lease> Lanes::Take() {
  std::unique_lock lock(mutex_);
  while (free_.empty() && made_ >= most_ && !stopping_) {
    freed_.wait_for(lock, kStopLook);
  }
  if (stopping_) return Stopping();
  if (!free_.empty()) {
    auto transfers = std::move(free_.back());
    free_.pop_back();
    return Lease(*this, std::move(transfers));
  }
  ASSIGN_OR_RETURN(auto transfers, NewLane());
  ++made_;
  return Lease(*this, std::move(transfers));
}

void Lanes::Return(std::unique_ptr<http::Transfers> transfers) {
  const std::lock_guard lock(mutex_);
  free_.push_back(std::move(transfers));
  freed_.notify_one();
}

}  // namespace tufmirror::guard
