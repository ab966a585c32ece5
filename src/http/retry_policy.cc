// Tries, rounds and delays; no clock and no sockets here.
#include "http/retry_policy.h"

#include <algorithm>
#include <string>
#include <utility>

#include "fmt/format.h"
#include "http/transfer_failure.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/http/transfers.h"

namespace tufmirror::http {
namespace {

constexpr int kMaxDoublings = 20;

// What a person must hear about first when mirrors failed differently.
int Gravity(const absl::Status& status) {
  switch (FailureOf(status)) {
    case Failure::kNotFound:
      return 0;
    case Failure::kHttpStatus:
      return 1;
    case Failure::kTooLarge:
    case Failure::kLength:
      return 3;
    case Failure::kDigest:
      return 4;
    default:
      return 2;
  }
}

}  // namespace

bool HttpStatusCanHeal(int http_status) {
  return http_status == 408 || http_status == 425 || http_status == 429 ||
         (http_status >= 500 && http_status <= 599);
}

Backoff::Backoff(absl::Duration first, absl::Duration most)
    : first_(first), most_(most), random_(std::random_device{}()) {}

absl::Duration Backoff::Delay(int round, absl::Duration retry_after) {
  if (retry_after > absl::ZeroDuration()) return std::min(retry_after, most_);
  const int doublings = std::clamp(round, 0, kMaxDoublings);
  const absl::Duration whole =
      std::min(first_ * (int64_t{1} << doublings), most_);
  std::uniform_real_distribution<double> share(0.5, 1.0);
  return whole * share(random_);
}

std::optional<absl::Duration> MirrorRounds::AfterFailure(TryFailure failure,
                                                         Backoff& backoff) {
  if (states_.empty()) states_.resize(mirrors_);
  State& state = states_[current_];
  ++state.tries;
  state.out = !failure.can_heal || state.tries > retries_;
  state.status = std::move(failure.status);
  round_retry_after_ = std::max(round_retry_after_, failure.retry_after);
  for (size_t i = current_ + 1; i < mirrors_; ++i) {
    if (!states_[i].out) {
      current_ = i;
      return absl::ZeroDuration();
    }
  }
  for (size_t i = 0; i < mirrors_; ++i) {
    if (states_[i].out) continue;
    current_ = i;
    return backoff.Delay(round_++,
                         std::exchange(round_retry_after_, absl::Duration()));
  }
  return std::nullopt;
}

absl::Status MirrorRounds::Summary(std::string_view operation,
                                   absl::Span<const std::string> urls) const {
  std::string message = std::string(operation);
  const absl::Status* gravest = nullptr;
  for (size_t i = 0; i < states_.size(); ++i) {
    const State& state = states_[i];
    if (state.tries == 0) continue;
    fmt::format_to(std::back_inserter(message), "{} from {}: {}",
                   gravest == nullptr ? "" : ";", RedactUrl(urls[i]),
                   MessageOf(state.status));
    if (state.tries > 1) {
      fmt::format_to(std::back_inserter(message), " after {} tries",
                     state.tries);
    }
    if (gravest == nullptr || Gravity(state.status) > Gravity(*gravest)) {
      gravest = &state.status;
    }
  }
  if (gravest == nullptr) {
    return MakeFailure(Failure::kInternal, message + ": no mirror was tried");
  }
  return MakeHttpFailure(FailureOf(*gravest), Transfers::HttpStatusOf(*gravest),
                         message);
}

}  // namespace tufmirror::http
