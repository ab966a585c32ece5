#include "source/saved_index.h"

#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

#include "fmt/format.h"
#include "support/status_matchers.h"
#include "support/temp_directory.h"

namespace tufmirror::source {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::ReadWholeFile;
using ::testing::SizeIs;
using testing::TempDirectory;

class SavedIndexTest : public ::testing::Test {
 protected:
  IndexRecord Record(std::string path) {
    RecordDetails details;
    details.message = "why";
    IndexRecord record;
    record.path = store_.Keep(std::move(path));
    record.details = store_.Keep(FormatDetails(RecordState::kProblem, details));
    return record;
  }
  // An index with `count` records, saved.
  SavedIndex Saved(size_t count) {
    SavedIndex index;
    for (size_t i = 0; i < count; ++i) {
      index.records.push_back(Record(fmt::format("{:05}", i)));
    }
    EXPECT_THAT(SaveIndex(path(), index), IsOk());
    return index;
  }
  // Takes one record out of the index, and puts another one in.
  void Exchange(SavedIndex& index, size_t at, const std::string& path) {
    if (index.records[at].in_base) {
      index.dropped.push_back(index.records[at]);
    }
    index.records = MergeRecords(index.records, {at}, {Record(path)});
  }
  std::vector<std::string> PathsOnDisk() {
    std::vector<std::string> paths;
    const absl::StatusOr<SavedIndex> index = LoadIndex(path(), store_);
    EXPECT_THAT(index, IsOk());
    if (!index.ok()) return paths;
    for (const IndexRecord& record : index->records) {
      paths.emplace_back(record.path);
    }
    return paths;
  }
  // For each byte of the file: without it and all that follow, and changed.
  void ExpectRefusedHoweverDamaged(const std::string& name) {
    const std::string whole = ReadWholeFile(state_.Join(name));
    for (size_t i = 0; i < whole.size(); ++i) {
      state_.Write(name, whole.substr(0, i));
      EXPECT_THAT(LoadIndex(path(), store_), FailsWith(Failure::kMalformed))
          << "cut at " << i;
      std::string changed = whole;
      changed[i] = static_cast<char>(changed[i] ^ 1);
      state_.Write(name, changed);
      EXPECT_FALSE(LoadIndex(path(), store_).ok()) << "changed at " << i;
    }
    state_.Write(name, whole + "x");
    EXPECT_THAT(LoadIndex(path(), store_), FailsWith(Failure::kMalformed));
    state_.Write(name, whole);
    EXPECT_THAT(LoadIndex(path(), store_), IsOk());
  }
  ino_t BaseInode(char slot) {
    struct stat status = {};
    EXPECT_EQ(stat((path() + "-base-" + slot).c_str(), &status), 0);
    return status.st_ino;
  }
  std::string path() const { return state_.Join("index"); }

  TempDirectory state_;
  TextStore store_;
};

TEST_F(SavedIndexTest, ReadsBackWhatItWrote) {
  SavedIndex index = Saved(3);
  index.unpublished = {"bar", "foo"};
  Exchange(index, 1, "odd\tname\\with\nbreaks");
  ASSERT_THAT(SaveIndex(path(), index), IsOk());
  EXPECT_THAT(PathsOnDisk(),
              ElementsAre("00000", "00002", "odd\tname\\with\nbreaks"));
  ASSERT_OK_AND_ASSIGN(const SavedIndex again, LoadIndex(path(), store_));
  EXPECT_THAT(again.unpublished, ElementsAre("bar", "foo"));
  EXPECT_EQ(ParseDetails(again.records[2]).value().message, "why");
}

TEST_F(SavedIndexTest, KeepsAnEmptyIndex) {
  Saved(0);
  EXPECT_THAT(PathsOnDisk(), IsEmpty());
}

TEST_F(SavedIndexTest, AFewChangesLeaveTheBaseAlone) {
  SavedIndex index = Saved(100);
  const ino_t base = BaseInode('b');
  for (size_t i = 0; i < 30; ++i) {
    Exchange(index, 0, fmt::format("new-{}", i));
    ASSERT_THAT(SaveIndex(path(), index), IsOk());
    ASSERT_OK_AND_ASSIGN(index, LoadIndex(path(), store_));
  }
  EXPECT_EQ(BaseInode('b'), base);
  EXPECT_THAT(index.records, SizeIs(100));
  EXPECT_THAT(index.dropped, SizeIs(30));
  EXPECT_FALSE(std::filesystem::exists(path() + "-base-a"));
}

// A record that came after the base, and changed once more since.
TEST_F(SavedIndexTest, AChangeOfAChangeIsOneChange) {
  SavedIndex index = Saved(2);
  Exchange(index, 0, "new-1");
  ASSERT_THAT(SaveIndex(path(), index), IsOk());
  ASSERT_OK_AND_ASSIGN(index, LoadIndex(path(), store_));
  Exchange(index, 1, "new-2");
  ASSERT_THAT(SaveIndex(path(), index), IsOk());
  EXPECT_THAT(PathsOnDisk(), ElementsAre("00001", "new-2"));
}

TEST_F(SavedIndexTest, ManyChangesMakeANewBase) {
  SavedIndex index = Saved(100);
  for (size_t i = 0; i < 40; ++i) Exchange(index, 0, fmt::format("new-{}", i));
  ASSERT_THAT(SaveIndex(path(), index), IsOk());
  ASSERT_OK_AND_ASSIGN(const SavedIndex again, LoadIndex(path(), store_));
  EXPECT_EQ(again.base_slot, 'a');
  EXPECT_THAT(again.dropped, IsEmpty());
  EXPECT_THAT(again.records, SizeIs(100));
}

// A run that dies after the new base was written, before its head is.
TEST_F(SavedIndexTest, AHeadOutlivesTheBaseThatFollowsItsOwn) {
  SavedIndex index = Saved(100);
  const std::vector<std::string> paths = PathsOnDisk();
  const std::string head = ReadWholeFile(path());
  for (size_t i = 0; i < 40; ++i) Exchange(index, 0, fmt::format("new-{}", i));
  ASSERT_THAT(SaveIndex(path(), index), IsOk());
  ASSERT_NE(PathsOnDisk(), paths);
  state_.Write("index", head);
  EXPECT_EQ(PathsOnDisk(), paths);
}

TEST_F(SavedIndexTest, RefusesADamagedHead) {
  SavedIndex index = Saved(3);
  index.unpublished = {"foo"};
  Exchange(index, 1, "new");
  ASSERT_THAT(SaveIndex(path(), index), IsOk());
  ExpectRefusedHoweverDamaged("index");
}

TEST_F(SavedIndexTest, RefusesADamagedBase) {
  Saved(3);
  ExpectRefusedHoweverDamaged("index-base-b");
}

TEST_F(SavedIndexTest, RefusesAHeadOfAnotherBase) {
  Saved(3);
  const std::string head = ReadWholeFile(path());
  std::filesystem::remove(path());
  Saved(4);
  state_.Write("index", head);
  EXPECT_THAT(LoadIndex(path(), store_),
              FailsWith(Failure::kMalformed, "another one"));
}

TEST_F(SavedIndexTest, WithoutABaseThereIsNoIndex) {
  Saved(3);
  std::filesystem::remove(path() + "-base-b");
  EXPECT_THAT(LoadIndex(path(), store_), FailsWith(Failure::kNotFound));
}

}  // namespace
}  // namespace tufmirror::source
