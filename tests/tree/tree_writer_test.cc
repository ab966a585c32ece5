// Changes of one tree: links, replacements, directories that come and go.
#include "tree/tree_writer.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "tree/tree_fixture.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/fs/walk.h"

namespace tufmirror::tree {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::IsEmpty;
using testing::IsOk;
using ::testing::Pair;
using testing::TempDirectory;

class TreeWriterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"tree", "scratch", "sources"}) {
      ASSERT_THAT(fs::MakeDirectories(directory_.Join(name), 0755), IsOk());
    }
    ASSERT_OK_AND_ASSIGN(
        sources_, fs::Open(directory_.Join("sources"), O_RDONLY | O_DIRECTORY));
  }

  absl::StatusOr<TreeWriter> Writer() const {
    return TreeWriter::Open(directory_.Join("tree"),
                            directory_.Join("scratch"));
  }

  // Puts a file with `bytes` at `path`.
  absl::Status Put(TreeWriter& writer, const std::string& path,
                   const std::string& bytes) {
    directory_.Write("sources/" + bytes, bytes);
    return writer.Put(sources_.get(), bytes, path);
  }

  Files Tree() const { return FilesBelow(directory_.Join("tree")); }
  std::vector<std::string> NamesIn(const std::string& name) const {
    return fs::ListDirectory(directory_.Join(name))
        .value_or(std::vector<std::string>{"cannot be read"});
  }

  const TempDirectory directory_;
  fs::UniqueFd sources_;
};

TEST_F(TreeWriterTest, PutsAndReplacesAndMakesDirectories) {
  ASSERT_OK_AND_ASSIGN(TreeWriter writer, Writer());
  EXPECT_THAT(Put(writer, "top", "1"), IsOk());
  EXPECT_THAT(Put(writer, "a/b/c/deep", "2"), IsOk());
  EXPECT_THAT(Put(writer, "a/near", "3"), IsOk());
  EXPECT_THAT(Put(writer, "a/near", "4"), IsOk());
  EXPECT_THAT(Put(writer, "a/near", "4"), IsOk());
  ASSERT_THAT(writer.Finish(), IsOk());
  EXPECT_THAT(Tree(), ElementsAre(Pair("a/b/c/deep", "2"), Pair("a/near", "4"),
                                  Pair("top", "1")));
  EXPECT_THAT(NamesIn("scratch"), IsEmpty());
}

TEST_F(TreeWriterTest, DirectoriesAreServableWhateverTheUmask) {
  ASSERT_OK_AND_ASSIGN(TreeWriter writer, Writer());
  const mode_t before = umask(0077);
  const absl::Status put = Put(writer, "a/b/file", "1");
  umask(before);
  ASSERT_THAT(put, IsOk());
  for (const char* name : {"tree/a", "tree/a/b"}) {
    ASSERT_OK_AND_ASSIGN(const auto info, fs::Stat(directory_.Join(name)));
    EXPECT_EQ(info->mode & 07777, 0755u) << name;
  }
}

TEST_F(TreeWriterTest, RemovesDirectoriesThatBecomeEmpty) {
  ASSERT_OK_AND_ASSIGN(TreeWriter writer, Writer());
  for (const char* path : {"simple/a/x", "simple/a/y", "simple/b/c/d/e"}) {
    ASSERT_THAT(Put(writer, path, "1"), IsOk());
  }
  EXPECT_THAT(writer.Remove("simple/a/x"), IsOk());
  EXPECT_THAT(writer.Remove("simple/b/c/d/e"), IsOk());
  ASSERT_THAT(writer.Finish(), IsOk());
  EXPECT_THAT(NamesIn("tree/simple"), ElementsAre("a"));
  EXPECT_THAT(writer.Remove("simple/a/y"), IsOk());
  ASSERT_THAT(writer.Finish(), IsOk());
  EXPECT_THAT(NamesIn("tree"), ElementsAre("simple"));
}

TEST_F(TreeWriterTest, KeepsTheDirectoriesThatEveryMirrorHas) {
  ASSERT_OK_AND_ASSIGN(TreeWriter writer, Writer());
  for (const char* path : {"simple/a/x", "metadata/1.root.json", "other/x"}) {
    ASSERT_THAT(Put(writer, path, "1"), IsOk());
    ASSERT_THAT(writer.Remove(path), IsOk());
  }
  ASSERT_THAT(writer.Finish(), IsOk());
  EXPECT_THAT(NamesIn("tree"), ElementsAre("metadata", "simple"));
}

TEST_F(TreeWriterTest, RemovalOfWhatIsAbsentCleansEmptyDirectories) {
  ASSERT_THAT(fs::MakeDirectories(directory_.Join("tree/simple/a/b"), 0755),
              IsOk());
  ASSERT_OK_AND_ASSIGN(TreeWriter writer, Writer());
  EXPECT_THAT(writer.Remove("simple/a/b/c/gone"), IsOk());
  EXPECT_THAT(writer.Remove("never/there"), IsOk());
  EXPECT_THAT(writer.Remove("gone"), IsOk());
  ASSERT_THAT(writer.Finish(), IsOk());
  EXPECT_THAT(NamesIn("tree/simple"), IsEmpty());
}

TEST_F(TreeWriterTest, PutAfterRemovalInOneDirectoryKeepsIt) {
  ASSERT_OK_AND_ASSIGN(TreeWriter writer, Writer());
  ASSERT_THAT(Put(writer, "a/x", "1"), IsOk());
  ASSERT_THAT(writer.Remove("a/x"), IsOk());
  ASSERT_THAT(Put(writer, "a/x", "2"), IsOk());
  ASSERT_THAT(writer.Finish(), IsOk());
  EXPECT_THAT(Tree(), ElementsAre(Pair("a/x", "2")));
}

TEST_F(TreeWriterTest, AFileMayBecomeADirectoryAndBack) {
  ASSERT_OK_AND_ASSIGN(TreeWriter writer, Writer());
  ASSERT_THAT(Put(writer, "a", "1"), IsOk());
  ASSERT_THAT(writer.Remove("a"), IsOk());
  ASSERT_THAT(Put(writer, "a/b", "2"), IsOk());
  EXPECT_THAT(Tree(), ElementsAre(Pair("a/b", "2")));
  ASSERT_THAT(writer.Remove("a/b"), IsOk());
  ASSERT_THAT(Put(writer, "a", "3"), IsOk());
  EXPECT_THAT(Tree(), ElementsAre(Pair("a", "3")));
}

TEST_F(TreeWriterTest, RefusesANameThatIsFileAndDirectoryAtOnce) {
  ASSERT_OK_AND_ASSIGN(TreeWriter writer, Writer());
  ASSERT_THAT(Put(writer, "a", "1"), IsOk());
  ASSERT_THAT(Put(writer, "d/file", "1"), IsOk());
  for (const char* path : {"a/b", "a/b/c", "d"}) {
    EXPECT_THAT(Put(writer, path, "2"),
                FailsWith(Failure::kUnsafePath, "both a file and a directory"))
        << path;
  }
}

TEST_F(TreeWriterTest, NeverWritesThroughASymlink) {
  ASSERT_THAT(fs::MakeDirectories(directory_.Join("outside"), 0755), IsOk());
  ASSERT_THAT(fs::ReplaceSymlink("../outside", directory_.Join("tree/link")),
              IsOk());
  ASSERT_OK_AND_ASSIGN(TreeWriter writer, Writer());
  EXPECT_FALSE(Put(writer, "link/file", "1").ok());
  EXPECT_THAT(writer.Remove("link/file"), IsOk());
  EXPECT_THAT(NamesIn("outside"), IsEmpty());
}

TEST_F(TreeWriterTest, MissingSourceIsNamed) {
  ASSERT_OK_AND_ASSIGN(TreeWriter writer, Writer());
  EXPECT_THAT(writer.Put(sources_.get(), "none", "a"),
              FailsWith(Failure::kNotFound, "link none as "));
}

TEST_F(TreeWriterTest, TakesOverWhatAKilledRunLeftInScratch) {
  directory_.Write("scratch/replacement", "stale");
  ASSERT_OK_AND_ASSIGN(TreeWriter writer, Writer());
  ASSERT_THAT(Put(writer, "a", "1"), IsOk());
  ASSERT_THAT(Put(writer, "a", "2"), IsOk());
  ASSERT_THAT(writer.Finish(), IsOk());
  EXPECT_THAT(Tree(), ElementsAre(Pair("a", "2")));
}

// ext4 allows 65000 names of one file; identical small pages are that many.
TEST_F(TreeWriterTest, MoreNamesThanAFileMayHaveBecomeCopies) {
  ASSERT_OK_AND_ASSIGN(TreeWriter writer, Writer());
  directory_.Write("sources/page", "page");
  constexpr int kNames = 65100;
  for (int i = 0; i < kNames; ++i) {
    ASSERT_THAT(writer.Put(sources_.get(), "page", "p" + std::to_string(i)),
                IsOk());
  }
  ASSERT_THAT(writer.Finish(), IsOk());
  int whole = 0;
  ASSERT_THAT(fs::WalkFiles(directory_.Join("tree"),
                            [&](std::string_view, const fs::FileInfo& info) {
                              whole +=
                                  info.size == 4 && (info.mode & 07777) == 0644;
                              return absl::OkStatus();
                            }),
              IsOk());
  EXPECT_EQ(whole, kNames);
}

}  // namespace
}  // namespace tufmirror::tree
