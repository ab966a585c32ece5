// Files: whole reads, atomic writes, attributes.
#include "tufmirror/fs/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>

#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "tufmirror/fs/walk.h"

namespace tufmirror::fs {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::ReadWholeFile;
using testing::TempDirectory;

TEST(ErrnoFailure, MapsErrnoToTheKindsThatCallersBranchOn) {
  const std::pair<int, Failure> cases[] = {
      {ENOSPC, Failure::kDiskFull},  {EDQUOT, Failure::kDiskFull},
      {ENOENT, Failure::kNotFound},  {EACCES, Failure::kFileSystem},
      {EROFS, Failure::kFileSystem}, {EXDEV, Failure::kFileSystem},
      {EIO, Failure::kFileSystem},   {EMLINK, Failure::kFileSystem},
  };
  for (const auto& [number, failure] : cases) {
    const absl::Status status = ErrnoFailure(number, "open", "/some/path");
    EXPECT_THAT(status, FailsWith(failure, "open /some/path: ")) << number;
  }
}

TEST(ErrnoFailure, ShowsHostilePathsOnOneLine) {
  EXPECT_THAT(std::string(MessageOf(ErrnoFailure(EIO, "open", "a\nb"))),
              ::testing::Not(HasSubstr("\n")));
}

TEST(UniqueFd, ClosesOnceAndMoves) {
  const TempDirectory directory;
  const std::string path = directory.Write("file", "x");
  ASSERT_OK_AND_ASSIGN(UniqueFd first, Open(path, O_RDONLY));
  const int number = first.get();
  UniqueFd second = std::move(first);
  EXPECT_FALSE(first.valid());
  EXPECT_EQ(second.get(), number);
  EXPECT_THAT(second.Close(path), IsOk());
  EXPECT_FALSE(second.valid());
  EXPECT_THAT(second.Close(path), IsOk());
  EXPECT_EQ(fcntl(number, F_GETFD), -1);
}

TEST(UniqueFd, AssignmentClosesWhatItHeld) {
  const TempDirectory directory;
  const std::string path = directory.Write("file", "x");
  ASSERT_OK_AND_ASSIGN(UniqueFd held, Open(path, O_RDONLY));
  const int number = held.get();
  held = UniqueFd();
  EXPECT_EQ(fcntl(number, F_GETFD), -1);
}

TEST(UniqueFd, CloseReportsWhatTheKernelSays) {
  const TempDirectory directory;
  const std::string path = directory.Write("file", "x");
  ASSERT_OK_AND_ASSIGN(UniqueFd fd, Open(path, O_RDONLY));
  ASSERT_EQ(close(fd.get()), 0);
  EXPECT_THAT(fd.Close(path), FailsWith(Failure::kFileSystem, "close"));
}

TEST(Open, IsNotInheritedByPrograms) {
  const TempDirectory directory;
  ASSERT_OK_AND_ASSIGN(const UniqueFd fd,
                       Open(directory.Write("file", ""), O_RDONLY));
  EXPECT_EQ(fcntl(fd.get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

TEST(ReadFile, GivesTheWholeFile) {
  const TempDirectory directory;
  for (const size_t size : {0, 1, 65536, 65537, 1000000}) {
    const std::string bytes(size, 'b');
    const std::string path = directory.Write("file", bytes);
    ASSERT_OK_AND_ASSIGN(const std::string read, ReadFile(path, size));
    EXPECT_EQ(read, bytes) << size;
  }
}

TEST(ReadFile, RefusesMoreThanTheCap) {
  const TempDirectory directory;
  const std::string path = directory.Write("file", "12345");
  EXPECT_THAT(ReadFile(path, 4), FailsWith(Failure::kTooLarge, "4 bytes"));
}

TEST(ReadFile, CapsEndlessFilesThatPromiseNoSize) {
  EXPECT_THAT(ReadFile("/dev/zero", 100000), FailsWith(Failure::kTooLarge));
}

TEST(ReadFile, ReadsFilesThatPromiseNoSize) {
  ASSERT_OK_AND_ASSIGN(const std::string text,
                       ReadFile("/proc/self/status", 1 << 20));
  EXPECT_THAT(text, HasSubstr("Name:"));
}

TEST(ReadFile, SaysNotFound) {
  const TempDirectory directory;
  EXPECT_THAT(ReadFile(directory.Join("none"), 10),
              FailsWith(Failure::kNotFound, "none"));
}

TEST(ReadFile, RefusesDirectories) {
  const TempDirectory directory;
  EXPECT_THAT(ReadFile(directory.path(), 1 << 20),
              FailsWith(Failure::kFileSystem, "read"));
}

TEST(WriteFileAtomically, ReplacesAndLeavesNothingBeside) {
  const TempDirectory directory;
  const std::string path = directory.Write("file", "old and longer");
  ASSERT_THAT(WriteFileAtomically(path, "new", 0644, Durability::kFsync),
              IsOk());
  EXPECT_EQ(ReadWholeFile(path), "new");
  ASSERT_OK_AND_ASSIGN(const auto names, ListDirectory(directory.path()));
  EXPECT_THAT(names, ElementsAre("file"));
}

TEST(WriteFileAtomically, GivesAReaderTheOldOrTheNewBytes) {
  const TempDirectory directory;
  const std::string path = directory.Write("file", "old");
  ASSERT_OK_AND_ASSIGN(const UniqueFd reader, Open(path, O_RDONLY));
  ASSERT_THAT(WriteFileAtomically(path, "new", 0644, Durability::kNone),
              IsOk());
  char bytes[8];
  ASSERT_EQ(read(reader.get(), bytes, sizeof(bytes)), 3);
  EXPECT_EQ(std::string(bytes, 3), "old");
}

TEST(WriteFileAtomically, SetsTheModeWhateverTheUmask) {
  const TempDirectory directory;
  const mode_t before = umask(0077);
  const absl::Status written = WriteFileAtomically(
      directory.Join("served"), "x", 0644, Durability::kNone);
  umask(0);
  const absl::Status secret = WriteFileAtomically(directory.Join("secret"), "x",
                                                  0600, Durability::kNone);
  umask(before);
  ASSERT_THAT(written, IsOk());
  ASSERT_THAT(secret, IsOk());
  ASSERT_OK_AND_ASSIGN(const auto served, Stat(directory.Join("served")));
  EXPECT_EQ(served->mode & 07777, 0644u);
  ASSERT_OK_AND_ASSIGN(const auto hidden, Stat(directory.Join("secret")));
  EXPECT_EQ(hidden->mode & 07777, 0600u);
}

TEST(WriteFileAtomically, RemovesItsTemporaryFileWhenItFails) {
  const TempDirectory directory;
  ASSERT_THAT(MakeDirectories(directory.Join("taken/inside"), 0755), IsOk());
  EXPECT_THAT(WriteFileAtomically(directory.Join("taken"), "x", 0644,
                                  Durability::kNone),
              FailsWith(Failure::kFileSystem, "replace"));
  ASSERT_OK_AND_ASSIGN(const auto names, ListDirectory(directory.path()));
  EXPECT_THAT(names, ElementsAre("taken"));
}

TEST(WriteFileAtomically, NeedsTheDirectory) {
  const TempDirectory directory;
  EXPECT_THAT(WriteFileAtomically(directory.Join("none/file"), "x", 0644,
                                  Durability::kNone),
              FailsWith(Failure::kNotFound, "none/file"));
}

TEST(RemoveTemporaries, RemovesWhatAKilledWriteLeft) {
  const TempDirectory directory;
  directory.Write(".tmp-a1B2c3", "half");
  directory.Write("kept", "x");
  directory.Write(".hidden", "x");
  ASSERT_THAT(RemoveTemporaries(directory.path()), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto names, ListDirectory(directory.path()));
  EXPECT_THAT(names, ElementsAre(".hidden", "kept"));
}

TEST(WriteAll, WritesThroughShortWrites) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const UniqueFd reader(ends[0]);
  UniqueFd writer(ends[1]);
  // Larger than a pipe: the child below reads while this writes.
  const std::string bytes(1 << 20, 'w');
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    _exit(WriteAll(writer.get(), bytes, "pipe").ok() ? 0 : 1);
  }
  writer = UniqueFd();
  ASSERT_OK_AND_ASSIGN(
      const std::string got,
      ReadFile("/proc/self/fd/" + std::to_string(reader.get()), 2 << 20));
  EXPECT_EQ(got.size(), bytes.size());
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(WriteAll, SaysDiskFull) {
  ASSERT_OK_AND_ASSIGN(const UniqueFd full, Open("/dev/full", O_WRONLY));
  EXPECT_THAT(WriteAll(full.get(), "x", "/dev/full"),
              FailsWith(Failure::kDiskFull, "write /dev/full"));
}

TEST(Stat, DescribesTheNameItselfAndNotWhatItPointsTo) {
  const TempDirectory directory;
  const std::string path = directory.Write("file", "12345");
  ASSERT_EQ(symlink("file", directory.Join("link").c_str()), 0);
  ASSERT_EQ(link(path.c_str(), directory.Join("other").c_str()), 0);
  ASSERT_OK_AND_ASSIGN(const auto file, Stat(path));
  ASSERT_TRUE(file.has_value());
  EXPECT_EQ(file->size, 5u);
  EXPECT_TRUE(S_ISREG(file->mode));
  EXPECT_EQ(file->links, 2u);
  ASSERT_OK_AND_ASSIGN(const auto symlink, Stat(directory.Join("link")));
  EXPECT_TRUE(S_ISLNK(symlink->mode));
}

TEST(Stat, KeepsNanoseconds) {
  const TempDirectory directory;
  const std::string path = directory.Write("file", "");
  const timespec times[2] = {{1700000000, 123456789}, {1700000000, 123456789}};
  ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  ASSERT_OK_AND_ASSIGN(const auto file, Stat(path));
  EXPECT_EQ(file->mtime,
            absl::FromUnixSeconds(1700000000) + absl::Nanoseconds(123456789));
}

TEST(Stat, AbsenceIsNoError) {
  const TempDirectory directory;
  directory.Write("file", "");
  for (const char* name : {"none", "none/deeper", "file/below"}) {
    ASSERT_OK_AND_ASSIGN(const auto info, Stat(directory.Join(name)));
    EXPECT_FALSE(info.has_value()) << name;
  }
}

TEST(SpaceOf, IsPlausible) {
  const TempDirectory directory;
  ASSERT_OK_AND_ASSIGN(const Space space, SpaceOf(directory.path()));
  EXPECT_GT(space.total_bytes, 0u);
  EXPECT_LE(space.free_bytes, space.total_bytes);
  EXPECT_GT(space.free_inodes, 0u);
  EXPECT_THAT(SpaceOf(directory.Join("none")), FailsWith(Failure::kNotFound));
}

TEST(Sync, WorksOnDirectoriesAndFileSystems) {
  const TempDirectory directory;
  EXPECT_THAT(SyncDirectory(directory.path()), IsOk());
  EXPECT_THAT(SyncFileSystem(directory.path()), IsOk());
  EXPECT_THAT(SyncDirectory(directory.Join("none")),
              FailsWith(Failure::kNotFound));
  EXPECT_THAT(SyncFileSystem(directory.Join("none")),
              FailsWith(Failure::kNotFound));
}

}  // namespace
}  // namespace tufmirror::fs
