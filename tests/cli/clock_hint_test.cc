#include "cli/clock_hint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tufmirror/base/failure.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const absl::Time kHintNow = absl::FromUnixSeconds(1'700'000'000);

TEST(ClockHint, SaysBothTimesWhereTheyDiffer) {
  const absl::Status expired = MakeFailure(Failure::kExpired, "expired");
  EXPECT_THAT(ClockHint(expired, kHintNow, kHintNow + absl::Hours(48)),
              AllOf(HasSubstr("Your clock says 2023-11-14T22:13:20Z"),
                    HasSubstr("server says 2023-11-16T22:13:20Z"),
                    HasSubstr("set it")));
}

TEST(ClockHint, BlamesTheMirrorWhereTheyAgree) {
  const absl::Status expired = MakeFailure(Failure::kExpired, "expired");
  EXPECT_THAT(ClockHint(expired, kHintNow, kHintNow + absl::Minutes(9)),
              HasSubstr("whoever runs the mirror"));
}

TEST(ClockHint, SaysItsOwnTimeWhereNobodyElseDoes) {
  EXPECT_THAT(
      ClockHint(MakeFailure(Failure::kNetwork, "certificate has expired"),
                kHintNow, std::nullopt),
      HasSubstr("Your clock says 2023-11-14T22:13:20Z"));
}

TEST(ClockHint, IsOnlyForWhatAClockCauses) {
  for (const absl::Status& status :
       {MakeFailure(Failure::kThreshold, "expired"),
        MakeFailure(Failure::kNetwork, "connection refused")}) {
    EXPECT_EQ(ClockHint(status, kHintNow, kHintNow), "");
    EXPECT_EQ(WithClockHint(status, {}, kHintNow), status);
  }
}

TEST(ClockHint, FollowsTheMessageAndKeepsTheFailure) {
  const absl::Status hinted = WithClockHint(
      MakeFailure(Failure::kExpired, "timestamp expired"), {}, kHintNow);
  EXPECT_EQ(FailureOf(hinted), Failure::kExpired);
  EXPECT_THAT(std::string(MessageOf(hinted)),
              HasSubstr("timestamp expired. Your clock says"));
}

TEST(ParseHttpDate, ReadsWhatServersSend) {
  EXPECT_EQ(ParseHttpDate("Tue, 14 Nov 2023 22:13:20 GMT"), kHintNow);
  EXPECT_EQ(ParseHttpDate("2023-11-14"), std::nullopt);
  EXPECT_EQ(ParseHttpDate(""), std::nullopt);
}

}  // namespace
}  // namespace tufmirror::cli
