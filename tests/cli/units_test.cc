// Durations and byte counts as people write them.
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "cli/config_file.h"
#include "support/status_matchers.h"

namespace tufmirror::cli {
namespace {

using testing::FailsWith;

TEST(UnitsTest, DurationsAreReadAndWrittenBack) {
  const std::pair<const char*, absl::Duration> cases[] = {
      {"90s", absl::Seconds(90)},         {"6h", absl::Hours(6)},
      {"14d", absl::Hours(14 * 24)},      {"1h30m", absl::Minutes(90)},
      {"500ms", absl::Milliseconds(500)}, {"0s", absl::ZeroDuration()},
      {"0d", absl::ZeroDuration()},       {"1.5h", absl::Minutes(90)}};
  for (const auto& [text, duration] : cases) {
    ASSERT_OK_AND_ASSIGN(const absl::Duration parsed, ParseDuration(text));
    EXPECT_EQ(parsed, duration) << text;
    ASSERT_OK_AND_ASSIGN(const absl::Duration again,
                         ParseDuration(DurationText(parsed)));
    EXPECT_EQ(again, duration) << text;
  }
  EXPECT_EQ(DurationText(absl::Hours(48)), "2d");
  EXPECT_EQ(DurationText(absl::Hours(49)), "49h");
}

TEST(UnitsTest, OtherDurationsAreRefused) {
  for (const char* text :
       {"", "6", "6 h", "h", "-1h", "-1d", "1.5d", "inf", "-inf", "100000d",
        "9999999999999h", "99999999999999999999d", "6H", "6x"}) {
    EXPECT_THAT(ParseDuration(text),
                FailsWith(Failure::kUsage, "expected a duration"))
        << text;
  }
}

TEST(UnitsTest, ByteCountsAreReadAndWrittenBack) {
  const std::pair<const char*, uint64_t> cases[] = {
      {"0", 0},          {"1073741824", 1073741824}, {"12B", 12},
      {"512kB", 512000}, {"1GiB", 1073741824},       {"2.5MB", 2500000},
      {"3KiB", 3072},    {"1TB", 1000000000000},     {"7MiB", 7340032}};
  for (const auto& [text, bytes] : cases) {
    ASSERT_OK_AND_ASSIGN(const uint64_t parsed, ParseByteCount(text));
    EXPECT_EQ(parsed, bytes) << text;
    ASSERT_OK_AND_ASSIGN(const uint64_t again,
                         ParseByteCount(ByteCountText(parsed)));
    EXPECT_EQ(again, bytes) << text;
  }
  EXPECT_EQ(ByteCountText(uint64_t{1} << 30), "1GiB");
  EXPECT_EQ(ByteCountText(1001), "1001");
}

TEST(UnitsTest, OtherByteCountsAreRefused) {
  for (const char* text : {"", "MB", "-1", "1 MB", "1mb", "1.2.3", "0x10",
                           "1e3", "nan", "99999999TB", "1PB"}) {
    EXPECT_THAT(ParseByteCount(text),
                FailsWith(Failure::kUsage, "expected a number of bytes"))
        << text;
  }
}

}  // namespace
}  // namespace tufmirror::cli
