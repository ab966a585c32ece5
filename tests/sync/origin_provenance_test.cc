// Provenance files (PEP 740) of an index, mirrored beside their distributions.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "support/status_matchers.h"
#include "sync/origin_index_fixture.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/pypi/simple_index.h"

namespace tufmirror::sync {
namespace {

using report::RunReport;
using testing::FailsWith;
using testing::Fault;
using testing::IndexServer;
using testing::IsOk;
using testing::ServedFile;

constexpr char kAttested[] = "{\"version\":1,\"attestation_bundles\":[]}";
constexpr char kWheel[] = "six-1.0-py3-none-any.whl";
constexpr char kTarget[] = "packages/six/six-1.0-py3-none-any.whl.provenance";

class OriginProvenanceTest : public testing::OriginIndexFixture {
 protected:
  void SetUp() override {
    OriginIndexFixture::SetUp();
    config_.upstream.index.provenance = true;
  }
  static ServedFile Attested(const std::string& version,
                             std::string provenance = kAttested) {
    ServedFile file = Wheel("six", version);
    file.provenance = std::move(provenance);
    return file;
  }
  RunReport RunLater() {
    now_ += absl::Hours(1);
    return Run();
  }
  std::string ProvenanceOnPage() {
    const pypi::ProjectPage page = ParsedPage("six");
    return page.files.empty() ? "no file" : page.files[0].provenance;
  }
  size_t Requests() {
    return server_.pages().CountRequests(IndexServer::ProvenancePath(kWheel));
  }
};

TEST_F(OriginProvenanceTest, IsATargetBesideItsFileAndNamedByThePages) {
  PutProject("six", {Attested("1.0")});
  RunCleanly();
  ASSERT_OK_AND_ASSIGN(const std::string bytes, Download(kTarget));
  EXPECT_EQ(bytes, kAttested);
  const std::string url =
      "../../packages/six/six-1.0-py3-none-any.whl.provenance";
  EXPECT_EQ(ProvenanceOnPage(), url) << "not where the index has it";
  ASSERT_OK_AND_ASSIGN(const std::string html,
                       Download("simple/six/index.html"));
  EXPECT_NE(html.find("data-provenance=\"" + url + "\""), std::string::npos)
      << html;
}

TEST_F(OriginProvenanceTest, IsNotAskedForUnlessWanted) {
  config_.upstream.index.provenance = false;
  PutProject("six", {Attested("1.0")});
  RunCleanly();
  EXPECT_EQ(Requests(), 0u);
  EXPECT_EQ(ProvenanceOnPage(), "");
  EXPECT_FALSE(IsTarget(kTarget));
}

TEST_F(OriginProvenanceTest, TheOptionAppliesToWhatIsMirroredAlready) {
  config_.upstream.index.provenance = false;
  PutProject("six", {Attested("1.0")});
  RunCleanly();
  config_.upstream.index.provenance = true;
  EXPECT_THAT(RunLater().outcome, IsOk());
  EXPECT_TRUE(IsTarget(kTarget));
  config_.upstream.index.provenance = false;
  EXPECT_THAT(RunLater().outcome, IsOk());
  EXPECT_FALSE(IsTarget(kTarget));
  EXPECT_EQ(ProvenanceOnPage(), "");
  EXPECT_EQ(server_.PageRequests("six"), 1u) << "no page is asked for again";
  EXPECT_EQ(server_.files().CountRequests(IndexServer::FilePath(kWheel)), 1u);
}

TEST_F(OriginProvenanceTest, WhatCannotBeHadHoldsBackItselfAlone) {
  PutProject("six", {Attested("1.0")});
  server_.pages().Inject(IndexServer::ProvenancePath(kWheel),
                         Fault::Status(404), 2);
  const RunReport report = Run();
  EXPECT_EQ(report::ExitCodeOf(report), 3);
  EXPECT_EQ(Objects(report), std::vector<std::string>{
                                 "six: six-1.0-py3-none-any.whl.provenance"});
  EXPECT_TRUE(IsTarget("packages/six/six-1.0-py3-none-any.whl"));
  EXPECT_EQ(ProvenanceOnPage(), "") << "what is not there is not promised";

  EXPECT_EQ(report::ExitCodeOf(RunLater()), 3) << "still not there";
  EXPECT_EQ(report::ExitCodeOf(RunLater()), 0) << "without a new serial";
  EXPECT_TRUE(IsTarget(kTarget));
  EXPECT_NE(ProvenanceOnPage(), "");
}

TEST_F(OriginProvenanceTest, WhatIsNoJsonObjectIsNotPublished) {
  for (const char* bytes : {"<html>Please log in</html>", "[]", "{\"a\":1,"}) {
    PutProject("six", {Attested("1.0", bytes)});
    const RunReport report = RunLater();
    ASSERT_EQ(report.problems.size(), 1u) << bytes;
    EXPECT_THAT(report.problems[0].reason,
                FailsWith(Failure::kMalformed, "provenance"));
    EXPECT_FALSE(IsTarget(kTarget)) << bytes;
  }
}

TEST_F(OriginProvenanceTest, APublishedOneStaysWhateverTheIndexHasLater) {
  PutProject("six", {Attested("1.0")});
  RunCleanly();
  PutProject("six", {Attested("1.0", "{\"version\":2}"), Attested("2.0")});
  EXPECT_EQ(report::ExitCodeOf(RunLater()), 0);
  ASSERT_OK_AND_ASSIGN(const std::string bytes, Download(kTarget));
  EXPECT_EQ(bytes, kAttested) << "caches keep what is below packages/";
  EXPECT_EQ(Requests(), 1u);
}

TEST_F(OriginProvenanceTest, OneThatComesLaterIsAddedToItsFile) {
  PutProject("six", {Wheel("six", "1.0")});
  RunCleanly();
  PutProject("six", {Attested("1.0")});
  EXPECT_EQ(report::ExitCodeOf(RunLater()), 0);
  EXPECT_TRUE(IsTarget(kTarget));
  EXPECT_EQ(server_.files().CountRequests(IndexServer::FilePath(kWheel)), 1u);
}

TEST_F(OriginProvenanceTest, OneThatIsWithdrawnLeavesThePageAndTheTargets) {
  PutProject("six", {Attested("1.0")});
  RunCleanly();
  PutProject("six", {Wheel("six", "1.0")});
  EXPECT_EQ(report::ExitCodeOf(RunLater()), 0);
  EXPECT_FALSE(IsTarget(kTarget));
  EXPECT_EQ(ProvenanceOnPage(), "");
  // Other bytes under the name that was published until now: not yet.
  PutProject("six", {Attested("1.0", "{\"version\":2}")});
  const RunReport report = RunLater();
  ASSERT_EQ(report.problems.size(), 1u);
  EXPECT_THAT(report.problems[0].reason,
              FailsWith(Failure::kReplacedFile, "until lately"));
  EXPECT_TRUE(IsTarget("packages/six/six-1.0-py3-none-any.whl"));
}

TEST_F(OriginProvenanceTest, IsRemovedWithItsFile) {
  PutProject("six", {Attested("1.0"), Attested("2.0")});
  RunCleanly();
  PutProject("six", {Attested("2.0")});
  EXPECT_EQ(report::ExitCodeOf(RunLater()), 0);
  EXPECT_FALSE(IsTarget(kTarget));
  EXPECT_TRUE(LiveHas(kTarget)) << "a mistake upstream can be undone";
  now_ += config_.publish.keep_removed;
  EXPECT_EQ(report::ExitCodeOf(RunLater()), 0);
  EXPECT_FALSE(LiveHas(kTarget));
}

TEST_F(OriginProvenanceTest, ADryRunNamesIt) {
  PutProject("six", {Attested("1.0")});
  std::vector<std::string> planned;
  ASSERT_THAT(DryRun(planned).outcome, IsOk());
  EXPECT_THAT(planned, ::testing::Contains(std::string("add ") + kTarget));
  EXPECT_EQ(Requests(), 0u);
}

TEST_F(OriginProvenanceTest, AnotherOriginCanFollowTheRewrittenUrl) {
  ServedFile file = Attested("1.0");
  PutProject("six", {file});
  RunCleanly();
  const pypi::ProjectPage page = ParsedPage("six");
  EXPECT_EQ(page.files[0].provenance, page.files[0].url + ".provenance");
}

}  // namespace
}  // namespace tufmirror::sync
