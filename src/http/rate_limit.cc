// See rate_limit.h.
#include "http/rate_limit.h"

#include <algorithm>
#include <cmath>

namespace tufmirror::http {
namespace {

constexpr double kBurstSeconds = 0.05;  // saved up at most

}  // namespace

RateLimit::RateLimit(uint64_t bytes_per_second, Clock::time_point now)
    : rate_(static_cast<double>(bytes_per_second)), tokens_(1), last_(now) {}

void RateLimit::Refill(Clock::time_point now) {
  const std::chrono::duration<double> elapsed = now - last_;
  last_ = now;
  tokens_ = std::min(tokens_ + rate_ * std::max(elapsed.count(), 0.0),
                     std::max(rate_ * kBurstSeconds, 1.0));
}

bool RateLimit::Allows(Clock::time_point now) {
  if (!limited()) return true;
  Refill(now);
  return tokens_ > 0;
}

void RateLimit::Charge(uint64_t bytes) {
  if (limited()) tokens_ -= static_cast<double>(bytes);
}

std::chrono::milliseconds RateLimit::UntilAllowed(Clock::time_point now) {
  if (Allows(now)) return std::chrono::milliseconds(0);
  return std::chrono::milliseconds(
      1 + static_cast<int64_t>(std::ceil(-tokens_ / rate_ * 1000)));
}

}  // namespace tufmirror::http
