#include "tufmirror/report/held_back.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "tufmirror/base/failure.h"

namespace tufmirror::report {
namespace {

using testing::IsOk;

class HeldBackTest : public ::testing::Test {
 protected:
  static Problem Of(const std::string& object, Failure failure) {
    return {object, MakeFailure(failure, "the \"reason\"")};
  }
  std::string Update(const std::vector<Problem>& problems, int64_t now) {
    EXPECT_THAT(UpdateHeldBack(path_, problems, absl::FromUnixSeconds(now)),
                IsOk());
    return std::filesystem::exists(path_) ? testing::ReadWholeFile(path_) : "";
  }

  testing::TempDirectory dir_;
  const std::string path_ = dir_.Join("held-back.json");
};

TEST_F(HeldBackTest, NamesEachWithItsReasonSortedByObject) {
  EXPECT_EQ(
      Update({Of("six", Failure::kNotFound), Of("a", Failure::kDigest)}, 0),
      "{\"held_back\": [\n"
      "  {\"object\": \"a\", \"failure\": \"digest\", \"reason\": \"the "
      "\\\"reason\\\"\", \"since\": \"1970-01-01T00:00:00Z\"},\n"
      "  {\"object\": \"six\", \"failure\": \"not found\", \"reason\": "
      "\"the \\\"reason\\\"\", \"since\": \"1970-01-01T00:00:00Z\"}\n"
      "]}\n");
}

TEST_F(HeldBackTest, WhatStaysHeldBackKeepsItsTime) {
  Update({Of("six", Failure::kNotFound)}, 0);
  const std::string text = Update(
      {Of("flit", Failure::kNotFound), Of("six", Failure::kDigest)}, 86400);
  EXPECT_NE(text.find("\"flit\", \"failure\": \"not found\", \"reason\": "
                      "\"the \\\"reason\\\"\", \"since\": \"1970-01-02"),
            std::string::npos);
  EXPECT_NE(text.find("\"six\", \"failure\": \"digest\", \"reason\": "
                      "\"the \\\"reason\\\"\", \"since\": \"1970-01-01"),
            std::string::npos);
}

TEST_F(HeldBackTest, WhatHealsLeavesTheFile) {
  Update({Of("six", Failure::kNotFound)}, 0);
  EXPECT_EQ(Update({}, 1), "");
}

TEST_F(HeldBackTest, WhatWasWrittenIsReadAgain) {
  Update({Of("six", Failure::kNotFound)}, 86400);
  const std::string path = dir_.Join("held-back.json");
  const std::vector<HeldBackObject> objects = ReadHeldBack(path);
  ASSERT_EQ(objects.size(), 1u);
  EXPECT_EQ(objects[0].object, "six");
  EXPECT_EQ(objects[0].reason, "the \"reason\"");
  EXPECT_EQ(objects[0].since, "1970-01-02T00:00:00Z");
  EXPECT_TRUE(ReadHeldBack(dir_.Join("none")).empty());
}

TEST_F(HeldBackTest, ADamagedFileIsReplaced) {
  dir_.Write("held-back.json", "{\"held_back\": [{}");
  EXPECT_NE(Update({Of("six", Failure::kNotFound)}, 0), "");
}

}  // namespace
}  // namespace tufmirror::report
