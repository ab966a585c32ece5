// Directory walks: complete, never through a symlink.
#include "tufmirror/fs/walk.h"

#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <string>

#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "tufmirror/base/failure.h"

namespace tufmirror::fs {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::IsEmpty;
using testing::IsOk;
using ::testing::Pair;
using testing::TempDirectory;

std::map<std::string, uint64_t> SizesBelow(const std::string& root) {
  std::map<std::string, uint64_t> sizes;
  EXPECT_THAT(WalkFiles(root,
                        [&](std::string_view path, const FileInfo& info) {
                          sizes.emplace(path, info.size);
                          return absl::OkStatus();
                        }),
              IsOk());
  return sizes;
}

TEST(WalkFiles, VisitsEveryRegularFileWithItsRelativePath) {
  const TempDirectory directory;
  directory.Write("top", "1");
  directory.Write("a/one", "12");
  directory.Write("a/b/c/deep", "123");
  directory.Write(".hidden/..name", "1234");
  EXPECT_THAT(SizesBelow(directory.path()),
              ElementsAre(Pair(".hidden/..name", 4), Pair("a/b/c/deep", 3),
                          Pair("a/one", 2), Pair("top", 1)));
}

TEST(WalkFiles, FollowsNoSymlinkAndPassesOverWhatIsNoFile) {
  const TempDirectory directory;
  directory.Write("outside/secret", "x");
  directory.Write("root/file", "x");
  ASSERT_EQ(symlink("../outside", directory.Join("root/dir").c_str()), 0);
  ASSERT_EQ(symlink("../outside/secret", directory.Join("root/l").c_str()), 0);
  ASSERT_EQ(symlink("loop", directory.Join("root/loop").c_str()), 0);
  ASSERT_EQ(mkfifo(directory.Join("root/fifo").c_str(), 0600), 0);
  EXPECT_THAT(SizesBelow(directory.Join("root")), ElementsAre(Pair("file", 1)));
}

TEST(WalkFiles, EntersARootThatIsASymlink) {
  const TempDirectory directory;
  directory.Write("tree/file", "x");
  ASSERT_EQ(symlink("tree", directory.Join("live").c_str()), 0);
  EXPECT_THAT(SizesBelow(directory.Join("live")), ElementsAre(Pair("file", 1)));
}

TEST(WalkFiles, StopsAtTheFirstErrorOfTheVisitor) {
  const TempDirectory directory;
  for (const char* name : {"a", "b", "c", "d/e"}) directory.Write(name, "");
  int visits = 0;
  EXPECT_THAT(WalkFiles(directory.path(),
                        [&](std::string_view, const FileInfo&) {
                          ++visits;
                          return MakeFailure(Failure::kBrake, "enough");
                        }),
              FailsWith(Failure::kBrake, "enough"));
  EXPECT_EQ(visits, 1);
}

TEST(WalkFiles, AllowsRemovalOfWhatItVisits) {
  const TempDirectory directory;
  for (int i = 0; i < 3000; ++i) {
    directory.Write("d" + std::to_string(i % 7) + "/f" + std::to_string(i), "");
  }
  int visits = 0;
  EXPECT_THAT(WalkFiles(directory.path(),
                        [&](std::string_view path, const FileInfo&) {
                          ++visits;
                          return Remove(directory.Join(path));
                        }),
              IsOk());
  EXPECT_EQ(visits, 3000);
  EXPECT_THAT(SizesBelow(directory.path()), IsEmpty());
}

TEST(WalkFiles, RefusesEndlessDepth) {
  const TempDirectory directory;
  std::string path = "d";
  for (int i = 0; i < 300; ++i) path += "/d";
  ASSERT_THAT(MakeDirectories(directory.Join(path), 0755), IsOk());
  EXPECT_THAT(WalkFiles(directory.path(),
                        [](std::string_view, const FileInfo&) {
                          return absl::OkStatus();
                        }),
              FailsWith(Failure::kFileSystem, "nested deeper"));
}

TEST(WalkFiles, SaysWhichRootIsMissing) {
  const TempDirectory directory;
  EXPECT_THAT(WalkFiles(directory.Join("none"),
                        [](std::string_view, const FileInfo&) {
                          return absl::OkStatus();
                        }),
              FailsWith(Failure::kNotFound, "none"));
}

TEST(ListDirectory, IsSortedAndComplete) {
  const TempDirectory directory;
  for (const char* name : {"b", "a", ".c", "d/e"}) directory.Write(name, "");
  ASSERT_OK_AND_ASSIGN(const auto names, ListDirectory(directory.path()));
  EXPECT_THAT(names, ElementsAre(".c", "a", "b", "d"));
  EXPECT_THAT(ListDirectory(directory.Join("a")),
              FailsWith(Failure::kFileSystem));
}

}  // namespace
}  // namespace tufmirror::fs
