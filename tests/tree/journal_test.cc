// The journal is whole or refused: leveling from half a journal would leave
// the trees different.
#include "tree/journal.h"

#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/fs/walk.h"

namespace tufmirror::tree {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using testing::IsOk;
using testing::ReadWholeFile;
using testing::TempDirectory;

absl::Status Write(const std::string& path,
                   const std::vector<std::string>& paths) {
  absl::StatusOr<JournalWriter> writer = JournalWriter::Create(path);
  if (!writer.ok()) return writer.status();
  for (const std::string& tree_path : paths) {
    const absl::Status appended = writer->Append(tree_path);
    if (!appended.ok()) return appended;
  }
  return writer->Commit();
}

absl::StatusOr<std::vector<std::string>> Read(const std::string& path) {
  std::vector<std::string> paths;
  const absl::Status read =
      ReadJournal(path, [&](const std::string& tree_path) {
        paths.push_back(tree_path);
        return absl::OkStatus();
      });
  if (!read.ok()) return read;
  return paths;
}

TEST(Journal, ComesBackAsItWasWritten) {
  const TempDirectory directory;
  const std::string path = directory.Join("journal");
  std::vector<std::string> paths = {"a", "simple/ä b/index.html"};
  // More than one buffer of them, and long ones.
  for (int i = 0; i < 20000; ++i) {
    paths.push_back("simple/project-" + std::to_string(i) + "/index.html");
  }
  std::string longest = "d";
  for (int i = 0; i < 2000; ++i) longest += "/d";
  paths.push_back(longest);
  ASSERT_THAT(Write(path, paths), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto read, Read(path));
  EXPECT_EQ(read, paths);
  ASSERT_OK_AND_ASSIGN(const auto names, fs::ListDirectory(directory.path()));
  EXPECT_THAT(names, ElementsAre("journal"));
}

TEST(Journal, IsPrivate) {
  const TempDirectory directory;
  ASSERT_THAT(Write(directory.Join("journal"), {}), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto info, fs::Stat(directory.Join("journal")));
  EXPECT_EQ(info->mode & 07777, 0600u);
}

TEST(Journal, StaysTheOldOneUntilTheNewOneIsWhole) {
  const TempDirectory directory;
  const std::string path = directory.Join("journal");
  ASSERT_THAT(Write(path, {"old"}), IsOk());
  {
    ASSERT_OK_AND_ASSIGN(JournalWriter writer, JournalWriter::Create(path));
    ASSERT_THAT(writer.Append("new"), IsOk());
  }
  ASSERT_OK_AND_ASSIGN(const auto read, Read(path));
  EXPECT_THAT(read, ElementsAre("old"));
  // What that left is taken over.
  ASSERT_THAT(Write(path, {"newer"}), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto next, Read(path));
  EXPECT_THAT(next, ElementsAre("newer"));
}

TEST(Journal, CutAnywhereIsRefused) {
  const TempDirectory directory;
  const std::string path = directory.Join("journal");
  ASSERT_THAT(Write(path, {"simple/a", "simple/b"}), IsOk());
  const std::string whole = ReadWholeFile(path);
  for (size_t length = 0; length < whole.size(); ++length) {
    directory.Write("journal", whole.substr(0, length));
    EXPECT_THAT(Read(path), FailsWith(Failure::kMalformed)) << length;
  }
}

TEST(Journal, DamageIsRefused) {
  const TempDirectory directory;
  const std::string path = directory.Join("journal");
  for (const std::string paths :
       {"../escape\n", "/etc/passwd\n", "a//b\n", "\n", "packages/a/a.whl\n"}) {
    directory.Write("journal", "tufmirror journal 1\n" + paths + ".\n");
    EXPECT_THAT(Read(path), FailsWith(Failure::kMalformed, "read journal"))
        << paths;
  }
  directory.Write("journal", "tufmirror journal 2\na\n.\n");
  EXPECT_THAT(Read(path), FailsWith(Failure::kMalformed, "heading"));
  directory.Write("journal", std::string(1 << 20, 'x'));
  EXPECT_THAT(Read(path), FailsWith(Failure::kMalformed, "longer"));
}

TEST(Journal, AbsenceIsNotFound) {
  const TempDirectory directory;
  EXPECT_THAT(Read(directory.Join("journal")), FailsWith(Failure::kNotFound));
}

TEST(Journal, StopsAtTheErrorOfItsVisitor) {
  const TempDirectory directory;
  ASSERT_THAT(Write(directory.Join("journal"), {"a", "b"}), IsOk());
  EXPECT_THAT(ReadJournal(directory.Join("journal"),
                          [](const std::string&) {
                            return MakeFailure(Failure::kBrake, "enough");
                          }),
              FailsWith(Failure::kBrake));
}

TEST(Journal, SaysDiskFull) {
  absl::StatusOr<fs::UniqueFd> full = fs::Open("/dev/full", 1);
  ASSERT_THAT(full, IsOk());
  RecordWriter records(*std::move(full), "/dev/full", '\n');
  ASSERT_THAT(records.Append("a"), IsOk());
  EXPECT_THAT(records.Flush(), FailsWith(Failure::kDiskFull, "/dev/full"));
}

}  // namespace
}  // namespace tufmirror::tree
