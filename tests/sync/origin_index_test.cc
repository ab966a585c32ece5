// An origin of a plain index: real runs against a loopback index on two hosts.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "support/distribution_builder.h"
#include "support/index_server.h"
#include "support/status_matchers.h"
#include "sync/index_supply.h"
#include "sync/origin_index_fixture.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/crypto/blake2b.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/pypi/simple_index.h"
#include "tufmirror/source/index_source.h"
#include "tufmirror/sync/explain.h"

namespace tufmirror::sync {
namespace {

using report::RunReport;
using testing::FailsWith;
using testing::Fault;
using testing::IndexServer;
using testing::IsOk;
using testing::ServedFile;

class OriginIndexTest : public testing::OriginIndexFixture {};

TEST_F(OriginIndexTest, PublishesWhatTheIndexOffersUnderItsOwnSignatures) {
  PutProject("Six", {WheelWithMetadata("six", "1.0")});
  PutProject("flit", {Wheel("flit", "3.0")});
  RunCleanly();
  ASSERT_OK_AND_ASSIGN(const std::string bytes,
                       Download("packages/six/six-1.0-py3-none-any.whl"));
  EXPECT_EQ(bytes, Wheel("six", "1.0").bytes);
  EXPECT_TRUE(IsTarget("packages/six/six-1.0-py3-none-any.whl.metadata"));
  EXPECT_FALSE(IsTarget("packages/flit/flit-3.0-py3-none-any.whl.metadata"))
      << "the index offers none";
  const pypi::ProjectPage page = ParsedPage("six");
  ASSERT_EQ(page.files.size(), 1u);
  EXPECT_EQ(page.files[0].requires_python, ">=3.8");
  EXPECT_EQ(page.files[0].url, "../../packages/six/six-1.0-py3-none-any.whl");
  EXPECT_EQ(page.last_serial, server_.serial_of("six"))
      << "so that another mirror can follow this one";
}

TEST_F(OriginIndexTest, TakesCoreMetadataOutOfTheWheelInsteadOfAsking) {
  PutProject("six", {WheelWithMetadata("six", "1.0")});
  RunCleanly();
  EXPECT_EQ(server_.files().CountRequests(
                IndexServer::FilePath("six-1.0-py3-none-any.whl.metadata")),
            0u);
}

TEST_F(OriginIndexTest, CoreMetadataIsAskedForBeforeTheQueryOfItsFile) {
  const source::SourceFile file{
      .location = "https://a.example/f.whl?key=1",
      .filename = "f.whl",
      .project = pypi::ProjectName::Parse("f").value(),
      .version = "1"};
  EXPECT_EQ(source::MetadataRequest(file).urls,
            std::vector<std::string>{"https://a.example/f.whl.metadata?key=1"});
}

TEST_F(OriginIndexTest, CoreMetadataThatIsNowhereIsNotAdvertised) {
  ServedFile file = Wheel("six", "1.0");
  file.metadata = "Metadata-Version: 2.1\nName: six\nVersion: 9\n";
  PutProject("six", {file});
  server_.files().Inject(
      IndexServer::FilePath("six-1.0-py3-none-any.whl.metadata"),
      Fault::Status(404), 100);
  const RunReport report = Run();
  EXPECT_THAT(report.outcome, IsOk());
  ASSERT_EQ(report.warnings.size(), 1u);
  EXPECT_NE(report.warnings[0].find("six-1.0-py3-none-any.whl"),
            std::string::npos);
  EXPECT_FALSE(ParsedPage("six").files[0].core_metadata.has_value());
}

TEST_F(OriginIndexTest, CoreMetadataThatCannotBeHadNowComesWithALaterRun) {
  ServedFile file = Wheel("six", "1.0");
  file.metadata = "Metadata-Version: 2.1\nName: six\nVersion: 9\n";
  PutProject("six", {file});
  const std::string path =
      IndexServer::FilePath("six-1.0-py3-none-any.whl.metadata");
  server_.files().Inject(path, Fault::Status(503), 2);
  RunReport report = Run();
  EXPECT_THAT(report.warnings, ::testing::IsEmpty());
  ASSERT_EQ(report.problems.size(), 1u);
  EXPECT_EQ(report.problems[0].object,
            "six: six-1.0-py3-none-any.whl.metadata");
  EXPECT_FALSE(ParsedPage("six").files[0].core_metadata.has_value());
  report = Run();
  EXPECT_THAT(report.outcome, IsOk());
  EXPECT_THAT(report.problems, ::testing::IsEmpty());
  EXPECT_TRUE(ParsedPage("six").files[0].core_metadata.has_value());
  EXPECT_EQ(server_.files().CountRequests(
                IndexServer::FilePath("six-1.0-py3-none-any.whl")),
            1u);
}

TEST_F(OriginIndexTest, NothingNewAsksForTheListAloneAndPublishesNothing) {
  PutProject("six", {Wheel("six", "1.0")});
  PutProject("flit", {Wheel("flit", "3.0")});
  RunCleanly();
  now_ += absl::Hours(1);
  const RunReport report = Run();
  EXPECT_THAT(report.outcome, IsOk());
  EXPECT_FALSE(report.published);
  EXPECT_EQ(report.requests, 1u);
}

TEST_F(OriginIndexTest, OnlyTheChangedPageIsFetchedAndOnlyItsNewFile) {
  PutProject("six", {Wheel("six", "1.0")});
  PutProject("flit", {Wheel("flit", "3.0")});
  RunCleanly();
  PutProject("six", {Wheel("six", "1.0"), Wheel("six", "2.0")});
  now_ += absl::Hours(1);
  RunCleanly();
  EXPECT_EQ(server_.PageRequests("flit"), 1u);
  EXPECT_EQ(server_.PageRequests("six"), 2u);
  EXPECT_EQ(server_.files().CountRequests(
                IndexServer::FilePath("six-1.0-py3-none-any.whl")),
            1u);
  EXPECT_TRUE(IsTarget("packages/six/six-2.0-py3-none-any.whl"));
}

TEST_F(OriginIndexTest, AFileThatIsMissingHoldsBackItselfAndNothingElse) {
  PutProject("six", {Wheel("six", "1.0"), Wheel("six", "2.0")});
  PutProject("flit", {Wheel("flit", "3.0")});
  const std::string lost = IndexServer::FilePath("six-2.0-py3-none-any.whl");
  server_.files().Inject(lost, Fault::Status(404), 100);
  const RunReport report = Run();
  EXPECT_THAT(report.outcome, IsOk());
  EXPECT_TRUE(report.published);
  EXPECT_EQ(report::ExitCodeOf(report), 3);
  EXPECT_EQ(Objects(report),
            std::vector<std::string>{"six: six-2.0-py3-none-any.whl"});
  EXPECT_TRUE(IsTarget("packages/flit/flit-3.0-py3-none-any.whl"));
  ASSERT_EQ(ParsedPage("six").files.size(), 1u);
  EXPECT_EQ(ParsedPage("six").files[0].filename, "six-1.0-py3-none-any.whl");

  server_.files().ClearFaults();
  now_ += absl::Hours(1);
  RunCleanly();
  EXPECT_EQ(ParsedPage("six").files.size(), 2u) << "without a new serial";
}

TEST_F(OriginIndexTest, BytesOfAnotherDigestAreNeverPublished) {
  ServedFile file = Wheel("six", "1.0");
  file.sha256 = crypto::Sha256Of("what the page says").Hex();
  PutProject("six", {file});
  const RunReport report = Run();
  EXPECT_EQ(report::ExitCodeOf(report), 3);
  EXPECT_FALSE(IsTarget("packages/six/six-1.0-py3-none-any.whl"));
  EXPECT_FALSE(std::filesystem::exists(
      init_.home + "/packages/six/six-1.0-py3-none-any.whl"));
}

TEST_F(OriginIndexTest, APublishedFileWithOtherBytesHoldsBackItsProject) {
  PutProject("six", {Wheel("six", "1.0")});
  PutProject("flit", {Wheel("flit", "3.0")});
  RunCleanly();
  const std::string page = Page("six");
  ServedFile trojan = Wheel("six", "1.0");
  trojan.bytes = testing::BuildWheel({"six", "1.0", ">=3.9"});
  PutProject("six", {trojan, Wheel("six", "2.0")});
  PutProject("flit", {Wheel("flit", "3.0"), Wheel("flit", "4.0")});
  now_ += absl::Hours(1);
  const RunReport report = Run();
  EXPECT_EQ(Page("six"), page);
  EXPECT_TRUE(IsTarget("packages/flit/flit-4.0-py3-none-any.whl"));
  ASSERT_EQ(report.problems.size(), 1u);
  EXPECT_THAT(report.problems[0].reason,
              FailsWith(Failure::kReplacedFile, "never changes"));
}

TEST_F(OriginIndexTest, YankedFilesStayWithTheirReason) {
  ServedFile file = Wheel("six", "1.0");
  PutProject("six", {file});
  RunCleanly();
  file.yanked = "br\xC3\xB6ken <&>";
  PutProject("six", {file});
  now_ += absl::Hours(1);
  RunCleanly();
  EXPECT_EQ(ParsedPage("six").files[0].yanked, "br\xC3\xB6ken <&>");
}

TEST_F(OriginIndexTest, AProjectWithoutReleasesHasAnEmptyPage) {
  PutProject("six", {});
  RunCleanly();
  EXPECT_TRUE(ParsedPage("six").files.empty());
}

TEST_F(OriginIndexTest, AProjectThatIsGoneIsRemovedOnceConfirmed) {
  PutProject("six", {Wheel("six", "1.0")});
  PutProject("flit", {Wheel("flit", "3.0")});
  RunCleanly();
  server_.Remove("six");
  now_ += absl::Hours(1);
  ASSERT_THAT(Run().outcome, IsOk());
  EXPECT_NE(Page("six"), "") << "seen in one run only";
  now_ += absl::Hours(1);
  ASSERT_THAT(Run().outcome, IsOk());
  EXPECT_EQ(Page("six"), "");
  EXPECT_TRUE(LiveHas("packages/six/six-1.0-py3-none-any.whl"))
      << "a mistake upstream can be undone";
  EXPECT_FALSE(IsTarget("packages/six/six-1.0-py3-none-any.whl"));
}

TEST_F(OriginIndexTest, AnIndexThatIsEmptyAllAtOnceIsABrake) {
  std::vector<std::string> names;
  for (int i = 0; i < 12; ++i) {
    names.push_back("project" + std::to_string(i));
    PutProject(names.back(), {Wheel(names.back(), "1.0")});
  }
  RunCleanly();
  for (const std::string& name : names) PutProject(name, {});
  now_ += absl::Hours(1);
  EXPECT_THAT(Run().outcome, FailsWith(Failure::kBrake));
  EXPECT_TRUE(IsTarget("packages/project1/project1-1.0-py3-none-any.whl"));
}

TEST_F(OriginIndexTest, RulesApplyToWhatIsMirroredAlreadyWithoutAskingAgain) {
  PutProject("six", {Wheel("six", "1.0"), Wheel("six", "2.0")});
  PutProject("flit", {Wheel("flit", "3.0")});
  RunCleanly();
  config_.select.exclude_versions = {"six<2"};
  now_ += absl::Hours(1);
  const RunReport report = Run();
  ASSERT_THAT(report.outcome, IsOk());
  EXPECT_FALSE(IsTarget("packages/six/six-1.0-py3-none-any.whl"));
  EXPECT_TRUE(IsTarget("packages/six/six-2.0-py3-none-any.whl"));
  EXPECT_EQ(server_.PageRequests("six"), 1u);

  config_.select = {};
  now_ += absl::Hours(1);
  ASSERT_THAT(Run().outcome, IsOk());
  EXPECT_TRUE(IsTarget("packages/six/six-1.0-py3-none-any.whl"));
  EXPECT_EQ(server_.PageRequests("six"), 1u);
}

TEST_F(OriginIndexTest, ExplainsWhichRuleDecided) {
  PutProject("six", {Wheel("six", "1.0"), Wheel("six", "2.0")});
  config_.select.exclude_versions = {"six<2"};
  ASSERT_THAT(Run().outcome, IsOk());
  const auto six = pypi::ProjectName::Parse("six").value();
  ASSERT_OK_AND_ASSIGN(const ExplainReport all,
                       Explain(*home_, config_, six, std::nullopt, now_));
  EXPECT_TRUE(all.verdict.selected);
  ASSERT_EQ(all.files.size(), 2u);
  ASSERT_OK_AND_ASSIGN(const ExplainReport one,
                       Explain(*home_, config_, six, "1.0.0", now_));
  ASSERT_EQ(one.files.size(), 1u);
  EXPECT_FALSE(one.files[0].verdict.selected);
  EXPECT_NE(one.files[0].verdict.rule.find("six<2"), std::string::npos)
      << one.files[0].verdict.rule;
  ASSERT_OK_AND_ASSIGN(
      const ExplainReport unknown,
      Explain(*home_, config_, pypi::ProjectName::Parse("other").value(),
              std::nullopt, now_));
  EXPECT_FALSE(unknown.has_page);
}

TEST_F(OriginIndexTest, WhatIsHeldBackIsNamedUntilItHeals) {
  PutProject("six", {Wheel("six", "1.0")});
  PutProject("flit", {Wheel("flit", "3.0")});
  server_.files().Inject(IndexServer::FilePath("six-1.0-py3-none-any.whl"),
                         Fault::Status(404), 100);
  ASSERT_THAT(RunWhole().outcome, IsOk());
  const std::string path = home_->layout().held_back();
  EXPECT_NE(testing::ReadWholeFile(path).find("six-1.0-py3-none-any.whl"),
            std::string::npos);
  server_.files().ClearFaults();
  now_ += absl::Hours(1);
  ASSERT_THAT(RunWhole().outcome, IsOk());
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(OriginIndexTest, DependenciesOfTheAllowListAreMirroredToo) {
  ServedFile app = WheelWithMetadata("app", "1.0");
  const std::string metadata =
      "Metadata-Version: 2.1\nName: app\nVersion: 1.0\n"
      "Requires-Dist: six>=1\nRequires-Dist: other; extra == 'x'\n";
  app.metadata = metadata;
  PutProject("app", {app});
  PutProject("six", {Wheel("six", "1.0")});
  PutProject("other", {Wheel("other", "1.0")});
  config_.select.projects = {"app"};
  config_.select.with_dependencies = true;
  const RunReport report = Run();
  EXPECT_THAT(report.outcome, IsOk());
  EXPECT_TRUE(IsTarget("packages/six/six-1.0-py3-none-any.whl"));
  EXPECT_EQ(Page("other"), "");
}

TEST_F(OriginIndexTest, AnAllowListNeedsNoListOfProjects) {
  PutProject("six", {Wheel("six", "1.0")});
  PutProject("flit", {Wheel("flit", "3.0")});
  config_.select.projects = {"six"};
  RunCleanly();
  EXPECT_TRUE(IsTarget("packages/six/six-1.0-py3-none-any.whl"));
  EXPECT_EQ(Page("flit"), "");
  EXPECT_EQ(server_.pages().CountRequests(IndexServer::ListPath()), 0u);
  EXPECT_EQ(server_.PageRequests("flit"), 0u);
}

TEST_F(OriginIndexTest, FilesOfAnotherMirrorHereAreLinkedNotDownloaded) {
  const ServedFile wheel = Wheel("six", "1.0");
  PutProject("six", {wheel});
  dir_.Write("old-mirror/" + wheel.filename, wheel.bytes);
  config_.upstream.index.adopt = {dir_.Join("old-mirror")};
  RunCleanly();
  EXPECT_EQ(
      server_.files().CountRequests(IndexServer::FilePath(wheel.filename)), 0u);
  struct stat ours, theirs;
  ASSERT_EQ(
      stat((init_.home + "/packages/six/" + wheel.filename).c_str(), &ours), 0);
  ASSERT_EQ(stat(dir_.Join("old-mirror/" + wheel.filename).c_str(), &theirs),
            0);
  EXPECT_EQ(ours.st_ino, theirs.st_ino);
}

TEST_F(OriginIndexTest, ADamagedFileOfAnotherMirrorIsDownloadedInstead) {
  const ServedFile wheel = Wheel("six", "1.0");
  PutProject("six", {wheel});
  std::string damaged = wheel.bytes;
  damaged[10] = static_cast<char>(damaged[10] ^ 1);
  dir_.Write("old-mirror/" + wheel.filename, damaged);
  config_.upstream.index.adopt = {dir_.Join("old-mirror")};
  RunCleanly();
  ASSERT_OK_AND_ASSIGN(const std::string bytes,
                       Download("packages/six/" + wheel.filename));
  EXPECT_EQ(bytes, wheel.bytes);
}

TEST_F(OriginIndexTest, NoLinkToAFileOfAnotherMirrorIsLeftToWriteTo) {
  PutProject("six", {Wheel("six", "1.0")});
  PutProject("flit", {Wheel("flit", "3.0")});
  RunCleanly();
  server_.Remove("six");
  for (int run = 0; run < 2; ++run) {
    now_ += absl::Hours(1);
    ASSERT_THAT(Run().outcome, IsOk());
  }
  // Other bytes under the name that was published until now: refused, after
  // they were linked.
  ServedFile other = Wheel("six", "1.0");
  other.bytes = testing::BuildWheel({"six", "1.0", ">=3.9"});
  PutProject("six", {other});
  const std::string path =
      dir_.Write("old-mirror/" + other.filename, other.bytes);
  config_.upstream.index.adopt = {dir_.Join("old-mirror")};
  now_ += absl::Hours(1);
  const RunReport report = Run();
  ASSERT_EQ(report.problems.size(), 1u);
  EXPECT_THAT(report.problems[0].reason,
              FailsWith(Failure::kReplacedFile, "until lately"));
  struct stat theirs;
  ASSERT_EQ(stat(path.c_str(), &theirs), 0);
  EXPECT_EQ(theirs.st_nlink, 1u);
}

TEST_F(OriginIndexTest, WithoutADigestAFileIsTakenOnlyWhereThatIsAllowed) {
  ServedFile file = Wheel("six", "1.0");
  file.sha256 = "";
  file.has_size = false;
  PutProject("six", {file});
  const RunReport refused = Run();
  EXPECT_EQ(report::ExitCodeOf(refused), 3);
  EXPECT_FALSE(IsTarget("packages/six/" + file.filename));

  config_.upstream.index.allow_unhashed = true;
  now_ += absl::Hours(1);
  RunCleanly();
  EXPECT_TRUE(IsTarget("packages/six/" + file.filename));
  EXPECT_EQ(ParsedPage("six").files[0].sha256, crypto::Sha256Of(file.bytes));
  EXPECT_EQ(ParsedPage("six").files[0].size, file.bytes.size());
}

TEST_F(OriginIndexTest, AFileAboveTheLimitIsHeldBackAndNamed) {
  PutProject("six", {Wheel("six", "1.0")});
  config_.upstream.index.max_file_size = 10;
  const RunReport report = Run();
  EXPECT_EQ(Objects(report),
            std::vector<std::string>{"six: six-1.0-py3-none-any.whl"});
  EXPECT_EQ(server_.files().CountRequests(
                IndexServer::FilePath("six-1.0-py3-none-any.whl")),
            0u);
  now_ += absl::Hours(1);
  EXPECT_EQ(Objects(Run()), Objects(report)) << "in every run";
}

TEST_F(OriginIndexTest, ADryRunChangesNothing) {
  PutProject("six", {Wheel("six", "1.0")});
  std::vector<std::string> planned;
  ASSERT_THAT(DryRun(planned).outcome, IsOk());
  EXPECT_EQ(planned.front(), "add packages/six/six-1.0-py3-none-any.whl");
  EXPECT_EQ(Live().number, 1u);
}

TEST_F(OriginIndexTest, ARunThatWasStoppedDownloadsNothingTwice) {
  PutProject("six", {Wheel("six", "1.0")});
  config_.brakes.min_free_space = 0;
  // The key is missing after everything was downloaded by an earlier run that
  // could not sign: what it brought stays.
  RunCleanly();
  std::filesystem::remove_all(init_.home + "/state/index");
  now_ += absl::Hours(1);
  ASSERT_THAT(Run().outcome, IsOk());
  EXPECT_EQ(server_.files().CountRequests(
                IndexServer::FilePath("six-1.0-py3-none-any.whl")),
            1u);
}

TEST(Blake2bInUrlTest, IsTheDigestInTheUrlsOfPypi) {
  const std::string hex = crypto::Blake2b256Of("x").Hex();
  const std::string url = "https://files.example/packages/" + hex.substr(0, 2) +
                          "/" + hex.substr(2, 2) + "/" + hex.substr(4) +
                          "/six-1.0.tar.gz";
  const auto digest = Blake2bInUrl(url);
  ASSERT_TRUE(digest.has_value());
  EXPECT_EQ(digest->Hex(), hex);
  for (const char* other :
       {"https://files.example/six-1.0.tar.gz",
        "https://files.example/packages/six/six-1.0.tar.gz",
        "https://files.example/packages/aa/bb/cc/six-1.0.tar.gz"}) {
    EXPECT_FALSE(Blake2bInUrl(other).has_value()) << other;
  }
}

}  // namespace
}  // namespace tufmirror::sync
