#include "http/retry_policy.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "http/transfer_failure.h"
#include "support/status_matchers.h"
#include "tufmirror/http/transfers.h"

namespace tufmirror::http {
namespace {

using ::tufmirror::testing::FailsWith;

const std::vector<std::string> kTwo = {"http://one/x", "http://two/x"};

Backoff NoWait() { return Backoff(absl::Nanoseconds(1), absl::Seconds(1)); }

TEST(RetryPolicyTest, OnlyTheseStatusesCanHeal) {
  for (const int status : {408, 425, 429, 500, 502, 503, 504, 599}) {
    EXPECT_TRUE(HttpStatusCanHeal(status)) << status;
  }
  for (const int status : {200, 301, 400, 401, 403, 404, 410, 416, 451, 600}) {
    EXPECT_FALSE(HttpStatusCanHeal(status)) << status;
  }
}

TEST(BackoffTest, DoublesWithJitterUpToTheCap) {
  Backoff backoff(absl::Seconds(1), absl::Seconds(10));
  for (int round = 0; round < 100; ++round) {
    const absl::Duration whole =
        absl::Seconds(round < 4 ? static_cast<double>(1 << round) : 10.0);
    const absl::Duration delay = backoff.Delay(round, {});
    EXPECT_GE(delay, whole * 0.5);
    EXPECT_LE(delay, whole);
  }
}

TEST(BackoffTest, RetryAfterIsHonouredAndCapped) {
  Backoff backoff(absl::Milliseconds(1), absl::Seconds(10));
  EXPECT_EQ(backoff.Delay(0, absl::Seconds(3)), absl::Seconds(3));
  EXPECT_EQ(backoff.Delay(0, absl::Hours(3)), absl::Seconds(10));
}

TEST(MirrorRoundsTest, TriesEachMirrorOnceBeforeTheBackoff) {
  Backoff backoff(absl::Seconds(1), absl::Seconds(10));
  MirrorRounds rounds(2, /*retries=*/1);
  EXPECT_EQ(rounds.AfterFailure(FailureOfHttpStatus(503), backoff),
            absl::ZeroDuration());
  EXPECT_EQ(rounds.current(), 1u);
  EXPECT_GT(rounds.AfterFailure(FailureOfHttpStatus(503), backoff),
            absl::ZeroDuration());
  EXPECT_EQ(rounds.current(), 0u);
}

TEST(MirrorRoundsTest, AMirrorThatCannotHealIsOut) {
  Backoff backoff = NoWait();
  MirrorRounds rounds(2, /*retries=*/2);
  rounds.AfterFailure(FailureOfHttpStatus(404), backoff);
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(rounds.AfterFailure(FailureOfHttpStatus(500), backoff));
    EXPECT_EQ(rounds.current(), 1u);
  }
  EXPECT_FALSE(rounds.AfterFailure(FailureOfHttpStatus(500), backoff));
  const absl::Status summary = rounds.Summary("fetch", kTwo);
  EXPECT_THAT(summary, FailsWith(Failure::kHttpStatus,
                                 "fetch from http://one/x: HTTP 404; from "
                                 "http://two/x: HTTP 500 after 3 tries"));
  EXPECT_EQ(Transfers::HttpStatusOf(summary), 500);
}

TEST(MirrorRoundsTest, AbsentOnlyIfAbsentEverywhere) {
  Backoff backoff = NoWait();
  MirrorRounds both(2, 0);
  both.AfterFailure(FailureOfHttpStatus(404), backoff);
  both.AfterFailure(FailureOfHttpStatus(410), backoff);
  EXPECT_THAT(both.Summary("fetch", kTwo), FailsWith(Failure::kNotFound));
  MirrorRounds one(2, 0);
  one.AfterFailure(
      {.status = MakeFailure(Failure::kNetwork, "refused"), .can_heal = true},
      backoff);
  one.AfterFailure(FailureOfHttpStatus(404), backoff);
  EXPECT_THAT(one.Summary("fetch", kTwo), FailsWith(Failure::kNetwork));
}

TEST(MirrorRoundsTest, WrongBytesAreTheGravest) {
  Backoff backoff = NoWait();
  MirrorRounds rounds(2, 0);
  rounds.AfterFailure({.status = MakeFailure(Failure::kDigest, "other bytes")},
                      backoff);
  rounds.AfterFailure(FailureOfHttpStatus(503), backoff);
  EXPECT_THAT(rounds.Summary("download x", kTwo), FailsWith(Failure::kDigest));
}

TEST(TransferFailureTest, CurlResultsBecomeFailures) {
  EXPECT_THAT(FailureOfCurl(CURLE_OPERATION_TIMEDOUT, 0, "slow").status,
              FailsWith(Failure::kTimeout, "slow"));
  EXPECT_TRUE(FailureOfCurl(CURLE_OPERATION_TIMEDOUT, 0, "").can_heal);
  EXPECT_TRUE(FailureOfCurl(CURLE_COULDNT_CONNECT, 0, "").can_heal);
  EXPECT_TRUE(FailureOfCurl(CURLE_PARTIAL_FILE, 200, "").can_heal);
  EXPECT_FALSE(FailureOfCurl(CURLE_PEER_FAILED_VERIFICATION, 0, "").can_heal);
  EXPECT_FALSE(FailureOfCurl(CURLE_FILESIZE_EXCEEDED, 200, "").can_heal);
  EXPECT_THAT(FailureOfCurl(CURLE_UNSUPPORTED_PROTOCOL, 302, "").status,
              FailsWith(Failure::kHttpStatus, "redirect not followed"));
}

}  // namespace
}  // namespace tufmirror::http
