// What stops a run, at the exact number, and what it tells the operator.
#include "tufmirror/sync/brakes.h"

#include <gtest/gtest.h>

#include <limits>

#include "support/status_matchers.h"

namespace tufmirror::sync {
namespace {

using testing::FailsWith;
using testing::IsOk;

constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();
constexpr fs::Space kPlenty = {
    .free_bytes = kMost, .total_bytes = kMost, .free_inodes = kMost};
constexpr BrakeConfig kTenth = {.max_removals = 0.1, .min_free_space = 0};

PlanSummary Removing(uint64_t removed, uint64_t current) {
  return {.current_targets = current, .removed = removed};
}

TEST(BrakesTest, EmptyPlanPassesAFullDisk) {
  EXPECT_THAT(CheckBrakes(kTenth, {}, {.free_inodes = 2000}), IsOk());
}

TEST(BrakesTest, ExactlyTheShareMayBeRemovedAndOneMoreMayNot) {
  EXPECT_THAT(CheckBrakes(kTenth, Removing(20, 200), kPlenty), IsOk());
  EXPECT_THAT(
      CheckBrakes(kTenth, Removing(21, 200), kPlenty),
      FailsWith(Failure::kBrake, "21 of 200 targets would be removed (10.5"));
}

TEST(BrakesTest, AnEmptiedUpstreamIsStopped) {
  EXPECT_THAT(CheckBrakes(kTenth, Removing(500'000, 500'000), kPlenty),
              FailsWith(Failure::kBrake, "500000 of 500000"));
}

TEST(BrakesTest, RemovalMessageNamesTheOptionAndAValueThatLetsItPass) {
  const PlanSummary plan = Removing(50, 100);
  EXPECT_THAT(CheckBrakes(kTenth, plan, kPlenty),
              FailsWith(Failure::kBrake, "--max-removals 0.51"));
  EXPECT_THAT(CheckBrakes({.max_removals = 0.51}, plan, kPlenty), IsOk());
}

TEST(BrakesTest, AFewRemovalsOfAFewTargetsAreNoShare) {
  EXPECT_THAT(CheckBrakes(kTenth, Removing(10, 11), kPlenty), IsOk());
  EXPECT_THAT(CheckBrakes(kTenth, Removing(11, 12), kPlenty),
              FailsWith(Failure::kBrake));
}

TEST(BrakesTest, AllOfAFewTargetsAreStopped) {
  EXPECT_THAT(CheckBrakes(kTenth, Removing(8, 8), kPlenty),
              FailsWith(Failure::kBrake,
                        "8 of 8 targets would be removed "
                        "(100.0 %)"));
  EXPECT_THAT(CheckBrakes(kTenth, Removing(1, 1), kPlenty),
              FailsWith(Failure::kBrake, "--max-removals 1.00"));
  EXPECT_THAT(CheckBrakes({.max_removals = 1, .min_free_space = 0},
                          Removing(8, 8), kPlenty),
              IsOk());
}

TEST(BrakesTest, WhatIsReplacedIsNotNothing) {
  EXPECT_THAT(
      CheckBrakes(kTenth, {.current_targets = 8, .added = 1, .removed = 8},
                  kPlenty),
      IsOk());
}

TEST(BrakesTest, ShareOfOneAllowsEverythingAndZeroNothing) {
  EXPECT_THAT(CheckBrakes({.max_removals = 1, .min_free_space = 0},
                          Removing(100, 100), kPlenty),
              IsOk());
  EXPECT_THAT(CheckBrakes({.max_removals = 0, .min_free_space = 0},
                          Removing(11, 1'000'000), kPlenty),
              FailsWith(Failure::kBrake));
}

TEST(BrakesTest, AddedAndChangedTargetsAreNoRemovals) {
  EXPECT_THAT(
      CheckBrakes(kTenth, {.current_targets = 100, .added = 90, .changed = 90},
                  kPlenty),
      IsOk());
}

TEST(BrakesTest, WhatMustStayFreeStaysFree) {
  const BrakeConfig config = {.max_removals = 0.1, .min_free_space = 1000};
  const fs::Space space = {.free_bytes = 1500, .free_inodes = kMost};
  EXPECT_THAT(CheckBrakes(config, {.download_bytes = 500}, space), IsOk());
  EXPECT_THAT(CheckBrakes(config, {.download_bytes = 501}, space),
              FailsWith(Failure::kBrake,
                        "501 bytes to download and 1000 to keep free "
                        "(brakes.min_free_space), but only 1500 are free"));
}

TEST(BrakesTest, BytesToDownloadCannotOverflowIntoPassing) {
  EXPECT_THAT(CheckBrakes({.min_free_space = 1000}, {.download_bytes = kMost},
                          {.free_bytes = 5000, .free_inodes = kMost}),
              FailsWith(Failure::kBrake, "space brake"));
}

TEST(BrakesTest, FilesNeedInodes) {
  const PlanSummary plan = {.download_files = 5000};
  EXPECT_THAT(
      CheckBrakes(kTenth, plan, {.free_bytes = kMost, .free_inodes = 5000}),
      FailsWith(Failure::kBrake, "only 5000 inodes are free"));
  EXPECT_THAT(
      CheckBrakes(kTenth, plan, {.free_bytes = kMost, .free_inodes = 100'000}),
      IsOk());
  // A file system without a limit says so by the largest number.
  EXPECT_THAT(CheckBrakes(kTenth, plan, kPlenty), IsOk());
}

TEST(BrakesTest, SumsStopAtTheLargestNumber) {
  EXPECT_EQ(SaturatingAdd(2, 3), 5u);
  EXPECT_EQ(SaturatingAdd(kMost, 0), kMost);
  EXPECT_EQ(SaturatingAdd(kMost, 1), kMost);
  EXPECT_EQ(SaturatingAdd(kMost, kMost), kMost);
}

}  // namespace
}  // namespace tufmirror::sync
