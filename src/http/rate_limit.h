// The speed limit over all transfers: a token bucket that may go into debt.
#ifndef TUFMIRROR_SRC_HTTP_RATE_LIMIT_H_
#define TUFMIRROR_SRC_HTTP_RATE_LIMIT_H_

#include <chrono>
#include <cstdint>

namespace tufmirror::http {

class RateLimit {
 public:
  using Clock = std::chrono::steady_clock;

  // `bytes_per_second` 0: no limit.
  RateLimit(uint64_t bytes_per_second, Clock::time_point now);

  bool limited() const { return rate_ > 0; }
  // True if bytes may be taken now; they are paid for afterwards, so that the
  // average is exact whatever the size of a piece.
  bool Allows(Clock::time_point now);
  void Charge(uint64_t bytes);
  // How long until Allows is true again.
  std::chrono::milliseconds UntilAllowed(Clock::time_point now);

 private:
  void Refill(Clock::time_point now);

  double rate_;    // bytes per second
  double tokens_;  // bytes; negative: debt
  Clock::time_point last_;
};

}  // namespace tufmirror::http

#endif  // TUFMIRROR_SRC_HTTP_RATE_LIMIT_H_
