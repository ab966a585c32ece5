// What a run makes of the damage of a disk, and of runs that failed before it.
#include <gtest/gtest.h>

#include <string>

#include "support/status_matchers.h"
#include "sync/replica_fixture.h"
#include "tufmirror/crypto/hash.h"

namespace tufmirror {
namespace {

using testing::FailsWith;
using testing::IsOk;
using testing::ReplicaTest;

constexpr char kWheel[] = "packages/flit/flit-1-py3-none-any.whl";

std::string Prefixed(const std::string& directory, const std::string& name,
                     const std::string& content) {
  return directory + crypto::Sha256Of(content).Hex() + "." + name;
}

// A bin of the live tree that the next run compares with upstream's.
class DamagedBinTest : public ReplicaTest {
 protected:
  tree::Home PublishedHome() {
    repository.DelegateSuccinct("targets", 1, "bin");
    for (int i = 0; i < 8; ++i) {
      const std::string path = "packages/p/p-" + std::to_string(i) + ".tar.gz";
      repository.AddTarget(repository.BinNameOf("targets", path), path, path);
    }
    const std::string page = "simple/p/index.html";
    bin = repository.BinNameOf("targets", page);
    repository.AddTarget(bin, page, "page");
    PublishUpstream();
    tree::Home home = MakeHome();
    ServeRepository();
    EXPECT_THAT(Sync(home).outcome, IsOk());
    repository.AddTarget(bin, page, "new page");
    PublishUpstream();
    server.ForgetRequests();
    return home;
  }
  std::string LivePath(const tree::Home& home, const std::string& path) {
    return "home/" + LiveName(home) + "/" + path;
  }
  uint64_t PackageRequests() {
    uint64_t count = 0;
    for (const auto& request : server.requests()) {
      if (request.path.find("packages/") != std::string::npos) ++count;
    }
    return count;
  }
  std::string bin;
};

TEST_F(DamagedBinTest, IsNoReasonToFailForEver) {
  const tree::Home home = PublishedHome();
  directory.Write(LivePath(home, "metadata/1." + bin + ".json"), "{}");

  const report::RunReport report = Sync(home);

  ASSERT_THAT(report.outcome, IsOk());
  EXPECT_EQ(report.warnings.size(), 1u);
  EXPECT_EQ(report.targets, 9u);
  EXPECT_EQ(ServedFile(home, "simple/p/index.html"), "new page");
  EXPECT_EQ(PackageRequests(), 0u);
}

TEST_F(DamagedBinTest, OrAMissingOne) {
  const tree::Home home = PublishedHome();
  ASSERT_THAT(fs::Remove(home.layout().live() + "/metadata/1." + bin + ".json"),
              IsOk());

  ASSERT_THAT(Sync(home).outcome, IsOk());
  EXPECT_EQ(ServedFile(home, "simple/p/index.html"), "new page");
}

TEST_F(DamagedBinTest, RebuildingIsHeldByTheRemovalBrakeToo) {
  const tree::Home home = PublishedHome();
  directory.Write(LivePath(home, "metadata/1." + bin + ".json"), "{}");
  const auto before = Served(home);
  for (auto& [name, role] : repository.delegated) role.targets.clear();
  PublishUpstream();

  EXPECT_THAT(Sync(home).outcome, FailsWith(Failure::kBrake, "9 of 9 targets"));
  EXPECT_EQ(Served(home), before);
}

// A run that accepted the wheel and then failed over another file.
class LeftoverTest : public ReplicaTest {
 protected:
  tree::Home HomeAfterAFailedRun() {
    repository.AddTarget("targets", "packages/a/a-1.tar.gz", "a");
    PublishUpstream();
    tree::Home home = MakeHome();
    ServeRepository();
    EXPECT_THAT(Sync(home).outcome, IsOk());
    repository.AddTarget("targets", kWheel, "wheel");
    repository.AddTarget("targets", "simple/flit/index.html", "page");
    PublishUpstream();
    for (const auto& [path, bytes] : repository.files()) {
      if (path.ends_with("index.html")) {
        server.Inject("/" + path, testing::Fault::Status(404),
                      testing::kEveryTime);
      }
    }
    EXPECT_THAT(Sync(home).outcome, FailsWith(Failure::kNotFound));
    EXPECT_EQ(ServedFile(home, kWheel), "wheel");
    server.ClearFaults();
    return home;
  }
};

TEST_F(LeftoverTest, PackageThatUpstreamWithdrewIsRemoved) {
  const tree::Home home = HomeAfterAFailedRun();
  dry_run = true;
  EXPECT_THAT(Sync(home).outcome, IsOk());
  dry_run = false;
  repository.RemoveTarget("targets", kWheel);
  PublishUpstream();

  ASSERT_THAT(Sync(home).outcome, IsOk());

  EXPECT_FALSE(*fs::Stat(home.layout().packages() + "/flit"));
  EXPECT_EQ(ServedFile(home, "packages/a/a-1.tar.gz"), "a");
}

TEST_F(LeftoverTest, PackageThatIsStillWantedIsNotDownloadedAgain) {
  const tree::Home home = HomeAfterAFailedRun();
  server.ForgetRequests();

  const report::RunReport report = Sync(home);

  ASSERT_THAT(report.outcome, IsOk());
  EXPECT_EQ(report.files_downloaded, 1u);  // the page
  EXPECT_EQ(ServedFile(home, kWheel), "wheel");
}

TEST_F(LeftoverTest, PackageThatWasNeverPublishedMayStillChange) {
  const tree::Home home = HomeAfterAFailedRun();
  repository.AddTarget("targets", kWheel, "better wheel");
  PublishUpstream();

  ASSERT_THAT(Sync(home).outcome, IsOk());

  EXPECT_EQ(ServedFile(home, kWheel), "better wheel");
  EXPECT_FALSE(IsServed(
      home, Prefixed("packages/flit/", "flit-1-py3-none-any.whl", "wheel")));
}

TEST_F(LeftoverTest, WhatWasPublishedBeforeIsNotTakenForALeftover) {
  const tree::Home home = HomeAfterAFailedRun();
  ASSERT_THAT(Sync(home).outcome, IsOk());
  // As if the run had been killed after its publication.
  directory.Write("home/staging/plan",
                  "add 5:" + crypto::Sha256Of("wheel").Hex() + ":- 0:-:- " +
                      kWheel + "\nadd 5");
  repository.RemoveTarget("targets", kWheel);
  PublishUpstream();

  ASSERT_THAT(Sync(home).outcome, IsOk());
  EXPECT_EQ(ServedFile(home, kWheel), "wheel");
  repository.AddTarget("targets", "simple/index.html", "root");
  PublishUpstream();
  directory.Write(
      "home/staging/plan",
      "add 5:" + crypto::Sha256Of("wheel").Hex() + ":- 0:-:- " + kWheel + "\n");
  ASSERT_THAT(Sync(home).outcome, IsOk());
  EXPECT_EQ(ServedFile(home, kWheel), "wheel");  // kept for a while
}

}  // namespace
}  // namespace tufmirror
