// A replica follows its upstream: what is fetched, downloaded, served.
#include <gtest/gtest.h>

#include <string>

#include "support/status_matchers.h"
#include "sync/replica_fixture.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/tree/publisher.h"

namespace tufmirror {
namespace {

using testing::IsOk;
using ::testing::Pair;
using testing::ReplicaTest;
using testing::RepositoryFixture;
using ::testing::UnorderedElementsAre;

constexpr char kWheel[] = "packages/flit/flit-1-py3-none-any.whl";

std::string Prefixed(const std::string& directory, const std::string& name,
                     const std::string& content) {
  return directory + crypto::Sha256Of(content).Hex() + "." + name;
}

TEST_F(ReplicaTest, FirstSyncServesEveryTargetUnderBothNames) {
  repository.AddTarget("targets", kWheel, "wheel");
  repository.AddTarget("targets", "simple/flit/index.html", "page");
  PublishUpstream();
  const tree::Home home = MakeHome();
  ServeRepository();

  const report::RunReport report = Sync(home);

  ASSERT_THAT(report.outcome, IsOk());
  EXPECT_TRUE(report.published);
  EXPECT_EQ(report.added, 2u);
  EXPECT_EQ(ServedFile(home, kWheel), "wheel");
  EXPECT_EQ(ServedFile(home, Prefixed("packages/flit/",
                                      "flit-1-py3-none-any.whl", "wheel")),
            "wheel");
  EXPECT_EQ(ServedFile(home, "simple/flit/index.html"), "page");
  EXPECT_EQ(ServedFile(home, Prefixed("simple/flit/", "index.html", "page")),
            "page");
}

TEST_F(ReplicaTest, ServesUpstreamsMetadataByteForByte) {
  repository.Delegate("targets", "role", {"packages/*/*"});
  repository.AddTarget("role", kWheel, "wheel");
  PublishUpstream();
  const tree::Home home = MakeHome();
  ServeRepository();

  ASSERT_THAT(Sync(home).outcome, IsOk());

  for (const auto& [path, bytes] : repository.files()) {
    EXPECT_EQ(ServedFile(home, path), bytes) << path;
  }
}

TEST_F(ReplicaTest, NothingNewIsOneRequest) {
  repository.AddTarget("targets", kWheel, "wheel");
  PublishUpstream();
  const tree::Home home = MakeHome();
  ServeRepository();
  ASSERT_THAT(Sync(home).outcome, IsOk());
  server.ForgetRequests();

  const report::RunReport report = Sync(home);

  ASSERT_THAT(report.outcome, IsOk());
  EXPECT_FALSE(report.published);
  ASSERT_EQ(server.CountRequests(), 1u);
  EXPECT_EQ(server.requests()[0].path, "/metadata/timestamp.json");
}

TEST_F(ReplicaTest, FetchesOnlyChangedRolesAndDownloadsOnlyChangedTargets) {
  repository.DelegateSuccinct("targets", 3, "bin");
  const std::string bin = repository.BinNameOf("targets", kWheel);
  repository.AddTarget(bin, kWheel, "wheel");
  const std::string page = "simple/flit/index.html";
  const std::string page_bin = repository.BinNameOf("targets", page);
  repository.AddTarget(page_bin, page, "page");
  PublishUpstream();
  const tree::Home home = MakeHome();
  ServeRepository();
  ASSERT_THAT(Sync(home).outcome, IsOk());
  repository.AddTarget(page_bin, page, "other page");
  PublishUpstream();
  server.ForgetRequests();

  const report::RunReport report = Sync(home);

  ASSERT_THAT(report.outcome, IsOk());
  EXPECT_EQ(report.changed, 1u);
  EXPECT_EQ(report.added + report.removed, 0u);
  EXPECT_EQ(report.metadata_files, 1u);
  EXPECT_EQ(report.files_downloaded, 1u);
  EXPECT_EQ(ServedFile(home, page), "other page");
  EXPECT_EQ(server.CountRequests("/metadata/2." + page_bin + ".json"), 1u);
  for (const auto& request : server.requests()) {
    EXPECT_EQ(request.path.find("packages/"), std::string::npos)
        << request.path;
  }
}

TEST_F(ReplicaTest, RemovedTargetLeavesTheTreeAtOnceAndTheDiskLater) {
  repository.AddTarget("targets", kWheel, "wheel");
  repository.AddTarget("targets", "simple/index.html", "root");
  repository.AddTarget("targets", "simple/flit/index.html", "page");
  PublishUpstream();
  const tree::Home home = MakeHome();
  ServeRepository();
  ASSERT_THAT(Sync(home).outcome, IsOk());
  repository.RemoveTarget("targets", kWheel);
  repository.RemoveTarget("targets", "simple/flit/index.html");
  PublishUpstream();

  EXPECT_EQ(Sync(home).removed, 2u);
  EXPECT_FALSE(IsServed(home, "simple/flit/index.html"));
  EXPECT_TRUE(IsServed(home, kWheel));

  now += absl::Hours(8 * 24);
  repository.AddTarget("targets", "simple/new/index.html", "new");
  PublishUpstream();
  ASSERT_THAT(Sync(home).outcome, IsOk());
  EXPECT_FALSE(IsServed(home, kWheel));
}

TEST_F(ReplicaTest, SupersededMetadataStaysForTheGracePeriod) {
  repository.AddTarget("targets", kWheel, "wheel");
  PublishUpstream();
  const tree::Home home = MakeHome();
  ServeRepository();
  ASSERT_THAT(Sync(home).outcome, IsOk());
  repository.AddTarget("targets", "simple/a/index.html", "a");
  PublishUpstream();
  ASSERT_THAT(Sync(home).outcome, IsOk());
  EXPECT_TRUE(IsServed(home, "metadata/1.snapshot.json"));
  EXPECT_TRUE(IsServed(home, "metadata/1.targets.json"));

  now += absl::Hours(7);
  repository.AddTarget("targets", "simple/b/index.html", "b");
  PublishUpstream();
  ASSERT_THAT(Sync(home).outcome, IsOk());
  EXPECT_FALSE(IsServed(home, "metadata/1.snapshot.json"));
  EXPECT_FALSE(IsServed(home, "metadata/1.targets.json"));
  EXPECT_TRUE(IsServed(home, "metadata/2.snapshot.json"));
  EXPECT_TRUE(IsServed(home, "metadata/1.root.json"));
}

TEST_F(ReplicaTest, FollowsRootRotationAndServesTheWholeChain) {
  PublishUpstream();
  const tree::Home home = MakeHome();
  ServeRepository();
  ASSERT_THAT(Sync(home).outcome, IsOk());
  repository.RotateKey(tuf::TopLevelRole::kRoot);
  repository.PublishRoot();
  repository.RotateKey(tuf::TopLevelRole::kTimestamp);
  repository.PublishRoot();
  repository.AddTarget("targets", kWheel, "wheel");
  PublishUpstream();

  ASSERT_THAT(Sync(home).outcome, IsOk());

  for (const char* root : {"1", "2", "3"}) {
    EXPECT_TRUE(IsServed(home, std::string("metadata/") + root + ".root.json"))
        << root;
  }
}

TEST_F(ReplicaTest, ServesRootsOlderThanTheOnePinned) {
  repository.PublishRoot();
  repository.RotateKey(tuf::TopLevelRole::kRoot);
  repository.PublishRoot();
  PublishUpstream();
  const tree::Home home = MakeHome();  // pins the newest
  ServeRepository();

  ASSERT_THAT(Sync(home).outcome, IsOk());

  EXPECT_TRUE(IsServed(home, "metadata/1.root.json"));
}

TEST_F(ReplicaTest, MirrorsPlainNamesWithoutConsistentSnapshots) {
  repository.root.consistent_snapshot = false;
  repository.AddTarget("targets", kWheel, "wheel");
  PublishUpstream();
  const tree::Home home = MakeHome();
  ServeRepository();
  ASSERT_THAT(Sync(home).outcome, IsOk());
  EXPECT_EQ(ServedFile(home, kWheel), "wheel");
  EXPECT_TRUE(IsServed(home, "metadata/targets.json"));

  repository.AddTarget("targets", "simple/a/index.html", "a");
  PublishUpstream();
  ASSERT_THAT(Sync(home).outcome, IsOk());
  EXPECT_EQ(ServedFile(home, "simple/a/index.html"), "a");
}

TEST_F(ReplicaTest, ReplicaOfAReplicaOverFileUrls) {
  repository.Delegate("targets", "role", {"packages/*/*"});
  repository.AddTarget("role", kWheel, "wheel");
  PublishUpstream();
  const tree::Home first = MakeHome("first home");
  ServeRepository();
  ASSERT_THAT(Sync(first).outcome, IsOk());
  config.upstream.urls = {"file://" +
                          http::EncodeUrlPath(first.layout().live()) + "/"};
  const tree::Home second = MakeHome("sécond");

  ASSERT_THAT(Sync(second).outcome, IsOk());

  auto first_files = Served(first);
  auto second_files = Served(second);
  first_files.erase("status.json");
  second_files.erase("status.json");
  EXPECT_EQ(first_files, second_files);
}

TEST_F(ReplicaTest, DryRunPrintsThePlanAndChangesNothing) {
  repository.AddTarget("targets", kWheel, "wheel");
  PublishUpstream();
  const tree::Home home = MakeHome();
  ServeRepository();
  const auto before = Served(home);
  dry_run = true;

  ASSERT_THAT(Sync(home).outcome, IsOk());

  EXPECT_THAT(planned, UnorderedElementsAre(Pair("add", kWheel)));
  EXPECT_EQ(Served(home), before);
  EXPECT_FALSE(*fs::Stat(home.layout().upstream_trust() + "/timestamp.json"));
  EXPECT_FALSE(*fs::Stat(home.layout().dry_run()));
}

TEST_F(ReplicaTest, TargetsThatNoRoleIsAuthorisedForAreNotMirrored) {
  repository.Delegate("targets", "role", {"packages/*/*"});
  repository.AddTarget("role", kWheel, "wheel");
  repository.AddTarget("role", "simple/evil/index.html", "evil");
  PublishUpstream();
  const tree::Home home = MakeHome();
  ServeRepository();

  const report::RunReport report = Sync(home);

  EXPECT_EQ(report.added, 1u);
  EXPECT_FALSE(IsServed(home, "simple/evil/index.html"));
}

TEST_F(ReplicaTest, ShadowedTargetIsMirroredFromTheRoleReadersTrust) {
  repository.Delegate("targets", "first", {"packages/flit/*"},
                      testing::Terminating::kYes);
  repository.Delegate("targets", "second", {"packages/*/*"});
  repository.AddTarget("first", kWheel, "true");
  repository.AddTarget("second", kWheel, "shadowed");
  PublishUpstream();
  const tree::Home home = MakeHome();
  ServeRepository();

  ASSERT_THAT(Sync(home).outcome, IsOk());

  EXPECT_EQ(ServedFile(home, kWheel), "true");
}

TEST_F(ReplicaTest, SyncAfterRollbackGoesForwardWithoutDownloading) {
  repository.AddTarget("targets", kWheel, "wheel");
  PublishUpstream();
  const tree::Home home = MakeHome();
  ServeRepository();
  ASSERT_THAT(Sync(home).outcome, IsOk());
  repository.AddTarget("targets", "packages/b/b-1.tar.gz", "b");
  PublishUpstream();
  ASSERT_THAT(Sync(home).outcome, IsOk());
  ASSERT_THAT(tree::Publisher::Rollback(home), IsOk());

  const report::RunReport report = Sync(home);

  ASSERT_THAT(report.outcome, IsOk());
  EXPECT_TRUE(report.published);
  EXPECT_EQ(report.added, 1u);
  EXPECT_EQ(report.files_downloaded, 0u);
  EXPECT_EQ(ServedFile(home, "metadata/timestamp.json"),
            repository.files()["metadata/timestamp.json"]);
}

TEST_F(ReplicaTest, LostStateDoesNotLeaveRemovedTargetsBehind) {
  repository.AddTarget("targets", kWheel, "wheel");
  repository.AddTarget("targets", "simple/flit/index.html", "page");
  PublishUpstream();
  const tree::Home home = MakeHome();
  ServeRepository();
  ASSERT_THAT(Sync(home).outcome, IsOk());
  ASSERT_THAT(fs::Remove(home.layout().generation()), IsOk());
  repository.RemoveTarget("targets", "simple/flit/index.html");
  PublishUpstream();

  const report::RunReport report = Sync(home);

  ASSERT_THAT(report.outcome, IsOk());
  EXPECT_EQ(report.warnings.size(), 1u);
  EXPECT_FALSE(IsServed(home, "simple/flit/index.html"));
  EXPECT_EQ(ServedFile(home, kWheel), "wheel");
}

TEST_F(ReplicaTest, DamagedPublishedMetadataIsPutAnew) {
  repository.AddTarget("targets", kWheel, "wheel");
  PublishUpstream();
  const tree::Home home = MakeHome();
  ServeRepository();
  ASSERT_THAT(Sync(home).outcome, IsOk());
  directory.Write("home/" + LiveName(home) + "/metadata/1.targets.json", "?");
  repository.AddTarget("targets", "simple/a/index.html", "a");
  PublishUpstream();

  ASSERT_THAT(Sync(home).outcome, IsOk());
  EXPECT_EQ(ServedFile(home, "metadata/2.targets.json"),
            repository.files()["metadata/2.targets.json"]);
}

TEST_F(ReplicaTest, SwitchToConsistentSnapshotsPutsEveryNameAnew) {
  repository.root.consistent_snapshot = false;
  repository.Delegate("targets", "role", {"packages/*/*"});
  repository.AddTarget("role", kWheel, "wheel");
  repository.AddTarget("targets", "simple/flit/index.html", "page");
  PublishUpstream();
  const tree::Home home = MakeHome();
  ServeRepository();
  ASSERT_THAT(Sync(home).outcome, IsOk());
  repository.root.consistent_snapshot = true;
  repository.PublishRoot();
  repository.timestamp.expires += absl::Hours(1);
  PublishUpstream();
  repository.Write();
  ServeRepository();

  ASSERT_THAT(Sync(home).outcome, IsOk());

  EXPECT_TRUE(IsServed(home, "metadata/1.targets.json"));
  EXPECT_TRUE(IsServed(home, "metadata/1.role.json"));
  EXPECT_TRUE(IsServed(home, Prefixed("simple/flit/", "index.html", "page")));
}

TEST_F(ReplicaTest, RollbackAcrossRootRotationsLeavesNoGapInTheChain) {
  PublishUpstream();
  const tree::Home home = MakeHome();
  ServeRepository();
  ASSERT_THAT(Sync(home).outcome, IsOk());
  repository.RotateKey(tuf::TopLevelRole::kRoot);
  repository.PublishRoot();
  repository.RotateKey(tuf::TopLevelRole::kRoot);
  repository.PublishRoot();
  repository.AddTarget("targets", kWheel, "wheel");
  PublishUpstream();
  ASSERT_THAT(Sync(home).outcome, IsOk());
  ASSERT_THAT(tree::Publisher::Rollback(home), IsOk());

  ASSERT_THAT(Sync(home).outcome, IsOk());

  EXPECT_TRUE(IsServed(home, "metadata/2.root.json"));
  EXPECT_TRUE(IsServed(home, "metadata/3.root.json"));
}

TEST_F(ReplicaTest, OtherListedAlgorithmsAreNoOtherFile) {
  repository.AddTarget("targets", kWheel, "wheel");
  PublishUpstream();
  const tree::Home home = MakeHome();
  ServeRepository();
  ASSERT_THAT(Sync(home).outcome, IsOk());
  repository.targets.targets[0].content.digests.sha512 =
      crypto::Sha512Of("wheel");
  PublishUpstream();

  const report::RunReport report = Sync(home);

  ASSERT_THAT(report.outcome, IsOk());
  EXPECT_EQ(report.changed, 0u);
  EXPECT_TRUE(report.published);
}

TEST_F(ReplicaTest, ADeadMirrorDoesNotStopAGoodOne) {
  repository.AddTarget("targets", kWheel, "wheel");
  PublishUpstream();
  const tree::Home home = MakeHome();
  ServeRepository();
  config.upstream.urls.push_back("http://127.0.0.1:1/");
  EXPECT_THAT(Sync(home).outcome, IsOk());
  std::swap(config.upstream.urls[0], config.upstream.urls[1]);
  repository.AddTarget("targets", "simple/a/index.html", "a");
  PublishUpstream();
  EXPECT_THAT(Sync(home).outcome, IsOk());
}

TEST_F(ReplicaTest, ALyingMirrorAmongGoodOnesIsPassedOver) {
  repository.Delegate("targets", "role", {"packages/*/*"});
  repository.AddTarget("role", kWheel, "wheel");
  PublishUpstream();
  const tree::Home home = MakeHome();
  ServeRepository();
  testing::FaultServer liar;
  for (const auto& [path, bytes] : repository.files()) {
    liar.Serve("/" + path, "x" + bytes);
  }
  config.upstream.urls.insert(config.upstream.urls.begin(), liar.url() + "/");

  ASSERT_THAT(Sync(home).outcome, IsOk());
  EXPECT_EQ(ServedFile(home, kWheel), "wheel");
}

TEST_F(ReplicaTest, TimestampOfTheTrustedVersionIsNoNewsWhateverItsBytes) {
  repository.AddTarget("targets", kWheel, "wheel");
  PublishUpstream();
  const tree::Home home = MakeHome();
  ServeRepository();
  ASSERT_THAT(Sync(home).outcome, IsOk());
  const auto before = Served(home);
  repository.timestamp.expires += absl::Hours(1);
  server.Serve("/metadata/timestamp.json", repository.Raw("timestamp").bytes);

  const report::RunReport report = Sync(home);

  ASSERT_THAT(report.outcome, IsOk());
  EXPECT_FALSE(report.published);
  EXPECT_EQ(Served(home), before);
}

TEST_F(ReplicaTest, WhatARollbackBroughtBackIntoUseIsNotRemoved) {
  const std::string page = "simple/flit/index.html";
  repository.AddTarget("targets", page, "page");
  repository.AddTarget("targets", "simple/index.html", "root");
  PublishUpstream();
  const tree::Home home = MakeHome();
  ServeRepository();
  ASSERT_THAT(Sync(home).outcome, IsOk());
  repository.RemoveTarget("targets", page);
  PublishUpstream();
  ASSERT_THAT(Sync(home).outcome, IsOk());  // retires the prefixed name
  ASSERT_THAT(tree::Publisher::Rollback(home), IsOk());
  repository.AddTarget("targets", page, "page");
  PublishUpstream();
  now += absl::Hours(24);

  ASSERT_THAT(Sync(home).outcome, IsOk());

  EXPECT_TRUE(IsServed(home, Prefixed("simple/flit/", "index.html", "page")));
}

TEST_F(ReplicaTest, RunsWithoutTheStagingDirectoriesOfAKilledRun) {
  repository.AddTarget("targets", "simple/flit/index.html", "page");
  PublishUpstream();
  const tree::Home home = MakeHome();
  ServeRepository();
  ASSERT_THAT(fs::RemoveTree(home.layout().blobs()), IsOk());
  ASSERT_THAT(fs::RemoveTree(home.layout().staged_metadata()), IsOk());
  ASSERT_THAT(fs::RemoveTree(home.layout().partials()), IsOk());

  ASSERT_THAT(Sync(home).outcome, IsOk());
}

}  // namespace
}  // namespace tufmirror
