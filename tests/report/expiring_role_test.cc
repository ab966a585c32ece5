// Three warnings before a person must have acted, each louder than the last.
#include "tufmirror/report/expiring_role.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tufmirror/report/run_report.h"

namespace tufmirror::report {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr absl::Time kExpiry = absl::FromUnixSeconds(1'800'000'000);

ExpiringRole Root() { return {"root", 3, kExpiry}; }

TEST(ExpiringRoleTest, UrgencyRises30And14And3DaysBefore) {
  const std::pair<absl::Duration, Urgency> rows[] = {
      {absl::Hours(30 * 24) + absl::Seconds(1), Urgency::kNone},
      {absl::Hours(30 * 24), Urgency::kSoon},
      {absl::Hours(14 * 24) + absl::Seconds(1), Urgency::kSoon},
      {absl::Hours(14 * 24), Urgency::kUrgent},
      {absl::Hours(3 * 24) + absl::Seconds(1), Urgency::kUrgent},
      {absl::Hours(3 * 24), Urgency::kCritical},
      {absl::Seconds(1), Urgency::kCritical},
      {absl::ZeroDuration(), Urgency::kExpired},
      {-absl::Hours(1), Urgency::kExpired}};
  for (const auto& [left, urgency] : rows) {
    EXPECT_EQ(UrgencyOf(kExpiry, kExpiry - left), urgency) << left;
  }
}

TEST(ExpiringRoleTest, WarningSaysHowLongIsLeftAndWhatMustBeDone) {
  const std::pair<absl::Duration, const char*> rows[] = {
      {absl::Hours(25 * 24), "root expires in 25 days, on 2027-01-15: "},
      {absl::Hours(9 * 24), "URGENT: root expires in 9 days, on 2027-01-15: "},
      {absl::Hours(24), "CRITICAL: root expires in 1 day, on 2027-01-15: "},
      {absl::Minutes(119), "CRITICAL: root expires in 1 hour, on "},
      {-absl::Hours(1), "EXPIRED: root version 3 expired on 2027-01-15: "}};
  for (const auto& [left, start] : rows) {
    const std::string text = WarningOf(Root(), kExpiry - left);
    EXPECT_THAT(text, StartsWith(start));
    EXPECT_THAT(text, HasSubstr("signed with its offline keys"));
  }
}

TEST(ExpiringRoleTest, RunReportNamesTheRoleAndItsUrgency) {
  RunReport report;
  report.started = kExpiry - absl::Hours(24 * 2);
  report.expiring = {Root()};
  EXPECT_THAT(ToJson(report),
              HasSubstr("\"expiring\":[{\"role\":\"root\",\"version\":3,"
                        "\"expires\":\"2027-01-15T08:00:00Z\",\"days_left\":2,"
                        "\"urgency\":\"critical\"}]"));
  EXPECT_THAT(ToJson(report), HasSubstr("\"warnings\":[\"CRITICAL: root "));
  EXPECT_THAT(ToText(report), StartsWith("warning: CRITICAL: root expires"));
}

TEST(ExpiringRoleTest, NamesOfRolesAreDataInJsonAndText) {
  const ExpiringRole evil = {"a\"\n\x1b", 1, kExpiry};
  EXPECT_THAT(ToJson(evil, kExpiry), HasSubstr("\"role\":\"a\\\"\\n\\u001b\""));
  EXPECT_THAT(WarningOf(evil, kExpiry), ::testing::Not(HasSubstr("\n")));
}

}  // namespace
}  // namespace tufmirror::report
