// The history of runs: one line a run, cut before it grows without end.
#include "tufmirror/report/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/json/document.h"

namespace tufmirror {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::StartsWith;

class HistoryTest : public ::testing::Test {
 protected:
  report::RunReport Run(uint64_t generation) {
    report::RunReport report;
    report.started = absl::UnixEpoch();
    report.generation = generation;
    return report;
  }
  testing::TempDirectory directory_;
  std::string path_ = directory_.Join("history.jsonl");
};

TEST_F(HistoryTest, IsEmptyBeforeTheFirstRun) {
  ASSERT_OK_AND_ASSIGN(const auto lines, report::ReadHistory(path_, 5));
  EXPECT_TRUE(lines.empty());
}

TEST_F(HistoryTest, GivesTheLastRunsNewestLast) {
  for (uint64_t i = 1; i <= 4; ++i) {
    ASSERT_THAT(report::AppendHistory(path_, Run(i)), IsOk());
  }
  ASSERT_OK_AND_ASSIGN(const auto lines, report::ReadHistory(path_, 2));
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_THAT(lines[0], HasSubstr("\"generation\":3"));
  EXPECT_THAT(lines[1], HasSubstr("\"generation\":4"));
}

TEST_F(HistoryTest, IsForItsOwnerOnly) {
  ASSERT_THAT(report::AppendHistory(path_, Run(1)), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto info, fs::Stat(path_));
  EXPECT_EQ(info->mode & 07777, 0600u);
}

TEST_F(HistoryTest, IsCutToItsNewestHalfAtALineEnd) {
  report::RunReport large = Run(1);
  large.warnings = {std::string(100'000, 'w')};
  for (uint64_t i = 1; i <= 12; ++i) {
    large.generation = i;
    ASSERT_THAT(report::AppendHistory(path_, large), IsOk());
  }
  const std::string text = testing::ReadWholeFile(path_);
  EXPECT_LT(text.size(), size_t{1} << 20);
  EXPECT_THAT(text, StartsWith("{\"kind\""));
  EXPECT_THAT(text, EndsWith("}\n"));
  ASSERT_OK_AND_ASSIGN(const auto lines, report::ReadHistory(path_, 100));
  ASSERT_GE(lines.size(), 2u);
  EXPECT_LT(lines.size(), 12u);
  EXPECT_THAT(lines.back(), HasSubstr("\"generation\":12,"));
  for (const std::string& line : lines) {
    EXPECT_THAT(json::Document::Parse(line), IsOk());
  }
}

}  // namespace
}  // namespace tufmirror
