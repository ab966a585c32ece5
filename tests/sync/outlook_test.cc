// What is said of a year that nobody acts in.
#include "tufmirror/sync/outlook.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "sync/origin_fixture.h"
#include "sync/reminder.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::sync {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr absl::Time kYearsEnd = absl::FromUnixSeconds(1'800'000'000);
constexpr absl::Duration kDay = absl::Hours(24);

Outlook OriginOutlook() {
  return {HomeKind::kOrigin,
          {{"root", 1, kYearsEnd},
           {"targets", 1, kYearsEnd},
           {"bins", 2, kYearsEnd + 10 * kDay}},
          kYearsEnd - 99 * kDay};
}

TEST(RehearsalTest, NamesEachStageOfEachExpiryInOrder) {
  const Rehearsal rehearsal = Rehearse(OriginOutlook(), kYearsEnd - 100 * kDay);
  std::vector<std::pair<absl::Duration, std::string>> events;
  for (const auto& event : rehearsal.unless_signed) {
    events.emplace_back(event.when - kYearsEnd,
                        event.what.substr(0, event.what.find(';')));
  }
  EXPECT_THAT(
      events,
      ElementsAre(
          std::pair(-30 * kDay, "soon: 30 days are left for root and targets"),
          std::pair(-20 * kDay, "soon: 30 days are left for bins"),
          std::pair(-14 * kDay,
                    "urgent: 14 days are left for root and targets"),
          std::pair(-4 * kDay, "urgent: 14 days are left for bins"),
          std::pair(-3 * kDay,
                    "critical: 3 days are left for root and targets"),
          std::pair(absl::ZeroDuration(),
                    "expired: root and targets. From now on sync ends with "
                    "exit code 5 (expired), signs nothing and publishes "
                    "nothing"),
          std::pair(7 * kDay, "critical: 3 days are left for bins"),
          std::pair(10 * kDay, "expired: bins too")));
  EXPECT_THAT(rehearsal.act, StartsWith("Before 2027-01-15 08:00: sign "));
}

TEST(RehearsalTest, WhatIsPastIsNotToCome) {
  const Rehearsal rehearsal = Rehearse(OriginOutlook(), kYearsEnd + kDay);
  ASSERT_EQ(rehearsal.unless_signed.size(), 2u);
  EXPECT_THAT(rehearsal.act, StartsWith("It is late: "));
  const Rehearsal after = Rehearse(OriginOutlook(), kYearsEnd + 11 * kDay);
  EXPECT_THAT(ToText(after), HasSubstr("nothing more changes"));
}

TEST(RehearsalTest, OwnerOfAReplicaIsToldWhoMustAct) {
  Outlook outlook = OriginOutlook();
  outlook.kind = HomeKind::kReplica;
  const std::string text = ToText(Rehearse(outlook, kYearsEnd - kDay));
  EXPECT_THAT(text, HasSubstr("what is here is served on, but"));
  EXPECT_THAT(text, HasSubstr("the owner of the origin must sign"));
}

class OutlookTest : public testing::OriginFixture {
 protected:
  void SetUp() override { Init(); }
};

TEST_F(OutlookTest, HasTheOfflineRolesOfTheLiveTreeAndNoOthers) {
  ASSERT_OK_AND_ASSIGN(const Outlook outlook, ReadOutlook(*home_));
  EXPECT_EQ(outlook.kind, HomeKind::kOrigin);
  std::vector<std::string> roles;
  for (const auto& role : outlook.offline) roles.push_back(role.role);
  EXPECT_THAT(roles, ElementsAre("root", "targets", "bins"));
  EXPECT_EQ(outlook.online_expires, now_ + kDay);
}

TEST_F(OutlookTest, RehearsedExpiryIsWhenSyncStops) {
  ASSERT_OK_AND_ASSIGN(const Outlook outlook, ReadOutlook(*home_));
  const absl::Time expiry = outlook.offline.front().expires;
  now_ = expiry - absl::Seconds(1);
  EXPECT_THAT(Run().outcome, testing::IsOk());
  now_ = expiry;
  EXPECT_THAT(Run().outcome, testing::FailsWith(Failure::kExpired, "root"));
}

class ReminderTest : public ::testing::Test {
 protected:
  ReminderTest() : layout_(directory_.Join("home")) {
    directory_.Write("home/state/x", "");
  }
  bool Take(absl::Duration left) {
    const auto due =
        TakeReminder(layout_, {{"root", 1, kYearsEnd}}, kYearsEnd - left);
    EXPECT_THAT(due, testing::IsOk());
    return due.value_or(false);
  }
  testing::TempDirectory directory_;
  tree::Layout layout_;
};

TEST_F(ReminderTest, ComesOnceADayHoweverOftenARunLooks) {
  EXPECT_TRUE(Take(20 * kDay));
  EXPECT_FALSE(Take(20 * kDay - absl::Minutes(1)));
  EXPECT_FALSE(Take(19 * kDay + absl::Minutes(1)));
  EXPECT_TRUE(Take(19 * kDay));
}

TEST_F(ReminderTest, ComesAtOnceWhenItBecomesMoreUrgent) {
  EXPECT_TRUE(Take(14 * kDay + absl::Hours(1)));
  EXPECT_TRUE(Take(14 * kDay));
  EXPECT_FALSE(Take(14 * kDay - absl::Hours(1)));
}

TEST_F(ReminderTest, ComesAgainWhereTheRecordIsUseless) {
  for (const char* record : {"", "x", "1e9 2\n", "9999999999 4\n"}) {
    directory_.Write("home/state/reminder", record);
    EXPECT_TRUE(Take(20 * kDay)) << record;
  }
}

}  // namespace
}  // namespace tufmirror::sync
