// Publication and rollback on real trees.
#include "tufmirror/tree/publisher.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "tree/tree_fixture.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/fs/walk.h"
#include "tufmirror/tree/staging.h"

namespace tufmirror::tree {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::IsEmpty;
using testing::IsOk;
using ::testing::Pair;
using testing::TempDirectory;

class PublisherTest : public ::testing::Test {
 protected:
  uint64_t LiveNumber() const {
    const auto generation = Publisher::CurrentGeneration(home_);
    EXPECT_THAT(generation, IsOk());
    return generation.ok() ? generation->number : 999;
  }
  // Publishes and remembers what readers must see then.
  void PublishNext(const Edits& edits) {
    expected_.push_back(
        Edited(expected_.empty() ? Files() : expected_.back(), edits));
    ASSERT_THAT(Publish(home_, ++number_, edits), IsOk());
    ASSERT_EQ(LiveFiles(home_), expected_.back());
  }

  const TempDirectory directory_;
  const Home home_ = MakeHome(directory_.Join("home"));
  uint64_t number_ = 0;
  std::vector<Files> expected_;  // by generation, from 1
};

TEST_F(PublisherTest, NothingIsPublishedInANewHome) {
  EXPECT_EQ(LiveNumber(), 0u);
  EXPECT_THAT(LiveFiles(home_), IsEmpty());
}

TEST_F(PublisherTest, GenerationsFollowEachOtherOnAlternatingTrees) {
  PublishNext({{"simple/index.html", "one"}, {"simple/a/index.html", "a"}});
  EXPECT_EQ(home_.LiveSide().value(), TreeSide::kB);
  PublishNext({{"simple/index.html", "two"}, {"simple/b/index.html", "b"}});
  EXPECT_EQ(home_.LiveSide().value(), TreeSide::kA);
  PublishNext({{"simple/a/index.html", std::nullopt}});
  PublishNext({{"simple/a/index.html", "again"}, {"metadata/x.json", "{}"}});
  PublishNext({});
  PublishNext({{"simple/b/index.html", "B"}});
  EXPECT_EQ(LiveNumber(), 6u);
}

TEST_F(PublisherTest, CurrentGenerationIsWhatWasCommitted) {
  PublishNext({{"a", "1"}});
  ASSERT_OK_AND_ASSIGN(const GenerationInfo info,
                       Publisher::CurrentGeneration(home_));
  EXPECT_EQ(info.number, 1u);
  EXPECT_EQ(info.published, InfoOf(1).published);
  EXPECT_EQ(info.targets, InfoOf(1).targets);
  EXPECT_EQ(info.target_bytes, InfoOf(1).target_bytes);
  EXPECT_EQ(info.timestamp_version, InfoOf(1).timestamp_version);
  EXPECT_EQ(info.earliest_expiry, InfoOf(1).earliest_expiry);
}

TEST_F(PublisherTest, ReadersSeeNothingOfEditsBeforeTheCommit) {
  PublishNext({{"a", "1"}, {"b", "1"}});
  ASSERT_OK_AND_ASSIGN(const auto publisher,
                       StageEdits(home_, {{"a", "2"}, {"b", std::nullopt}}));
  EXPECT_EQ(LiveFiles(home_), expected_.back());
  EXPECT_EQ(LiveNumber(), 1u);
  EXPECT_THAT(FilesBelow(publisher->standby_root()),
              ElementsAre(Pair("a", "2")));
  ASSERT_THAT(publisher->Commit(InfoOf(2)), IsOk());
  EXPECT_THAT(LiveFiles(home_), ElementsAre(Pair("a", "2")));
}

TEST_F(PublisherTest, ALaterEditOfAPathWins) {
  const StagingArea staging(home_);
  ASSERT_OK_AND_ASSIGN(const std::string first, staging.PutBlob("first"));
  ASSERT_OK_AND_ASSIGN(const std::string last, staging.PutBlob("last"));
  ASSERT_OK_AND_ASSIGN(const auto publisher, Publisher::Begin(home_));
  const auto put = TreeEdit::Kind::kPut;
  const auto remove = TreeEdit::Kind::kRemove;
  for (const TreeEdit& edit :
       {TreeEdit{put, PathOf("d/x"), first}, TreeEdit{put, PathOf("d/x"), last},
        TreeEdit{put, PathOf("d/y"), first},
        TreeEdit{remove, PathOf("d/y"), ""},
        TreeEdit{remove, PathOf("d/z"), ""},
        TreeEdit{put, PathOf("d/z"), first}}) {
    ASSERT_THAT(publisher->Add(edit), IsOk());
  }
  ASSERT_THAT(publisher->Stage(), IsOk());
  ASSERT_THAT(publisher->Commit(InfoOf(1)), IsOk());
  EXPECT_THAT(LiveFiles(home_),
              ElementsAre(Pair("d/x", "last"), Pair("d/z", "first")));
}

TEST_F(PublisherTest, StageIsIdempotentAndTakesFurtherEdits) {
  PublishNext({{"a", "1"}});
  const StagingArea staging(home_);
  ASSERT_OK_AND_ASSIGN(const std::string source, staging.PutBlob("2"));
  ASSERT_OK_AND_ASSIGN(const auto publisher,
                       StageEdits(home_, {{"a", "2"}, {"b/c", "3"}}));
  ASSERT_THAT(publisher->Stage(), IsOk());
  ASSERT_THAT(publisher->Add({TreeEdit::Kind::kPut, PathOf("later"), source}),
              IsOk());
  EXPECT_THAT(publisher->Commit(InfoOf(2)),
              FailsWith(Failure::kInternal, "staged"));
  ASSERT_THAT(publisher->Stage(), IsOk());
  ASSERT_THAT(publisher->Commit(InfoOf(2)), IsOk());
  EXPECT_THAT(LiveFiles(home_), ElementsAre(Pair("a", "2"), Pair("b/c", "3"),
                                            Pair("later", "2")));
}

TEST_F(PublisherTest, AFinishedPublicationCannotTouchWhatIsLiveNow) {
  ASSERT_OK_AND_ASSIGN(const auto publisher, StageEdits(home_, {{"a", "1"}}));
  ASSERT_THAT(publisher->Commit(InfoOf(1)), IsOk());
  EXPECT_THAT(publisher->Add({TreeEdit::Kind::kRemove, PathOf("a"), ""}),
              FailsWith(Failure::kInternal, "over"));
  EXPECT_THAT(publisher->Stage(), FailsWith(Failure::kInternal, "over"));
  EXPECT_THAT(publisher->Commit(InfoOf(2)), FailsWith(Failure::kInternal));
  EXPECT_THAT(LiveFiles(home_), ElementsAre(Pair("a", "1")));
}

TEST_F(PublisherTest, GenerationNumbersOnlyGrow) {
  PublishNext({{"a", "1"}});
  for (const uint64_t number : {0, 1}) {
    ASSERT_OK_AND_ASSIGN(const auto publisher, StageEdits(home_, {{"a", "2"}}));
    EXPECT_THAT(publisher->Commit(InfoOf(number)),
                FailsWith(Failure::kInternal, "a generation after 1"));
    EXPECT_THAT(LiveFiles(home_), ElementsAre(Pair("a", "1")));
  }
}

TEST_F(PublisherTest, RefusesEditsOfWhatBothTreesShare) {
  const StagingArea staging(home_);
  ASSERT_OK_AND_ASSIGN(const std::string source, staging.PutBlob("x"));
  ASSERT_OK_AND_ASSIGN(const auto publisher, Publisher::Begin(home_));
  for (const char* path :
       {"packages", "packages/a", "packages/a/b", "simple", "metadata"}) {
    EXPECT_THAT(publisher->Add({TreeEdit::Kind::kPut, PathOf(path), source}),
                FailsWith(Failure::kUnsafePath, path));
    EXPECT_THAT(publisher->Add({TreeEdit::Kind::kRemove, PathOf(path), ""}),
                FailsWith(Failure::kUnsafePath, path));
  }
}

// Only what went through staging can become reachable.
TEST_F(PublisherTest, NothingUnverifiedIsReachable) {
  const std::string outside = directory_.Write("outside", "secret");
  ASSERT_OK_AND_ASSIGN(const auto publisher, Publisher::Begin(home_));
  for (const std::string& source :
       {outside, home_.layout().config(), home_.layout().staging(),
        home_.layout().staging() + "/", std::string("blobs/x"),
        std::string()}) {
    EXPECT_THAT(publisher->Add({TreeEdit::Kind::kPut, PathOf("a"), source}),
                FailsWith(Failure::kInternal, "below"))
        << source;
  }
  const std::string link = home_.layout().blobs() + "/link";
  ASSERT_EQ(symlink(outside.c_str(), link.c_str()), 0);
  ASSERT_THAT(publisher->Add({TreeEdit::Kind::kPut, PathOf("a"), link}),
              IsOk());
  EXPECT_THAT(publisher->Stage(),
              FailsWith(Failure::kInternal, "regular file"));
  EXPECT_FALSE(publisher->Commit(InfoOf(1)).ok());
  EXPECT_THAT(LiveFiles(home_), IsEmpty());
}

TEST_F(PublisherTest, ServedFilesAreWorldReadableWhateverTheirSourceWas) {
  const std::string source =
      directory_.Write("home/staging/metadata/1.root.json", "{}");
  ASSERT_EQ(chmod(source.c_str(), 0600), 0);
  ASSERT_OK_AND_ASSIGN(const auto publisher, Publisher::Begin(home_));
  ASSERT_THAT(publisher->Add({TreeEdit::Kind::kPut,
                              PathOf("metadata/1.root.json"), source}),
              IsOk());
  ASSERT_THAT(publisher->Stage(), IsOk());
  ASSERT_THAT(publisher->Commit(InfoOf(1)), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto info, fs::Stat(home_.layout().live() +
                                                 "/metadata/1.root.json"));
  EXPECT_EQ(info->mode & 07777, 0644u);
  ASSERT_OK_AND_ASSIGN(const auto spool,
                       fs::Stat(home_.layout().staging() + "/edits"));
  EXPECT_EQ(spool->mode & 07777, 0600u);
}

TEST_F(PublisherTest, AMissingSourceLeavesTheOldGeneration) {
  PublishNext({{"a", "1"}});
  ASSERT_OK_AND_ASSIGN(const auto publisher, Publisher::Begin(home_));
  ASSERT_THAT(publisher->Add({TreeEdit::Kind::kPut, PathOf("a"),
                              home_.layout().blobs() + "/gone"}),
              IsOk());
  EXPECT_THAT(publisher->Stage(), FailsWith(Failure::kNotFound, "blobs/gone"));
  EXPECT_EQ(LiveFiles(home_), expected_.back());
  PublishNext({{"b", "2"}});
}

TEST_F(PublisherTest, BeginLevelsTheTreesAgainAfterEveryPublication) {
  PublishNext({{"simple/a/x", "1"}, {"simple/b/x", "1"}, {"f", "1"}});
  PublishNext({{"simple/a/x", "2"},
               {"simple/b/x", std::nullopt},
               {"simple/c/d/x", "2"}});
  EXPECT_EQ(StandbyFiles(home_), expected_[0]);
  ASSERT_THAT(Publisher::Begin(home_), IsOk());
  EXPECT_EQ(StandbyFiles(home_), expected_[1]);
  ASSERT_OK_AND_ASSIGN(
      const auto directories,
      fs::ListDirectory(home_.layout().tree(TreeSide::kB) + "/simple"));
  EXPECT_THAT(directories, ElementsAre("a", "c"));
}

TEST_F(PublisherTest, BeginUndoesAPublicationThatStoppedAfterStaging) {
  PublishNext({{"a", "1"}, {"b", "1"}});
  ASSERT_THAT(StageEdits(home_, {{"a", "2"}, {"b", std::nullopt}, {"c", "2"}}),
              IsOk());
  EXPECT_NE(StandbyFiles(home_), expected_.back());
  ASSERT_THAT(Publisher::Begin(home_), IsOk());
  EXPECT_EQ(StandbyFiles(home_), expected_.back());
}

TEST_F(PublisherTest, AFileThatBecomesADirectoryIsLevelledBothWays) {
  PublishNext({{"z/a", "file"}});
  PublishNext({{"z/a", std::nullopt}, {"z/a/b", "inside"}});
  PublishNext({{"other", "x"}});
  // "z/a/b" sorts after "z/a": here the file must come after the removal.
  ASSERT_OK_AND_ASSIGN(auto publisher,
                       StageEdits(home_, {{"z/a/b", std::nullopt}}));
  ASSERT_THAT(publisher->Commit(InfoOf(++number_)), IsOk());
  ASSERT_THAT(Publish(home_, ++number_, {{"z/a", "file again"}}), IsOk());
  ASSERT_THAT(Publisher::Rollback(home_), IsOk());
  ASSERT_THAT(Publish(home_, ++number_, {{"x", "1"}}), IsOk());
  ASSERT_THAT(Publisher::Begin(home_), IsOk());
  EXPECT_EQ(StandbyFiles(home_), LiveFiles(home_));
}

TEST_F(PublisherTest, ADamagedOrLostJournalIsReplacedByAWholeComparison) {
  for (const bool lost : {true, false}) {
    PublishNext({{"simple/a/x", "1"}, {"f", "1"}, {"g", "1"}});
    PublishNext({{"simple/a/x", std::to_string(number_)}, {"f", std::nullopt}});
    if (lost) {
      ASSERT_THAT(fs::Remove(home_.layout().journal()), IsOk());
    } else {
      ASSERT_EQ(truncate(home_.layout().journal().c_str(), 25), 0);
    }
    ASSERT_THAT(Publisher::Begin(home_), IsOk());
    EXPECT_EQ(StandbyFiles(home_), expected_.back());
    EXPECT_EQ(LiveFiles(home_), expected_.back());
  }
}

TEST_F(PublisherTest, UntouchedFilesAreSharedByTheTrees) {
  PublishNext({{"a", "1"}, {"b", "1"}});
  ASSERT_THAT(Publisher::Begin(home_), IsOk());
  for (const char* name : {"a", "b"}) {
    ASSERT_OK_AND_ASSIGN(
        const auto left,
        fs::Stat(home_.layout().tree(TreeSide::kA) + "/" + name));
    ASSERT_OK_AND_ASSIGN(
        const auto right,
        fs::Stat(home_.layout().tree(TreeSide::kB) + "/" + name));
    EXPECT_EQ(left->inode, right->inode);
  }
}

TEST_F(PublisherTest, RollbackPutsThePreviousGenerationBack) {
  PublishNext({{"a", "1"}, {"b", "1"}});
  PublishNext({{"a", "2"}, {"b", std::nullopt}, {"c", "2"}});
  ASSERT_THAT(Publisher::Rollback(home_), IsOk());
  EXPECT_EQ(LiveNumber(), 1u);
  EXPECT_EQ(LiveFiles(home_), expected_[0]);
}

TEST_F(PublisherTest, PublicationAfterARollbackStartsFromWhatIsLive) {
  PublishNext({{"a", "1"}, {"b", "1"}});
  PublishNext({{"a", "2"}, {"b", std::nullopt}, {"c", "2"}});
  ASSERT_THAT(Publisher::Rollback(home_), IsOk());
  ASSERT_THAT(Publish(home_, 3, {{"d", "3"}}), IsOk());
  EXPECT_EQ(LiveNumber(), 3u);
  EXPECT_EQ(LiveFiles(home_), Edited(expected_[0], {{"d", "3"}}));
  ASSERT_THAT(Publisher::Rollback(home_), IsOk());
  EXPECT_EQ(LiveFiles(home_), expected_[0]);
}

TEST_F(PublisherTest, RollbackIsRefusedWithoutACompletePreviousGeneration) {
  EXPECT_THAT(Publisher::Rollback(home_), FailsWith(Failure::kUsage, "none"));
  PublishNext({{"a", "1"}});
  EXPECT_THAT(Publisher::Rollback(home_),
              FailsWith(Failure::kUsage, "generation 1 stays live"));
  PublishNext({{"a", "2"}});
  ASSERT_THAT(Publisher::Rollback(home_), IsOk());
  EXPECT_THAT(Publisher::Rollback(home_),
              FailsWith(Failure::kUsage, "only one step back"));
  EXPECT_EQ(LiveFiles(home_), expected_[0]);
}

TEST_F(PublisherTest, RollbackIsRefusedWhenALaterRunHasTouchedThatTree) {
  PublishNext({{"a", "1"}, {"b", "1"}});
  PublishNext({{"a", "2"}});
  ASSERT_THAT(StageEdits(home_, {{"b", "3"}}), IsOk());
  EXPECT_THAT(Publisher::Rollback(home_),
              FailsWith(Failure::kUsage, "begun to reuse its tree"));
  EXPECT_EQ(LiveFiles(home_), expected_[1]);
}

TEST_F(PublisherTest, BeginRemovesTemporariesOfKilledRuns) {
  directory_.Write("home/state/.tmp-abcdef", "half");
  ASSERT_THAT(Publisher::Begin(home_), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto names,
                       fs::ListDirectory(home_.layout().state()));
  EXPECT_THAT(names, ElementsAre("upstream"));
}

// Every file of a generation holds the number of that generation.
Edits NumberedEdits(uint64_t number) {
  Edits edits;
  for (int i = 0; i < 20; ++i) {
    edits["simple/p" + std::to_string(i) + "/index.html"] =
        std::to_string(number);
  }
  edits["metadata/timestamp.json"] = std::to_string(number);
  return edits;
}

std::string ReadAt(int directory, const std::string& path) {
  const fs::UniqueFd fd(openat(directory, path.c_str(), O_RDONLY));
  char bytes[32];
  const ssize_t got = fd.valid() ? read(fd.get(), bytes, sizeof(bytes)) : 0;
  return std::string(bytes, got < 0 ? 0 : static_cast<size_t>(got));
}

TEST_F(PublisherTest, ReaderSeesOneGeneration) {
  ASSERT_THAT(Publish(home_, 1, NumberedEdits(1)), IsOk());
  const Edits paths = NumberedEdits(0);
  std::atomic<uint64_t> published = 1;
  std::atomic<bool> over = false;
  std::string mixed;
  int reads = 0;
  // Opens the document root once, as a request does, and reads all of it
  // while at most one publication goes on.
  std::thread reader([&] {
    while (!over || reads == 0) {
      const uint64_t before = published;
      const fs::UniqueFd root(
          open(home_.layout().live().c_str(), O_RDONLY | O_DIRECTORY));
      const std::string number = ReadAt(root.get(), "metadata/timestamp.json");
      std::string seen;
      for (const auto& [path, unused] : paths) {
        const std::string got = ReadAt(root.get(), path);
        if (got != number) seen += path + ":" + got + " ";
      }
      // The next run edits the tree that this one replaces.
      if (published != before) continue;
      ++reads;
      if (number.empty() || !seen.empty()) mixed = number + " but " + seen;
    }
  });
  for (uint64_t number = 2; number <= 60; ++number) {
    published = number;
    EXPECT_THAT(Publish(home_, number, NumberedEdits(number)), IsOk());
  }
  over = true;
  reader.join();
  EXPECT_EQ(mixed, "");
  EXPECT_GT(reads, 0);
}

}  // namespace
}  // namespace tufmirror::tree
