// One holder at a time, known by its own words, released by its death.
#include "tufmirror/fs/lock_file.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>
#include <utility>

#include "fmt/format.h"
#include "support/status_matchers.h"
#include "support/temp_directory.h"

namespace tufmirror::fs {
namespace {

using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::ReadWholeFile;
using testing::TempDirectory;

TEST(LockFile, SecondHolderIsRefusedWithTheWordsOfTheFirst) {
  const TempDirectory directory;
  const std::string path = directory.Join("lock");
  ASSERT_OK_AND_ASSIGN(const LockFile held, LockFile::Acquire(path, "sync"));
  const absl::StatusOr<LockFile> second = LockFile::Acquire(path, "verify");
  EXPECT_THAT(second, FailsWith(Failure::kLocked,
                                fmt::format("process {} on ", getpid())));
  EXPECT_THAT(second, FailsWith(Failure::kLocked, ": sync"));
  // The refused one leaves the holder's words alone.
  EXPECT_THAT(ReadWholeFile(path), HasSubstr(": sync"));
}

TEST(LockFile, IsReleasedByItsDestruction) {
  const TempDirectory directory;
  const std::string path = directory.Join("lock");
  {
    ASSERT_OK_AND_ASSIGN(LockFile held, LockFile::Acquire(path, "a long word"));
    const LockFile moved = std::move(held);
    EXPECT_THAT(LockFile::Acquire(path, "x"), FailsWith(Failure::kLocked));
  }
  ASSERT_OK_AND_ASSIGN(const LockFile next, LockFile::Acquire(path, "short"));
  EXPECT_THAT(ReadWholeFile(path), ::testing::EndsWith(": short\n"));
}

TEST(LockFile, IsReleasedByTheDeathOfItsHolder) {
  const TempDirectory directory;
  const std::string path = directory.Join("lock");
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const absl::StatusOr<LockFile> held = LockFile::Acquire(path, "child");
    if (!held.ok() || write(ends[1], "x", 1) != 1) _exit(1);
    pause();
    _exit(1);
  }
  char told = 0;
  ASSERT_EQ(read(ends[0], &told, 1), 1);
  EXPECT_THAT(LockFile::Acquire(path, "parent"),
              FailsWith(Failure::kLocked, fmt::format("process {}", child)));
  ASSERT_EQ(kill(child, SIGKILL), 0);
  ASSERT_EQ(waitpid(child, nullptr, 0), child);
  EXPECT_THAT(LockFile::Acquire(path, "parent"), IsOk());
  close(ends[0]);
  close(ends[1]);
}

TEST(LockFile, IsPrivate) {
  const TempDirectory directory;
  const std::string path = directory.Join("lock");
  ASSERT_OK_AND_ASSIGN(const LockFile held, LockFile::Acquire(path, "sync"));
  ASSERT_OK_AND_ASSIGN(const auto info, Stat(path));
  EXPECT_EQ(info->mode & 0777, 0600u);
}

TEST(LockFile, ShowsHostileHolderTextOnOneLine) {
  const TempDirectory directory;
  const std::string path = directory.Join("lock");
  ASSERT_OK_AND_ASSIGN(const LockFile held,
                       LockFile::Acquire(path, "a\nb\x1b[31m"));
  const absl::StatusOr<LockFile> second = LockFile::Acquire(path, "x");
  ASSERT_THAT(second, FailsWith(Failure::kLocked));
  const std::string message(MessageOf(second.status()));
  EXPECT_EQ(message.find_first_of("\n\x1b"), std::string::npos) << message;
}

TEST(LockFile, NeedsItsDirectory) {
  const TempDirectory directory;
  EXPECT_THAT(LockFile::Acquire(directory.Join("none/lock"), "x"),
              FailsWith(Failure::kNotFound, "none/lock"));
}

}  // namespace
}  // namespace tufmirror::fs
