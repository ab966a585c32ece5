#include "sync/origin_run.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>

#include "fmt/format.h"
#include "sync/origin_fixture.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/tree/publisher.h"

namespace tufmirror::sync {
namespace {

using report::RunReport;
using testing::FailsWith;
using testing::IsOk;

constexpr char kWheel[] = "packages/six/six-1.0-py3-none-any.whl";

class OriginRunTest : public testing::OriginFixture {
 protected:
  void SetUp() override { Init(); }

  static bool Contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
  }
  // Names of metadata files in the live tree.
  std::set<std::string> MetadataFiles() const {
    std::set<std::string> names;
    for (const auto& entry :
         std::filesystem::directory_iterator(init_.home + "/live/metadata")) {
      names.insert(entry.path().filename());
    }
    return names;
  }
};

TEST_F(OriginRunTest, PublishesFilesMetadataAndPages) {
  const std::string wheel = AddWheel("six", "1.0");
  const std::string sdist = AddSdist("six", "1.0");
  RunCleanly();
  ASSERT_OK_AND_ASSIGN(const std::string bytes,
                       Download("packages/six/" + wheel));
  EXPECT_EQ(bytes, testing::ReadWholeFile(dir_.Join("source/" + wheel)));
  ASSERT_OK_AND_ASSIGN(const std::string metadata,
                       Download("packages/six/" + wheel + ".metadata"));
  EXPECT_TRUE(Contains(metadata, "Name: six"));
  EXPECT_TRUE(IsTarget("packages/six/" + sdist));
  EXPECT_TRUE(Contains(Page("six"), sdist));
  EXPECT_TRUE(IsTarget("simple/six/index.html"));
  ASSERT_OK_AND_ASSIGN(const std::string root, Download("simple/index.html"));
  EXPECT_TRUE(Contains(root, "six/"));
}

TEST_F(OriginRunTest, ReportsWhatItDid) {
  AddWheel("six", "1.0");
  const RunReport report = Run();
  EXPECT_EQ(report.added, 4u);    // file, metadata, two pages
  EXPECT_EQ(report.changed, 2u);  // root pages
  EXPECT_EQ(report.removed, 0u);
  EXPECT_EQ(report.targets, 6u);
  EXPECT_EQ(report.generation, 2u);
  EXPECT_EQ(Live().targets, 6u);
  EXPECT_EQ(Live().timestamp_version, TimestampVersion());
  EXPECT_GT(report.metadata_files, 2u);
}

TEST_F(OriginRunTest, NothingNewPublishesNothing) {
  AddWheel("six", "1.0");
  RunCleanly();
  const std::string timestamp = LiveFile("metadata/timestamp.json");
  now_ += absl::Hours(1);
  const RunReport report = Run();
  EXPECT_THAT(report.outcome, IsOk());
  EXPECT_FALSE(report.published);
  EXPECT_EQ(LiveFile("metadata/timestamp.json"), timestamp);
}

TEST_F(OriginRunTest, NothingNewNeedsNoKey) {
  AddWheel("six", "1.0");
  RunCleanly();
  std::filesystem::remove(config_.origin.online_key);
  EXPECT_THAT(Run().outcome, IsOk());
}

TEST_F(OriginRunTest, NewReleaseChangesOnlyItsOwnProject) {
  AddWheel("six", "1.0");
  AddWheel("flit", "3.0");
  RunCleanly();
  const std::string flit = LiveFile("simple/flit/index.html");
  AddWheel("six", "2.0");
  const RunReport report = Run();
  EXPECT_EQ(report.added, 2u);
  EXPECT_EQ(report.changed, 2u);
  EXPECT_EQ(LiveFile("simple/flit/index.html"), flit);
  EXPECT_TRUE(Contains(Page("six"), "six-2.0"));
  EXPECT_TRUE(Contains(Page("six"), "six-1.0"));
}

TEST_F(OriginRunTest, RemovedReleaseLeavesPagesAndMetadataAtOnce) {
  const std::string old_wheel = AddWheel("six", "1.0");
  AddWheel("six", "2.0");
  RunCleanly();
  RemoveFile(old_wheel);
  const RunReport report = Run();
  EXPECT_EQ(report.removed, 2u);
  EXPECT_FALSE(Contains(Page("six"), "six-1.0"));
  EXPECT_FALSE(IsTarget(kWheel));
  EXPECT_FALSE(IsTarget(std::string(kWheel) + ".metadata"));
  EXPECT_TRUE(LiveHas(kWheel)) << "for readers of the page before";
}

TEST_F(OriginRunTest, RemovedProjectLeavesTheRootPage) {
  const std::string wheel = AddWheel("six", "1.0");
  AddWheel("flit", "3.0");
  RunCleanly();
  RemoveFile(wheel);
  ASSERT_THAT(Run().outcome, IsOk());
  EXPECT_EQ(Page("six"), "");
  EXPECT_FALSE(LiveHas("simple/six/index.html"));
  ASSERT_OK_AND_ASSIGN(const std::string root, Download("simple/index.html"));
  EXPECT_FALSE(Contains(root, "six/"));
  EXPECT_TRUE(Contains(root, "flit/"));
  EXPECT_EQ(Live().targets, 6u);
}

TEST_F(OriginRunTest, RemovedPackagesLeaveTheDiskAfterTheirTime) {
  const std::string wheel = AddWheel("six", "1.0");
  AddWheel("flit", "3.0");
  RunCleanly();
  RemoveFile(wheel);
  ASSERT_THAT(Run().outcome, IsOk());
  now_ += absl::Hours(6 * 24);
  ASSERT_THAT(Run().outcome, IsOk());
  EXPECT_TRUE(LiveHas(kWheel));
  now_ += absl::Hours(2 * 24);
  ASSERT_THAT(Run().outcome, IsOk());
  EXPECT_FALSE(LiveHas(kWheel));
  EXPECT_FALSE(LiveHas("packages/six"));
  EXPECT_TRUE(LiveHas("packages/flit"));
}

TEST_F(OriginRunTest, APublishedFileNeverChangesItsBytes) {
  const std::string wheel = AddWheel("six", "1.0");
  RunCleanly();
  const std::string published = *Download(kWheel);
  const std::string page = Page("six");
  AddFile(wheel, testing::BuildWheel({"six", "1.0", ">=3.9"}));
  AddWheel("six", "2.0");
  AddWheel("flit", "3.0");
  const RunReport report = Run();
  ASSERT_THAT(report.outcome, IsOk());
  ASSERT_EQ(report.problems.size(), 1u);
  EXPECT_EQ(report.problems[0].object, "six");
  EXPECT_THAT(report.problems[0].reason,
              FailsWith(Failure::kReplacedFile, "never changes"));
  EXPECT_EQ(*Download(kWheel), published);
  EXPECT_EQ(Page("six"), page) << "the whole project is held back";
  EXPECT_NE(Page("flit"), "") << "the others go on";
}

TEST_F(OriginRunTest, HeldBackProjectIsReportedAgainUntilItIsRight) {
  const std::string wheel = AddWheel("six", "1.0");
  const std::string good = testing::ReadWholeFile(dir_.Join("source/" + wheel));
  RunCleanly();
  AddFile(wheel, testing::BuildWheel({"six", "1.0", ">=3.9"}));
  EXPECT_EQ(Run().problems.size(), 1u);
  EXPECT_EQ(Run().problems.size(), 1u);
  AddFile(wheel, good);
  AddWheel("six", "2.0");
  RunCleanly();
  EXPECT_TRUE(Contains(Page("six"), "six-2.0"));
}

TEST_F(OriginRunTest, RemovedFileMayNotComeBackWithOtherBytes) {
  const std::string wheel = AddWheel("six", "1.0");
  RunCleanly();
  RemoveFile(wheel);
  ASSERT_THAT(Run().outcome, IsOk());
  AddFile(wheel, testing::BuildWheel({"six", "1.0", ">=3.9"}));
  const RunReport report = Run();
  ASSERT_EQ(report.problems.size(), 1u);
  EXPECT_THAT(report.problems[0].reason, FailsWith(Failure::kReplacedFile));
  EXPECT_FALSE(IsTarget(kWheel));
}

TEST_F(OriginRunTest, RemovedFileMayComeBackAsItWas) {
  const std::string wheel = AddWheel("six", "1.0");
  const std::string bytes =
      testing::ReadWholeFile(dir_.Join("source/" + wheel));
  RunCleanly();
  RemoveFile(wheel);
  ASSERT_THAT(Run().outcome, IsOk());
  AddFile(wheel, bytes);
  RunCleanly();
  EXPECT_EQ(*Download(kWheel), bytes);
  now_ += absl::Hours(8 * 24);
  ASSERT_THAT(Run().outcome, IsOk());
  EXPECT_TRUE(IsTarget(kWheel)) << "not removed when its time comes";
}

TEST_F(OriginRunTest, EditingTheDirectoryChangesNothingPublished) {
  const std::string wheel = AddWheel("six", "1.0");
  RunCleanly();
  const std::string published = *Download(kWheel);
  // In place, keeping the inode.
  ASSERT_OK_AND_ASSIGN(
      const fs::UniqueFd fd,
      fs::Open(dir_.Join("source/" + wheel), O_WRONLY | O_TRUNC));
  ASSERT_THAT(fs::WriteAll(fd.get(), "other bytes", wheel), IsOk());
  EXPECT_EQ(*Download(kWheel), published);
}

TEST_F(OriginRunTest, OneBadFileHoldsBackItself) {
  AddWheel("six", "1.0");
  AddFile("six-2.0-py3-none-any.whl", "not an archive");
  AddFile("notes.txt", "hello");
  const RunReport report = Run();
  ASSERT_THAT(report.outcome, IsOk());
  EXPECT_TRUE(report.published);
  ASSERT_EQ(report.problems.size(), 2u);
  EXPECT_EQ(report.problems[0].object, "notes.txt");
  EXPECT_EQ(report.problems[1].object, "six-2.0-py3-none-any.whl");
  EXPECT_TRUE(IsTarget(kWheel));
  EXPECT_FALSE(Contains(Page("six"), "six-2.0"));
}

TEST_F(OriginRunTest, SignsAgainWhatIsDueAlsoWhenNothingChanged) {
  AddWheel("six", "1.0");
  RunCleanly();
  const int64_t version = TimestampVersion();
  now_ += absl::Hours(13);
  const RunReport report = Run();
  EXPECT_TRUE(report.published);
  EXPECT_EQ(report.added + report.changed + report.removed, 0u);
  EXPECT_GT(TimestampVersion(), version);
  EXPECT_TRUE(IsTarget(kWheel));
}

TEST_F(OriginRunTest, RecoversAfterEverythingSignedOnlineExpired) {
  AddWheel("six", "1.0");
  RunCleanly();
  now_ += absl::Hours(60 * 24);
  EXPECT_THAT(Download(kWheel), FailsWith(Failure::kExpired));
  ASSERT_THAT(Run().outcome, IsOk());
  EXPECT_TRUE(IsTarget(kWheel));
}

TEST_F(OriginRunTest, WarnsBeforeOfflineRolesExpire) {
  now_ += absl::Hours(340 * 24);
  const RunReport report = Run();
  ASSERT_THAT(report.outcome, IsOk());
  std::vector<std::string> roles;
  for (const auto& expiring : report.expiring) {
    roles.push_back(expiring.role);
    EXPECT_EQ(report::UrgencyOf(expiring.expires, now_),
              report::Urgency::kSoon);
  }
  EXPECT_THAT(roles, ::testing::ElementsAre("root", "targets", "bins"));
}

TEST_F(OriginRunTest, SaysNothingOfExpiryForElevenMonths) {
  now_ += absl::Hours(334 * 24);
  const RunReport report = Run();
  ASSERT_THAT(report.outcome, IsOk());
  EXPECT_THAT(report.expiring, ::testing::IsEmpty());
}

TEST_F(OriginRunTest, ExpiredOfflineRoleStopsTheRunAndSaysWhatToDo) {
  now_ += absl::Hours(366 * 24);
  const std::string timestamp = LiveFile("metadata/timestamp.json");
  EXPECT_THAT(Run().outcome, FailsWith(Failure::kExpired, "offline keys"));
  EXPECT_EQ(LiveFile("metadata/timestamp.json"), timestamp);
}

TEST_F(OriginRunTest, SupersededFilesStayForTheGracePeriod) {
  AddWheel("six", "1.0");
  RunCleanly();
  const std::set<std::string> before = MetadataFiles();
  AddWheel("six", "2.0");
  RunCleanly();
  std::set<std::string> after = MetadataFiles();
  EXPECT_TRUE(
      std::includes(after.begin(), after.end(), before.begin(), before.end()));
  now_ += absl::Hours(13);  // past the grace, and something is due
  RunCleanly();
  after = MetadataFiles();
  EXPECT_FALSE(after.contains("1.snapshot.json"));
  EXPECT_FALSE(after.contains("2.snapshot.json"));
  EXPECT_TRUE(after.contains("1.root.json"));
  EXPECT_TRUE(after.contains("1.targets.json"));
  EXPECT_TRUE(IsTarget(kWheel));
}

TEST_F(OriginRunTest, VersionsOfARolledBackGenerationAreNeverUsedAgain) {
  AddWheel("six", "1.0");
  RunCleanly();
  const int64_t first = TimestampVersion();
  AddWheel("six", "2.0");
  RunCleanly();
  const int64_t rolled_back = TimestampVersion();
  ASSERT_THAT(tree::Publisher::Rollback(*home_), IsOk());
  ASSERT_EQ(TimestampVersion(), first);
  AddWheel("six", "3.0");
  RunCleanly();
  EXPECT_GT(TimestampVersion(), rolled_back);
  EXPECT_TRUE(Contains(Page("six"), "six-3.0"));
}

TEST_F(OriginRunTest, RunAfterARollbackPublishesTheDirectoryAgain) {
  AddWheel("six", "1.0");
  RunCleanly();
  AddWheel("flit", "3.0");
  RunCleanly();
  ASSERT_THAT(tree::Publisher::Rollback(*home_), IsOk());
  ASSERT_EQ(Page("flit"), "");
  RunCleanly();
  EXPECT_TRUE(IsTarget("packages/flit/flit-3.0-py3-none-any.whl"));
  now_ += absl::Hours(13);  // what was superseded and is in use again stays
  RunCleanly();
  EXPECT_TRUE(IsTarget("packages/flit/flit-3.0-py3-none-any.whl"));
  EXPECT_TRUE(IsTarget(kWheel));
  EXPECT_TRUE(IsTarget("simple/six/index.html"));
}

TEST_F(OriginRunTest, LostStateCostsTimeAndNothingElse) {
  AddWheel("six", "1.0");
  RunCleanly();
  const std::string page = Page("six");
  std::filesystem::remove(init_.home + "/state/origin");
  std::filesystem::remove(init_.home + "/state/source-index");
  const RunReport report = Run();
  EXPECT_THAT(report.outcome, IsOk());
  EXPECT_FALSE(report.published);
  EXPECT_EQ(Page("six"), page);
}

TEST_F(OriginRunTest, ProjectRemovedWhileTheIndexWasLostIsRemoved) {
  const std::string wheel = AddWheel("six", "1.0");
  AddWheel("flit", "3.0");
  RunCleanly();
  std::filesystem::remove(init_.home + "/state/source-index");
  RemoveFile(wheel);
  RunCleanly();
  EXPECT_EQ(Page("six"), "");
}

TEST_F(OriginRunTest, TouchedFilesAreNoChange) {
  const std::string wheel = AddWheel("six", "1.0");
  RunCleanly();
  std::filesystem::last_write_time(
      dir_.Join("source/" + wheel),
      std::filesystem::file_time_type::clock::now() - std::chrono::hours(1000));
  std::filesystem::remove(init_.home + "/state/source-index");
  EXPECT_FALSE(Run().published);
}

TEST_F(OriginRunTest, DryRunShowsThePlanAndChangesNothing) {
  AddWheel("six", "1.0");
  const std::string timestamp = LiveFile("metadata/timestamp.json");
  std::vector<std::string> planned;
  const RunReport report = DryRun(planned);
  EXPECT_THAT(report.outcome, IsOk());
  EXPECT_FALSE(report.published);
  EXPECT_EQ(report.added, 4u);
  EXPECT_NE(
      std::find(planned.begin(), planned.end(), "add " + std::string(kWheel)),
      planned.end());
  EXPECT_EQ(LiveFile("metadata/timestamp.json"), timestamp);
  EXPECT_FALSE(LiveHas("packages/six"));
  RunCleanly();
  EXPECT_TRUE(IsTarget(kWheel));
}

TEST_F(OriginRunTest, AnEmptiedDirectoryStopsAtTheRemovalBrake) {
  for (int i = 0; i < 6; ++i) AddWheel(fmt::format("p{}", i), "1.0");
  RunCleanly();
  for (int i = 0; i < 6; ++i) {
    RemoveFile(fmt::format("p{}-1.0-py3-none-any.whl", i));
  }
  const RunReport report = Run();
  EXPECT_THAT(report.outcome, FailsWith(Failure::kBrake, "24 of 26"));
  EXPECT_FALSE(report.published);
  EXPECT_NE(Page("p3"), "");
}

TEST_F(OriginRunTest, CancelledRunPublishesNothing) {
  AddWheel("six", "1.0");
  RunOptions options;
  options.now = now_;
  options.on_progress = [](const Progress&) {
    return MakeFailure(Failure::kCancelled, "stopped");
  };
  RunReport report;
  EXPECT_THAT(RunOrigin(*home_, config_, options, report),
              FailsWith(Failure::kCancelled));
  EXPECT_FALSE(IsTarget(kWheel));
}

TEST_F(OriginRunTest, MetadataThatDoesNotVerifyStopsTheRun) {
  AddWheel("six", "1.0");
  const std::string path = init_.home + "/live/metadata/timestamp.json";
  std::string forged = testing::ReadWholeFile(path);
  forged.replace(forged.find("\"version\":1"), 11, "\"version\":9");
  ASSERT_THAT(
      fs::WriteFileAtomically(path, forged, 0644, fs::Durability::kNone),
      IsOk());
  EXPECT_THAT(Run().outcome, FailsWith(Failure::kThreshold, "timestamp"));
}

TEST_F(OriginRunTest, LeftOverPackageOfARunThatWasCutShortGivesWay) {
  std::filesystem::create_directories(init_.home + "/packages/six");
  ASSERT_THAT(fs::WriteFileAtomically(init_.home + "/" + kWheel, "half a wheel",
                                      0644, fs::Durability::kNone),
              IsOk());
  AddWheel("six", "1.0");
  RunCleanly();
  EXPECT_TRUE(IsTarget(kWheel));
}

TEST_F(OriginRunTest, SameFilesGiveTheSamePageBytesAnywhere) {
  AddWheel("six", "1.0");
  AddSdist("six", "1.1");
  for (const auto& entry :
       std::filesystem::directory_iterator(dir_.Join("source"))) {
    std::filesystem::last_write_time(
        entry.path(), std::filesystem::file_time_type::clock::now() -
                          std::chrono::hours(1000));
  }
  RunCleanly();
  const std::string html = LiveFile("simple/six/index.html");
  const std::string json = LiveFile("simple/six/index.v1_json");

  init_.home = dir_.Join("second");
  Init();
  RunCleanly();
  EXPECT_EQ(LiveFile("simple/six/index.html"), html);
  EXPECT_EQ(LiveFile("simple/six/index.v1_json"), json);
}

TEST_F(OriginRunTest, WritesLastModified) {
  AddWheel("six", "1.0");
  RunCleanly();
  EXPECT_EQ(LiveFile("last-modified"), "20270115T08:00:00\n");
}

}  // namespace
}  // namespace tufmirror::sync
