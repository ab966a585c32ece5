#include "source/source_index.h"

#include <string>

#include "support/status_matchers.h"

namespace tufmirror::source {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;

const std::string kDigest(64, 'a');

SourceIndex Sample() {
  IndexRecord problem;
  problem.path = "odd\tname\\with\nbreaks";
  problem.size = 1;
  problem.mtime = -5;
  problem.inode = 7;
  problem.failure = Failure::kTooLarge;
  problem.message = "why\n\\t";
  IndexRecord file;
  file.state = RecordState::kConflict;
  file.path = "sub/foo-1.0.tar.gz";
  file.size = 18'000'000'000'000'000'000U;
  file.mtime = IndexRecord::kNoMtime;
  file.inode = 9;
  file.project = "foo";
  file.sha256 = kDigest;
  file.core_metadata = kDigest;
  file.upload_time = 1'600'000'000'123'456'789;
  file.version = "1.0";
  file.display_name = "Foo";
  file.requires_python = ">=3,\t<4";
  return {.unpublished = {"bar", "foo"}, .records = {problem, file}};
}

TEST(SourceIndexTest, ReadsBackWhatItWrote) {
  const std::string text = FormatSourceIndex(Sample());
  TextStore store;
  ASSERT_OK_AND_ASSIGN(const SourceIndex index, ParseSourceIndex(text, store));
  EXPECT_THAT(index.unpublished, ElementsAre("bar", "foo"));
  ASSERT_EQ(index.records.size(), 2U);
  EXPECT_EQ(index.records[0].path, Sample().records[0].path);
  EXPECT_EQ(index.records[0].message, "why\n\\t");
  EXPECT_EQ(index.records[0].failure, Failure::kTooLarge);
  EXPECT_EQ(index.records[1].requires_python, ">=3,\t<4");
  EXPECT_EQ(index.records[1].state, RecordState::kConflict);
  EXPECT_EQ(FormatSourceIndex(index), text);
}

TEST(SourceIndexTest, RefusesAnIndexCutAnywhere) {
  const std::string text = FormatSourceIndex(Sample());
  for (size_t length = 0; length < text.size(); ++length) {
    TextStore store;
    EXPECT_THAT(ParseSourceIndex(text.substr(0, length), store),
                FailsWith(Failure::kMalformed))
        << length;
  }
}

TEST(SourceIndexTest, RefusesLinesThatAreNotOfAnIndex) {
  const std::string digest = kDigest + "\t";
  const std::string lines[] = {
      "",
      "t",
      "x\tp\t1\t2\t3\tmalformed",
      "x\tp\t1\t2\t3\tno such failure\tm",
      "x\tp\tone\t2\t3\tmalformed\tm",
      "x\tp\t1\t2\t-3\tmalformed\tm",
      "z\tfoo\tp\t1\t2\t3\t" + digest + "\t4\t1.0\tFoo\t",
      "t\t\tp\t1\t2\t3\t" + digest + "\t4\t1.0\tFoo\t",
      "t\tfoo\tp\t1\t2\t3\tabc\t\t4\t1.0\tFoo\t",
      "t\tfoo\tp\t1\t2\t3\t" + digest + "abc\t4\t1.0\tFoo\t",
      "t\tfoo\tp\t1\t2\t3\t" + digest + "\t4\t1.0\tFoo\t\t",
  };
  for (const std::string& line : lines) {
    TextStore store;
    EXPECT_THAT(ParseSourceIndex(
                    "tufmirror source index 1\n" + line + "\nend\t1\n", store),
                FailsWith(Failure::kMalformed, "bad line"))
        << line;
  }
  TextStore store;
  EXPECT_THAT(ParseSourceIndex("tufmirror source index 2\nend\t0\n", store),
              FailsWith(Failure::kMalformed));
}

TEST(SourceIndexTest, RefusesRecordsOutOfOrder) {
  SourceIndex index = Sample();
  std::swap(index.records[0], index.records[1]);
  TextStore store;
  EXPECT_THAT(ParseSourceIndex(FormatSourceIndex(index), store),
              FailsWith(Failure::kMalformed));
}

}  // namespace
}  // namespace tufmirror::source
