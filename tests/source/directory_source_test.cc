#include "tufmirror/source/directory_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include "fmt/format.h"
#include "support/distribution_builder.h"
#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "tufmirror/crypto/hash.h"

namespace tufmirror::source {
namespace {

using testing::BuildSdist;
using testing::BuildWheel;
using testing::CoreMetadataText;
using testing::DistributionSpec;
using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::ReadWholeFile;
using testing::SdistFilename;
using ::testing::SizeIs;
using testing::TempDirectory;
using testing::WheelFilename;

constexpr time_t kOld = 1'600'000'000;

std::vector<std::string> Text(const std::vector<pypi::ProjectName>& names) {
  std::vector<std::string> text;
  for (const pypi::ProjectName& name : names) text.push_back(name.str());
  return text;
}

class DirectorySourceTest : public ::testing::Test {
 protected:
  // Writes a file that was last modified long ago.
  std::string Put(const std::string& path, const std::string& bytes,
                  time_t mtime = kOld) {
    const std::string full = directory_.Write(path, bytes);
    Touch(path, mtime);
    return full;
  }
  void Touch(const std::string& path, time_t mtime) {
    const timespec times[2] = {{mtime, 0}, {mtime, 0}};
    ASSERT_EQ(utimensat(AT_FDCWD, directory_.Join(path).c_str(), times, 0), 0);
  }
  void PutWheel(const std::string& name, const std::string& version) {
    const DistributionSpec spec{.name = name, .version = version};
    Put(WheelFilename(spec), BuildWheel(spec));
  }

  // Scans; `reads_` is how many files had to be read.
  DirectoryScan Scan() {
    reads_ = 0;
    ScanOptions options;
    options.progress = [this](size_t, size_t) { ++reads_; };
    return ScanDirectory(directory_.path(), index_path(), options).value();
  }
  DirectoryScan ScanAndSave() {
    DirectoryScan scan = Scan();
    EXPECT_THAT(scan.SaveIndex({}), IsOk());
    return scan;
  }
  static std::vector<ScannedFile> Files(const DirectoryScan& scan,
                                        std::string_view project) {
    return scan.FilesOf(pypi::ProjectName::Parse(project).value());
  }
  std::string index_path() const { return state_.Join("source-index"); }

  TempDirectory directory_;
  TempDirectory state_;
  size_t reads_ = 0;
};

TEST_F(DirectorySourceTest, GivesEveryProjectOfANewDirectory) {
  const DistributionSpec spec{
      .name = "My.Pkg", .version = "1.0-rc1", .requires_python = ">=3.7"};
  const std::string wheel = BuildWheel({"My.Pkg", "1.0rc1", ">=3.7", {}});
  Put("deep/er/my_pkg-1.0rc1-py3-none-any.whl", wheel, kOld + 1);
  Put("My.Pkg-1.0-rc1.tar.gz", BuildSdist(spec));
  PutWheel("other", "2");
  const DirectoryScan scan = Scan();
  EXPECT_FALSE(scan.had_index());
  EXPECT_THAT(Text(scan.changed_projects()), ElementsAre("my-pkg", "other"));
  EXPECT_THAT(Text(scan.Projects()), ElementsAre("my-pkg", "other"));
  EXPECT_EQ(scan.file_count(), 3U);
  EXPECT_THAT(scan.problems(), IsEmpty());
  const std::vector<ScannedFile> files = Files(scan, "my-pkg");
  ASSERT_THAT(files, SizeIs(2));
  EXPECT_EQ(files[0].filename, "My.Pkg-1.0-rc1.tar.gz");
  EXPECT_EQ(files[0].version, "1.0rc1");
  EXPECT_EQ(files[0].core_metadata, std::nullopt);
  EXPECT_EQ(files[1].relative_path, "deep/er/my_pkg-1.0rc1-py3-none-any.whl");
  EXPECT_EQ(files[1].display_name, "My.Pkg");
  EXPECT_EQ(files[1].sha256, crypto::Sha256Of(wheel));
  EXPECT_EQ(files[1].size, wheel.size());
  EXPECT_EQ(files[1].upload_time, absl::FromTimeT(kOld + 1));
  EXPECT_EQ(files[1].requires_python, ">=3.7");
  EXPECT_EQ(
      files[1].core_metadata,
      crypto::Sha256Of(CoreMetadataText({"My.Pkg", "1.0rc1", ">=3.7", {}})));
}

TEST_F(DirectorySourceTest, ReadsNoFileAgainThatDidNotChange) {
  PutWheel("foo", "1");
  PutWheel("foo", "2");
  Put("README.txt", "not a distribution");
  Put("broken-1.0.tar.gz", "not an archive");
  ScanAndSave();
  EXPECT_EQ(reads_, 4U);
  const DirectoryScan again = Scan();
  EXPECT_EQ(reads_, 0U);
  EXPECT_TRUE(again.had_index());
  EXPECT_THAT(again.changed_projects(), IsEmpty());
  EXPECT_THAT(again.problems(), SizeIs(2));
  EXPECT_THAT(Files(again, "foo"), SizeIs(2));
}

TEST_F(DirectorySourceTest, GivesTheChangedProjectsWhole) {
  PutWheel("a", "1");
  PutWheel("b", "1");
  PutWheel("c", "1");
  ScanAndSave();
  PutWheel("a", "2");
  std::filesystem::remove(directory_.Join("c-1-py3-none-any.whl"));
  const DirectoryScan scan = ScanAndSave();
  EXPECT_EQ(reads_, 1U);
  EXPECT_THAT(Text(scan.changed_projects()), ElementsAre("a", "c"));
  EXPECT_THAT(Text(scan.Projects()), ElementsAre("a", "b"));
  EXPECT_THAT(Files(scan, "a"), SizeIs(2));
  EXPECT_THAT(Files(scan, "c"), IsEmpty());
  EXPECT_THAT(Scan().changed_projects(), IsEmpty());
}

TEST_F(DirectorySourceTest, TouchedOrMovedFilesChangeNothing) {
  PutWheel("a", "1");
  PutWheel("b", "1");
  ScanAndSave();
  Touch("a-1-py3-none-any.whl", kOld + 100);
  std::filesystem::create_directory(directory_.Join("sub"));
  std::filesystem::rename(directory_.Join("b-1-py3-none-any.whl"),
                          directory_.Join("sub/b-1-py3-none-any.whl"));
  Touch("sub/b-1-py3-none-any.whl", kOld + 200);
  const DirectoryScan scan = ScanAndSave();
  EXPECT_EQ(reads_, 2U);
  EXPECT_THAT(scan.changed_projects(), IsEmpty());
  EXPECT_EQ(Files(scan, "a").at(0).upload_time, absl::FromTimeT(kOld));
  EXPECT_EQ(Files(scan, "b").at(0).upload_time, absl::FromTimeT(kOld));
  EXPECT_EQ(Files(scan, "b").at(0).relative_path, "sub/b-1-py3-none-any.whl");
  Scan();
  EXPECT_EQ(reads_, 0U);
}

TEST_F(DirectorySourceTest, ShowsOtherBytesUnderAPublishedName) {
  PutWheel("foo", "1");
  const Sha256 before = Files(ScanAndSave(), "foo").at(0).sha256;
  const DistributionSpec spec{
      .name = "foo", .version = "1", .requires_python = ">=3"};
  Put(WheelFilename(spec), BuildWheel(spec), kOld + 1);
  const DirectoryScan scan = Scan();
  EXPECT_THAT(Text(scan.changed_projects()), ElementsAre("foo"));
  EXPECT_NE(Files(scan, "foo").at(0).sha256, before);
}

// An equal size and time hides a flipped bit, but a replaced file has another
// inode.
TEST_F(DirectorySourceTest, NoticesAFileReplacedByOneOfEqualSizeAndTime) {
  PutWheel("foo", "1");
  ScanAndSave();
  const std::string name = "foo-1-py3-none-any.whl";
  std::string bytes = ReadWholeFile(directory_.Join(name));
  bytes.at(10) ^= 1;  // the member's time
  Put(name + ".new", bytes);
  std::filesystem::rename(directory_.Join(name + ".new"),
                          directory_.Join(name));
  Scan();
  EXPECT_EQ(reads_, 1U);
}

TEST_F(DirectorySourceTest, ReadsFilesAgainThatWereModifiedJustNow) {
  PutWheel("foo", "1");
  Touch("foo-1-py3-none-any.whl", absl::ToTimeT(absl::Now()) + 60);
  ScanAndSave();
  const DirectoryScan again = ScanAndSave();
  EXPECT_EQ(reads_, 1U);
  EXPECT_THAT(again.changed_projects(), IsEmpty());
}

TEST_F(DirectorySourceTest, APublishedFileThatTurnsBadStaysListed) {
  PutWheel("foo", "1");
  ScanAndSave();
  Put("foo-1-py3-none-any.whl", "no archive any more", kOld + 1);
  for (int i = 0; i < 2; ++i) {
    const DirectoryScan scan = ScanAndSave();
    EXPECT_THAT(scan.changed_projects(), IsEmpty());
    EXPECT_THAT(Files(scan, "foo"), SizeIs(1));
    ASSERT_THAT(scan.problems(), SizeIs(1));
    EXPECT_THAT(scan.problems()[0].reason,
                FailsWith(Failure::kMalformed, "foo-1-py3-none-any.whl"));
  }
}

TEST_F(DirectorySourceTest, ReportsWhatIsNoDistributionAndGoesOn) {
  PutWheel("good", "1");
  Put("README.txt", "x");
  Put("old-1.0-py2.7.egg", "x");
  Put("noversion.tar.gz", "x");
  Put("garbage-1.0.tar.gz", "x");
  const DistributionSpec other{.name = "other", .version = "1"};
  Put("liar-1.tar.gz", BuildSdist(other));
  const DirectoryScan scan = Scan();
  EXPECT_THAT(Text(scan.Projects()), ElementsAre("good"));
  ASSERT_THAT(scan.problems(), SizeIs(5));
  const std::pair<const char*, Failure> expected[] = {
      {"README.txt", Failure::kUnsupported},
      {"garbage-1.0.tar.gz", Failure::kMalformed},
      {"liar-1.tar.gz", Failure::kMalformed},
      {"noversion.tar.gz", Failure::kMalformed},
      {"old-1.0-py2.7.egg", Failure::kUnsupported}};
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(scan.problems()[i].what, expected[i].first);
    EXPECT_THAT(scan.problems()[i].reason,
                FailsWith(expected[i].second, expected[i].first));
  }
}

TEST_F(DirectorySourceTest, PassesOverCompanionsAndHiddenFiles) {
  for (const char* path :
       {".hidden", ".git/foo-1.0.tar.gz", "a/.b/c-1.0.tar.gz",
        "foo-1.0.tar.gz.asc", "foo-1.0.tar.gz.sig", "foo.whl.metadata",
        "foo.whl.provenance", "index.html", "sub/index.html"}) {
    Put(path, "x");
  }
  const DirectoryScan scan = Scan();
  EXPECT_THAT(scan.problems(), IsEmpty());
  EXPECT_EQ(scan.file_count(), 0U);
}

TEST_F(DirectorySourceTest, RemembersBadFilesWithOddNames) {
  Put("odd\tname\nand \\ more", "x");
  ScanAndSave();
  const DirectoryScan again = Scan();
  EXPECT_EQ(reads_, 0U);
  ASSERT_THAT(again.problems(), SizeIs(1));
  EXPECT_EQ(again.problems()[0].what, "odd\tname\nand \\ more");
}

TEST_F(DirectorySourceTest, TakesOneOfEqualFilesInSilence) {
  const DistributionSpec spec{.name = "foo", .version = "1"};
  Put("a/foo-1.tar.gz", BuildSdist(spec));
  Put("b/foo-1.tar.gz", BuildSdist(spec), kOld + 1);
  const DirectoryScan scan = ScanAndSave();
  EXPECT_THAT(scan.problems(), IsEmpty());
  ASSERT_THAT(Files(scan, "foo"), SizeIs(1));
  EXPECT_EQ(Files(scan, "foo")[0].relative_path, "a/foo-1.tar.gz");
  std::filesystem::remove(directory_.Join("a/foo-1.tar.gz"));
  const DirectoryScan moved = Scan();
  EXPECT_THAT(moved.changed_projects(), IsEmpty());
  EXPECT_EQ(Files(moved, "foo").at(0).relative_path, "b/foo-1.tar.gz");
}

TEST_F(DirectorySourceTest, HoldsBackTheLaterOfTwoFilesOfOneName) {
  const DistributionSpec spec{.name = "foo", .version = "1"};
  const DistributionSpec other{
      .name = "foo", .version = "1", .requires_python = ">=3"};
  Put("b/foo-1.tar.gz", BuildSdist(spec));
  Put("c/foo-1.tar.gz", BuildSdist(other));
  ScanAndSave();
  // What was published first stays, although this path comes before it.
  Put("a/foo-1.tar.gz", BuildSdist(other));
  for (int i = 0; i < 2; ++i) {
    const DirectoryScan scan = ScanAndSave();
    EXPECT_THAT(scan.changed_projects(), IsEmpty());
    ASSERT_THAT(Files(scan, "foo"), SizeIs(1));
    EXPECT_EQ(Files(scan, "foo")[0].relative_path, "b/foo-1.tar.gz");
    ASSERT_THAT(scan.problems(), SizeIs(2));
    EXPECT_EQ(scan.problems()[0].what, "a/foo-1.tar.gz");
    EXPECT_THAT(scan.problems()[0].reason,
                FailsWith(Failure::kHeldBack, "'b/foo-1.tar.gz'"));
  }
}

TEST_F(DirectorySourceTest, UnpublishedProjectsStayChanged) {
  PutWheel("a", "1");
  PutWheel("b", "1");
  DirectoryScan first = Scan();
  ASSERT_THAT(first.SaveIndex(first.changed_projects()), IsOk());
  DirectoryScan second = Scan();
  EXPECT_EQ(reads_, 0U);
  EXPECT_THAT(Text(second.changed_projects()), ElementsAre("a", "b"));
  ASSERT_THAT(second.SaveIndex({second.changed_projects()[1]}), IsOk());
  DirectoryScan third = Scan();
  EXPECT_THAT(Text(third.changed_projects()), ElementsAre("b"));
  ASSERT_THAT(third.SaveIndex({}), IsOk());
  EXPECT_THAT(Scan().changed_projects(), IsEmpty());
}

TEST_F(DirectorySourceTest, KeepsTheIndexFileIfNothingChanged) {
  PutWheel("a", "1");
  ScanAndSave();
  struct stat before = {};
  struct stat after = {};
  ASSERT_EQ(stat(index_path().c_str(), &before), 0);
  ScanAndSave();
  ASSERT_EQ(stat(index_path().c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
  EXPECT_EQ(before.st_mode & 0777, 0600U);
}

TEST_F(DirectorySourceTest, ADamagedIndexCostsTimeOnly) {
  PutWheel("a", "1");
  const std::vector<ScannedFile> before = Files(ScanAndSave(), "a");
  state_.Write("source-index", "garbage");
  const DirectoryScan scan = ScanAndSave();
  EXPECT_FALSE(scan.had_index());
  EXPECT_EQ(reads_, 1U);
  EXPECT_EQ(Files(scan, "a").at(0).sha256, before.at(0).sha256);
  EXPECT_TRUE(Scan().had_index());
}

// The head of the index has what the base does not: without it, files that
// came and went since the base would be changes that nobody sees.
TEST_F(DirectorySourceTest, AnIndexCutAnywhereCostsTimeOnly) {
  for (int i = 0; i < 5; ++i) PutWheel("a", std::to_string(i));
  ScanAndSave();
  PutWheel("b", "1");
  ScanAndSave();
  const std::string head = ReadWholeFile(index_path());
  for (size_t length = 0; length < head.size(); length += 7) {
    state_.Write("source-index", head.substr(0, length));
    const DirectoryScan scan = Scan();
    EXPECT_FALSE(scan.had_index()) << length;
    EXPECT_EQ(reads_, 6U) << length;
    EXPECT_THAT(Text(scan.Projects()), ElementsAre("a", "b")) << length;
  }
  state_.Write("source-index", head);
  EXPECT_THAT(Scan().changed_projects(), IsEmpty());
  EXPECT_EQ(reads_, 0U);
}

// Small changes, one by one, are the same as one scan of everything.
TEST_F(DirectorySourceTest, ManySmallScansAreAsOneScan) {
  for (int i = 0; i < 20; ++i) PutWheel("p" + std::to_string(i), "1");
  Put("broken-1.0.tar.gz", "not an archive");
  ScanAndSave();
  for (int i = 0; i < 12; ++i) {
    PutWheel("p" + std::to_string(i), "2");
    std::filesystem::remove(directory_.Join(
        WheelFilename({.name = "p" + std::to_string(i), .version = "1"})));
    Put("odd-" + std::to_string(i), "x");
    EXPECT_THAT(Text(ScanAndSave().changed_projects()),
                ElementsAre("p" + std::to_string(i)));
  }
  const DirectoryScan small = Scan();
  EXPECT_EQ(reads_, 0U);
  std::filesystem::remove(index_path());
  const DirectoryScan whole = Scan();
  EXPECT_EQ(Text(small.Projects()), Text(whole.Projects()));
  EXPECT_EQ(small.file_count(), whole.file_count());
  EXPECT_EQ(small.problems().size(), whole.problems().size());
  for (const pypi::ProjectName& project : whole.Projects()) {
    const auto files = small.FilesOf(project);
    ASSERT_THAT(files, SizeIs(1));
    EXPECT_EQ(files[0].sha256, whole.FilesOf(project).at(0).sha256);
  }
}

TEST_F(DirectorySourceTest, StopsWhenAskedTo) {
  for (int i = 0; i < 20; ++i) PutWheel("a", std::to_string(i));
  std::atomic<int> asked = 0;
  ScanOptions options;
  options.cancelled = [&asked] { return ++asked > 3; };
  EXPECT_THAT(ScanDirectory(directory_.path(), index_path(), options),
              FailsWith(Failure::kCancelled, "stopped on request"));
  EXPECT_FALSE(std::filesystem::exists(index_path()));
}

TEST_F(DirectorySourceTest, GivesTheSameWithAnyNumberOfThreads) {
  for (int i = 0; i < 50; ++i)
    PutWheel("p" + std::to_string(i % 7), fmt::format("{}", i));
  std::string first;
  for (const int threads : {0, 1, 3, 100}) {
    std::filesystem::remove(index_path());
    ScanOptions options;
    options.threads = threads;
    ASSERT_OK_AND_ASSIGN(
        DirectoryScan scan,
        ScanDirectory(directory_.path(), index_path(), options));
    ASSERT_THAT(scan.SaveIndex({}), IsOk());
    if (first.empty()) first = ReadWholeFile(index_path());
    EXPECT_EQ(ReadWholeFile(index_path()), first);
  }
}

TEST_F(DirectorySourceTest, AMissingDirectoryIsNoEmptyOne) {
  EXPECT_THAT(ScanDirectory(directory_.Join("gone"), index_path()),
              FailsWith(Failure::kNotFound, "gone"));
}

}  // namespace
}  // namespace tufmirror::source
