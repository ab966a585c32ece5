#include "source/source_index.h"

#include <string>
#include <vector>

#include "support/status_matchers.h"

namespace tufmirror::source {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::IsEmpty;

const std::string kDigest(64, 'a');

IndexRecord WithoutEnd(std::string& line, TextStore& store) {
  line.pop_back();
  return ParseRecord(line, store).value();
}

TEST(SourceIndexTest, ReadsBackTheRecordOfAProblem) {
  RecordDetails details;
  details.failure = Failure::kTooLarge;
  details.message = "why\n\\t";
  const std::string text = FormatDetails(RecordState::kProblem, details);
  IndexRecord record;
  record.path = "odd\tname\\with\nbreaks";
  record.size = 1;
  record.mtime = -5;
  record.inode = 7;
  record.details = text;
  std::string line;
  AppendRecord(record, line);
  TextStore store;
  const IndexRecord read = WithoutEnd(line, store);
  EXPECT_EQ(read.state, RecordState::kProblem);
  EXPECT_EQ(read.path, record.path);
  EXPECT_EQ(read.size, 1U);
  EXPECT_EQ(read.mtime, -5);
  EXPECT_EQ(read.inode, 7U);
  ASSERT_OK_AND_ASSIGN(const RecordDetails again, ParseDetails(read));
  EXPECT_EQ(again.failure, Failure::kTooLarge);
  EXPECT_EQ(again.message, "why\n\\t");
}

TEST(SourceIndexTest, ReadsBackTheRecordOfADistribution) {
  RecordDetails details;
  details.sha256 = kDigest;
  details.core_metadata = kDigest;
  details.upload_time = 1'600'000'000'123'456'789;
  details.version = "1.0";
  details.display_name = "Foo";
  details.requires_python = ">=3,\t<4";
  const std::string text = FormatDetails(RecordState::kConflict, details);
  IndexRecord record;
  record.state = RecordState::kConflict;
  record.path = "sub/foo-1.0.tar.gz";
  record.size = 18'000'000'000'000'000'000U;
  record.mtime = IndexRecord::kNoMtime;
  record.inode = 9;
  record.project = "foo";
  record.details = text;
  std::string line;
  AppendRecord(record, line);
  TextStore store;
  const IndexRecord read = WithoutEnd(line, store);
  EXPECT_EQ(read.state, RecordState::kConflict);
  EXPECT_EQ(read.project, "foo");
  EXPECT_EQ(read.filename(), "foo-1.0.tar.gz");
  EXPECT_EQ(read.size, record.size);
  EXPECT_EQ(read.mtime, IndexRecord::kNoMtime);
  ASSERT_OK_AND_ASSIGN(const RecordDetails again, ParseDetails(read));
  EXPECT_EQ(FormatDetails(read.state, again), text);
  EXPECT_EQ(again.requires_python, ">=3,\t<4");
}

TEST(SourceIndexTest, RefusesLinesThatAreNoRecord) {
  const std::string lines[] = {
      "",
      "t",
      "x\t\tp\t1\t2\t3",
      "x\t\tp\tone\t2\t3\tmalformed\tm",
      "x\t\tp\t1\t2\t-3\tmalformed\tm",
      "x\tfoo\tp\t1\t2\t3\tmalformed\tm",
      "z\tfoo\tp\t1\t2\t3\trest",
      "tt\tfoo\tp\t1\t2\t3\trest",
      "t\t\tp\t1\t2\t3\trest",
      "t\tfoo\t\t1\t2\t3\trest",
  };
  for (const std::string& line : lines) {
    TextStore store;
    EXPECT_THAT(ParseRecord(line, store),
                FailsWith(Failure::kMalformed, "bad line"))
        << line;
  }
}

TEST(SourceIndexTest, RefusesDetailsOfAnotherState) {
  const std::string digest = kDigest + "\t";
  const std::string distributions[] = {
      "",
      "malformed\tm",
      digest + "\t4\t1.0\tFoo",
      "abc\t\t4\t1.0\tFoo\t",
      digest + "abc\t4\t1.0\tFoo\t",
      digest + "\tfour\t1.0\tFoo\t",
      digest + "\t4\t1.0\tFoo\t\t",
  };
  IndexRecord record;
  record.state = RecordState::kTaken;
  for (const std::string& details : distributions) {
    record.details = details;
    EXPECT_THAT(ParseDetails(record), FailsWith(Failure::kMalformed, "bad"))
        << details;
  }
  record.state = RecordState::kProblem;
  for (const std::string_view details :
       {"malformed", "no such failure\tm", "malformed\tm\tm"}) {
    record.details = details;
    EXPECT_THAT(ParseDetails(record), FailsWith(Failure::kMalformed, "bad"))
        << details;
  }
}

std::vector<IndexRecord> Named(const std::vector<std::string_view>& paths) {
  std::vector<IndexRecord> records;
  for (const std::string_view path : paths) {
    records.emplace_back().path = path;
  }
  return records;
}

std::vector<std::string_view> Merged(
    const std::vector<std::string_view>& records,
    const std::vector<size_t>& gone,
    const std::vector<std::string_view>& added) {
  std::vector<std::string_view> paths;
  for (const IndexRecord& record :
       MergeRecords(Named(records), gone, Named(added))) {
    paths.push_back(record.path);
  }
  return paths;
}

TEST(SourceIndexTest, MergesInOrder) {
  EXPECT_THAT(Merged({}, {}, {}), IsEmpty());
  EXPECT_THAT(Merged({"b", "d"}, {}, {"a", "c", "e"}),
              ElementsAre("a", "b", "c", "d", "e"));
  EXPECT_THAT(Merged({"b", "d"}, {0, 1}, {}), IsEmpty());
  EXPECT_THAT(Merged({"a", "b", "c", "d"}, {1, 2}, {"bb"}),
              ElementsAre("a", "bb", "d"));
  EXPECT_THAT(Merged({"a", "b", "c"}, {0, 2}, {"a", "c"}),
              ElementsAre("a", "b", "c"));
}

}  // namespace
}  // namespace tufmirror::source
