// Retired files: a list that survives, and that damage cannot turn into a
// removal of something else.
#include "tufmirror/tree/retired.h"

#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "tree/retired_line.h"
#include "tree/tree_fixture.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::tree {
namespace {

using ::testing::IsEmpty;
using testing::IsOk;
using testing::ReadWholeFile;
using testing::TempDirectory;

absl::Time At(int64_t seconds) { return absl::FromUnixSeconds(seconds); }

std::vector<std::string> PathsOf(const std::vector<RetiredFile>& files) {
  std::vector<std::string> paths;
  for (const RetiredFile& file : files) paths.push_back(file.path.str());
  return paths;
}

class RetiredFilesTest : public ::testing::Test {
 protected:
  const TempDirectory directory_;
  const Home home_ = MakeHome(directory_.Join("home"));
};

TEST_F(RetiredFilesTest, NoListMeansNothingRetired) {
  ASSERT_OK_AND_ASSIGN(RetiredFiles files, RetiredFiles::Load(home_));
  EXPECT_THAT(files.TakeDue(absl::InfiniteFuture()), IsEmpty());
}

TEST_F(RetiredFilesTest, ComesBackAsItWasSaved) {
  RetiredFiles files;
  files.Add(PathOf("metadata/7.bin-00ff.json"), At(2000));
  files.Add(PathOf("packages/a/a b.whl"), At(1000));
  ASSERT_THAT(files.Save(home_), IsOk());
  EXPECT_EQ(ReadWholeFile(home_.layout().retired()),
            "2000 metadata/7.bin-00ff.json\n1000 packages/a/a b.whl\n");
  ASSERT_OK_AND_ASSIGN(RetiredFiles loaded, RetiredFiles::Load(home_));
  EXPECT_THAT(
      PathsOf(loaded.TakeDue(At(5000))),
      ::testing::ElementsAre("metadata/7.bin-00ff.json", "packages/a/a b.whl"));
}

TEST_F(RetiredFilesTest, ListIsPrivate) {
  ASSERT_THAT(RetiredFiles().Save(home_), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto info, fs::Stat(home_.layout().retired()));
  EXPECT_EQ(info->mode & 07777, 0600u);
}

TEST_F(RetiredFilesTest, NothingIsDueBeforeItsTime) {
  RetiredFiles files;
  files.Add(PathOf("a"), At(1000));
  files.Add(PathOf("b"), At(1001));
  EXPECT_THAT(files.TakeDue(At(999)), IsEmpty());
  EXPECT_THAT(PathsOf(files.TakeDue(At(1000))), ::testing::ElementsAre("a"));
  EXPECT_FALSE(files.Contains(PathOf("a")));
  EXPECT_TRUE(files.Contains(PathOf("b")));
  EXPECT_THAT(files.TakeDue(At(1000)), IsEmpty());
}

TEST_F(RetiredFilesTest, SavingNeverShortensTheTime) {
  RetiredFiles files;
  files.Add(PathOf("a"), At(1000) + absl::Milliseconds(1));
  ASSERT_THAT(files.Save(home_), IsOk());
  ASSERT_OK_AND_ASSIGN(RetiredFiles loaded, RetiredFiles::Load(home_));
  EXPECT_THAT(loaded.TakeDue(At(1000) + absl::Milliseconds(1)), IsEmpty());
  EXPECT_EQ(loaded.TakeDue(At(1001)).size(), 1u);
}

TEST_F(RetiredFilesTest, APathThatIsInUseAgainIsForgotten) {
  RetiredFiles files;
  files.Add(PathOf("a"), At(1000));
  files.Forget(PathOf("a"));
  files.Forget(PathOf("never there"));
  EXPECT_THAT(files.TakeDue(absl::InfiniteFuture()), IsEmpty());
}

TEST_F(RetiredFilesTest, RetiringAgainMovesTheTime) {
  RetiredFiles files;
  files.Add(PathOf("a"), At(1000));
  files.Add(PathOf("a"), At(3000));
  EXPECT_THAT(files.TakeDue(At(2000)), IsEmpty());
  EXPECT_EQ(files.TakeDue(At(3000)).size(), 1u);
}

TEST_F(RetiredFilesTest, DamagedLinesAreDroppedAndTheRestIsKept) {
  directory_.Write("home/state/retired",
                   "1000 good\n\nno-time\nabc bad\n 5 bad\n1000 ../escape\n"
                   "1000 /etc/passwd\n99999999999999999999 bad\n1000x bad\n"
                   "-5 early\n2000 also good\n1000 cut o");
  ASSERT_OK_AND_ASSIGN(RetiredFiles files, RetiredFiles::Load(home_));
  EXPECT_THAT(PathsOf(files.TakeDue(absl::InfiniteFuture())),
              ::testing::ElementsAre("also good", "early", "good"));
}

TEST(ParseRetiredLine, TakesATimeAndAPath) {
  const auto file = ParseRetiredLine("12 simple/a/index.html");
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(file->path.str(), "simple/a/index.html");
  EXPECT_EQ(file->remove_at, At(12));
  for (const char* line : {"", " ", "12", "12 ", "a b", "1 2//3", "1\tx"}) {
    EXPECT_FALSE(ParseRetiredLine(line).has_value()) << line;
  }
}

}  // namespace
}  // namespace tufmirror::tree
