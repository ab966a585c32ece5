// Names: directories, links, renames, removals, symlinks.
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/fs/walk.h"

namespace tufmirror::fs {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using testing::IsOk;
using testing::ReadWholeFile;
using testing::TempDirectory;

uint64_t InodeOf(const std::string& path) {
  const auto info = Stat(path);
  return info.ok() && info->has_value() ? (*info)->inode : 0;
}

TEST(MakeDirectories, MakesParentsWithTheModeWhateverTheUmask) {
  const TempDirectory directory;
  const mode_t before = umask(0077);
  const absl::Status made = MakeDirectories(directory.Join("a/b/c"), 0755);
  umask(before);
  ASSERT_THAT(made, IsOk());
  for (const char* name : {"a", "a/b", "a/b/c"}) {
    ASSERT_OK_AND_ASSIGN(const auto info, Stat(directory.Join(name)));
    EXPECT_EQ(info->mode & 07777, 0755u) << name;
  }
}

TEST(MakeDirectories, LeavesExistingDirectoriesAsTheyAre) {
  const TempDirectory directory;
  ASSERT_THAT(MakeDirectories(directory.Join("a"), 0700), IsOk());
  ASSERT_THAT(MakeDirectories(directory.Join("a"), 0755), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto info, Stat(directory.Join("a")));
  EXPECT_EQ(info->mode & 07777, 0700u);
}

TEST(MakeDirectories, RefusesWhereAFileIs) {
  const TempDirectory directory;
  directory.Write("file", "");
  EXPECT_THAT(MakeDirectories(directory.Join("file"), 0755),
              FailsWith(Failure::kFileSystem, "not a directory"));
  EXPECT_THAT(MakeDirectories(directory.Join("file/below"), 0755),
              FailsWith(Failure::kFileSystem, "file/below"));
  EXPECT_THAT(MakeDirectories("", 0755), FailsWith(Failure::kNotFound));
}

TEST(Rename, NamesBothPathsWhenItFails) {
  const TempDirectory directory;
  EXPECT_THAT(Rename(directory.Join("from"), directory.Join("to")),
              FailsWith(Failure::kNotFound, "from to "));
}

TEST(Link, OverwritesNothing) {
  const TempDirectory directory;
  const std::string from = directory.Write("from", "1");
  const std::string to = directory.Write("to", "2");
  EXPECT_THAT(Link(from, to), FailsWith(Failure::kFileSystem, "as"));
  EXPECT_EQ(ReadWholeFile(to), "2");
  EXPECT_THAT(Link(from, directory.Join("new")), IsOk());
  EXPECT_EQ(InodeOf(from), InodeOf(directory.Join("new")));
}

TEST(LinkOver, MakesOrReplacesAName) {
  const TempDirectory directory;
  const std::string from = directory.Write("from", "new");
  ASSERT_THAT(LinkOver(from, directory.Join("fresh")), IsOk());
  const std::string old = directory.Write("old", "old");
  ASSERT_THAT(LinkOver(from, old), IsOk());
  EXPECT_EQ(InodeOf(from), InodeOf(old));
  EXPECT_EQ(ReadWholeFile(old), "new");
}

TEST(LinkOver, LeavesNoThirdNameWhenBothAreOneFileAlready) {
  const TempDirectory directory;
  const std::string from = directory.Write("from", "x");
  ASSERT_THAT(LinkOver(from, directory.Join("to")), IsOk());
  ASSERT_THAT(LinkOver(from, directory.Join("to")), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto names, ListDirectory(directory.path()));
  EXPECT_THAT(names, ElementsAre("from", "to"));
}

TEST(LinkOver, LeavesNothingWhenItFails) {
  const TempDirectory directory;
  const std::string from = directory.Write("from", "x");
  directory.Write("to/file", "");
  EXPECT_THAT(LinkOver(from, directory.Join("to")),
              FailsWith(Failure::kFileSystem, "to"));
  EXPECT_THAT(LinkOver(directory.Join("none"), directory.Join("new")),
              FailsWith(Failure::kNotFound, "none"));
  ASSERT_OK_AND_ASSIGN(const auto names, ListDirectory(directory.path()));
  EXPECT_THAT(names, ElementsAre("from", "to"));
}

TEST(Remove, AbsenceIsNoError) {
  const TempDirectory directory;
  const std::string path = directory.Write("file", "");
  EXPECT_THAT(Remove(path), IsOk());
  EXPECT_THAT(Remove(path), IsOk());
  EXPECT_THAT(Remove(directory.path()), FailsWith(Failure::kFileSystem));
}

TEST(RemoveDirectoryIfEmpty, KeepsWhatHoldsSomething) {
  const TempDirectory directory;
  directory.Write("full/file", "");
  ASSERT_THAT(MakeDirectories(directory.Join("empty"), 0755), IsOk());
  EXPECT_THAT(RemoveDirectoryIfEmpty(directory.Join("full")), IsOk());
  EXPECT_THAT(RemoveDirectoryIfEmpty(directory.Join("empty")), IsOk());
  EXPECT_THAT(RemoveDirectoryIfEmpty(directory.Join("none")), IsOk());
  EXPECT_THAT(RemoveDirectoryIfEmpty(directory.Join("full/file")),
              FailsWith(Failure::kFileSystem));
  ASSERT_OK_AND_ASSIGN(const auto names, ListDirectory(directory.path()));
  EXPECT_THAT(names, ElementsAre("full"));
}

TEST(RemoveTree, FollowsNoSymlink) {
  const TempDirectory directory;
  const std::string kept = directory.Write("outside/kept", "x");
  directory.Write("tree/a/b", "x");
  ASSERT_EQ(symlink("../outside", directory.Join("tree/link").c_str()), 0);
  ASSERT_THAT(RemoveTree(directory.Join("tree")), IsOk());
  EXPECT_THAT(RemoveTree(directory.Join("tree")), IsOk());
  EXPECT_EQ(ReadWholeFile(kept), "x");
  ASSERT_OK_AND_ASSIGN(const auto names, ListDirectory(directory.path()));
  EXPECT_THAT(names, ElementsAre("outside"));
}

TEST(ReplaceSymlink, MakesAndReplaces) {
  const TempDirectory directory;
  const std::string link = directory.Join("link");
  ASSERT_THAT(ReplaceSymlink("first", link), IsOk());
  ASSERT_THAT(ReplaceSymlink("second", link), IsOk());
  ASSERT_OK_AND_ASSIGN(const std::string target, ReadSymlink(link));
  EXPECT_EQ(target, "second");
  ASSERT_OK_AND_ASSIGN(const auto names, ListDirectory(directory.path()));
  EXPECT_THAT(names, ElementsAre("link"));
}

TEST(ReplaceSymlink, TakesOverWhatAKilledOneLeft) {
  const TempDirectory directory;
  ASSERT_EQ(symlink("stale", directory.Join("link.new").c_str()), 0);
  ASSERT_THAT(ReplaceSymlink("target", directory.Join("link")), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto names, ListDirectory(directory.path()));
  EXPECT_THAT(names, ElementsAre("link"));
}

TEST(ReplaceSymlink, LeavesTheOldOneWhenItFails) {
  const TempDirectory directory;
  directory.Write("link/file", "");
  EXPECT_THAT(ReplaceSymlink("target", directory.Join("link")),
              FailsWith(Failure::kFileSystem, "link"));
  ASSERT_OK_AND_ASSIGN(const auto names, ListDirectory(directory.path()));
  EXPECT_THAT(names, ElementsAre("link"));
}

TEST(ReadSymlink, RefusesOtherFiles) {
  const TempDirectory directory;
  EXPECT_THAT(ReadSymlink(directory.Write("file", "")),
              FailsWith(Failure::kFileSystem, "read symlink"));
  EXPECT_THAT(ReadSymlink(directory.Join("none")),
              FailsWith(Failure::kNotFound));
}

}  // namespace
}  // namespace tufmirror::fs
