// Invariant: out of disk space anywhere, the old generation is still served,
// and the next run completes once there is room. On a real, tiny file system.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <iostream>

#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "tree/tree_fixture.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/tree/staging.h"

namespace tufmirror::tree {
namespace {

using testing::FailsWith;
using testing::IsOk;
using testing::TempDirectory;

constexpr char kWheel[] = "packages/w/w-1.whl";

// Gtest's verdict does not cross a fork by itself.
int FailuresIn(const std::function<void()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    body();
    _exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// Mounts a tmpfs with `options` at `path`, seen by this process only.
bool MountPrivately(const std::string& path, const std::string& options) {
  return unshare(CLONE_NEWNS) == 0 &&
         mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         mount("tmpfs", path.c_str(), "tmpfs", 0, options.c_str()) == 0;
}

// Takes every block that is left.
void FillUp(const std::string& path) {
  ASSERT_OK_AND_ASSIGN(const fs::UniqueFd fd,
                       fs::Open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600));
  const std::string block(4096, 'f');
  while (fs::WriteAll(fd.get(), block, path).ok()) {
  }
}

Edits ManyEdits() {
  Edits edits;
  for (int i = 0; i < 40; ++i) {
    edits["simple/p" + std::to_string(i) + "/index.html"] =
        std::string(3000, static_cast<char>('A' + i));
  }
  return edits;
}

absl::Status WholeRun(const Home& home) {
  const absl::Status accepted = Accept(home, kWheel, std::string(50000, 'w'));
  return accepted.ok() ? Publish(home, 2, ManyEdits()) : accepted;
}

// Publishes with `free_blocks` of 4 KB left, then with room again.
void PublishWithLittleRoom(const Home& home, int free_blocks) {
  const std::string ballast = home.layout().home() + "/ballast";
  FillUp(ballast);
  ASSERT_OK_AND_ASSIGN(const auto info, fs::Stat(ballast));
  ASSERT_EQ(truncate(ballast.c_str(),
                     static_cast<off_t>(info->size) - 4096 * free_blocks),
            0);
  const Files before = LiveFiles(home);
  const absl::Status run = WholeRun(home);
  const bool full = !run.ok();
  if (full) {
    EXPECT_THAT(run, FailsWith(Failure::kDiskFull)) << free_blocks;
    EXPECT_EQ(LiveFiles(home), before) << free_blocks;
    EXPECT_EQ(Publisher::CurrentGeneration(home)->number, 1u);
    EXPECT_THAT(Home::Open(home.layout().home()), IsOk());
  }
  ASSERT_THAT(fs::Remove(ballast), IsOk());
  if (full) {
    EXPECT_THAT(WholeRun(home), IsOk()) << free_blocks;
  }
  EXPECT_EQ(LiveFiles(home), Edited(before, ManyEdits())) << free_blocks;
}

TEST(DiskFull, LeavesTheOldGenerationAndTheNextRunCompletes) {
  const TempDirectory directory;
  // From nothing at all to just not enough; publishing takes some 100 blocks.
  for (int free_blocks = 0; free_blocks < 100; free_blocks += 3) {
    EXPECT_EQ(
        FailuresIn([&] {
          ASSERT_TRUE(MountPrivately(directory.path(), "size=2m"))
              << "this test needs permission to mount (root)";
          const Home home = MakeHome(directory.Join("home"));
          ASSERT_THAT(Publish(home, 1, {{"simple/index.html", "1"}}), IsOk());
          PublishWithLittleRoom(home, free_blocks);
        }),
        0);
  }
}

TEST(DiskFull, OutOfInodesIsDiskFullToo) {
  const TempDirectory directory;
  for (int inodes = 14; inodes < 60; inodes += 5) {
    EXPECT_EQ(
        FailuresIn([&] {
          ASSERT_TRUE(MountPrivately(
              directory.path(),
              "size=4m,nr_inodes=" + std::to_string(inodes + 20)))
              << "this test needs permission to mount (root)";
          const Home home = MakeHome(directory.Join("home"));
          ASSERT_THAT(Publish(home, 1, {{"simple/index.html", "1"}}), IsOk());
          const Files before = LiveFiles(home);
          EXPECT_THAT(WholeRun(home), FailsWith(Failure::kDiskFull));
          EXPECT_EQ(LiveFiles(home), before);
          ASSERT_EQ(mount(nullptr, directory.path().c_str(), nullptr,
                          MS_REMOUNT, "size=4m,nr_inodes=1000"),
                    0);
          EXPECT_THAT(WholeRun(home), IsOk());
        }),
        0);
  }
}

}  // namespace
}  // namespace tufmirror::tree
