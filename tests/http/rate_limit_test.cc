#include "http/rate_limit.h"

#include <gtest/gtest.h>

namespace tufmirror::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(RateLimitTest, NoLimitAlwaysAllows) {
  RateLimit rate(0, {});
  rate.Charge(1'000'000'000);
  EXPECT_TRUE(rate.Allows({}));
  EXPECT_EQ(rate.UntilAllowed({}), milliseconds(0));
}

TEST(RateLimitTest, TheAverageIsTheRateWhateverThePieces) {
  for (const uint64_t piece : {1u, 1000u, 50'000u}) {
    RateLimit::Clock::time_point now{};
    RateLimit rate(100'000, now);
    uint64_t taken = 0;
    const auto end = now + seconds(100);
    while (now < end) {
      while (rate.Allows(now)) {
        rate.Charge(piece);
        taken += piece;
      }
      now += rate.UntilAllowed(now);
    }
    EXPECT_NEAR(static_cast<double>(taken), 100 * 100'000.0, 120'000.0)
        << piece;
  }
}

TEST(RateLimitTest, IdleTimeIsNotSavedUp) {
  RateLimit::Clock::time_point now{};
  RateLimit rate(100'000, now);
  now += seconds(1000);
  uint64_t taken = 0;
  while (rate.Allows(now)) {
    rate.Charge(1000);
    taken += 1000;
  }
  EXPECT_LE(taken, 10'000u);
}

TEST(RateLimitTest, AClockThatGoesBackDoesNotBlock) {
  RateLimit::Clock::time_point now{seconds(100)};
  RateLimit rate(1000, now);
  rate.Charge(2);
  EXPECT_FALSE(rate.Allows(now - seconds(50)));
  EXPECT_TRUE(rate.Allows(now - seconds(49)));
}

}  // namespace
}  // namespace tufmirror::http
