// Every kind of damage that verify finds is mended from upstream, and what
// cannot be mended stays as it was.
#include "tufmirror/sync/repair.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "support/status_matchers.h"
#include "sync/replica_fixture.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/tree/publisher.h"

namespace tufmirror {
namespace {

using testing::FailsWith;
using testing::Fault;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::kEveryTime;
using testing::ReplicaTest;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

constexpr char kWheel[] = "packages/flit/flit-1-py3-none-any.whl";
constexpr char kOtherWheel[] = "packages/b/b-1-py3-none-any.whl";
constexpr char kPage[] = "simple/flit/index.html";

std::string PrefixedName(const std::string& path, const std::string& content) {
  const size_t slash = path.rfind('/') + 1;
  return path.substr(0, slash) + crypto::Sha256Of(content).Hex() + "." +
         path.substr(slash);
}

class RepairTest : public ReplicaTest {
 protected:
  // One generation with two packages, a page and two bins.
  tree::Home PublishedHome() {
    repository.DelegateSuccinct("targets", 1, "bin");
    Add(kWheel, "wheel");
    Add(kOtherWheel, "other");
    Add(kPage, "page");
    PublishUpstream();
    tree::Home home = MakeHome();
    ServeRepository();
    EXPECT_THAT(Sync(home).outcome, IsOk());
    before = Served(home);
    server.ForgetRequests();
    return home;
  }
  void Add(const std::string& path, const std::string& content) {
    repository.AddTarget(repository.BinNameOf("targets", path), path, content);
  }

  sync::RepairReport Repair(const tree::Home& home) {
    sync::VerifyOptions options;
    options.depth = sync::VerifyDepth::kDeep;
    options.now = now;
    const auto report = sync::RepairHome(home, config, options);
    EXPECT_THAT(report, IsOk());
    return report.ok() ? *report : sync::RepairReport();
  }
  bool IsHealthy(const tree::Home& home) {
    sync::VerifyOptions options;
    options.depth = sync::VerifyDepth::kDeep;
    options.now = now;
    const auto report = sync::VerifyHome(home, options);
    return report.ok() && report->problems.empty() && report->orphans.empty();
  }
  // As the disk would: the same inode, length and time.
  static void FlipBit(const std::string& path) {
    struct stat info = {};
    const int fd = open(path.c_str(), O_RDWR);
    ASSERT_GE(fd, 0) << path;
    char byte = 0;
    EXPECT_EQ(fstat(fd, &info), 0);
    EXPECT_EQ(pread(fd, &byte, 1, info.st_size / 2), 1);
    byte ^= 1;
    EXPECT_EQ(pwrite(fd, &byte, 1, info.st_size / 2), 1);
    const timespec times[] = {info.st_atim, info.st_mtim};
    EXPECT_EQ(futimens(fd, times), 0);
    close(fd);
  }
  static std::string Live(const tree::Home& home, const std::string& path) {
    return home.layout().live() + "/" + path;
  }
  // All but the status of the generation.
  std::map<std::string, std::string> ServedTargetsAndMetadata(
      const tree::Home& home) {
    auto files = Served(home);
    files.erase("status.json");
    files.erase("last-modified");
    return files;
  }
  void ExpectServedAsBefore(const tree::Home& home) {
    before.erase("status.json");
    before.erase("last-modified");
    EXPECT_EQ(ServedTargetsAndMetadata(home), before);
  }
  uint64_t RequestsFor(std::string_view part) {
    uint64_t count = 0;
    for (const auto& request : server.requests()) {
      if (request.path.find(part) != std::string::npos) ++count;
    }
    return count;
  }
  std::map<std::string, std::string> before;
};

TEST_F(RepairTest, NothingHappensToAGoodHome) {
  const tree::Home home = PublishedHome();

  const sync::RepairReport report = Repair(home);

  EXPECT_THAT(report.repaired, IsEmpty());
  EXPECT_EQ(server.CountRequests(), 0u);
  EXPECT_EQ(Served(home), before);
  EXPECT_EQ(tree::Publisher::CurrentGeneration(home)->number, 1u);
}

TEST_F(RepairTest, FlippedBitInAPackageUnderBothItsNames) {
  const tree::Home home = PublishedHome();
  FlipBit(Live(home, kWheel));
  ASSERT_NE(ServedFile(home, kWheel), "wheel");

  const sync::RepairReport report = Repair(home);

  EXPECT_THAT(report.repaired, SizeIs(1));
  EXPECT_THAT(report.after.problems, IsEmpty());
  ExpectServedAsBefore(home);
  EXPECT_EQ(RequestsFor("packages/"), 1u);
  EXPECT_TRUE(IsHealthy(home));
}

TEST_F(RepairTest, FlippedBitInAPageDoesNotComeBackWithALaterGeneration) {
  const tree::Home home = PublishedHome();
  FlipBit(Live(home, kPage));

  EXPECT_THAT(Repair(home).repaired, SizeIs(1));
  ExpectServedAsBefore(home);

  for (const char* page : {"simple/a/index.html", "simple/b/index.html"}) {
    Add(page, "new");
    PublishUpstream();
    ASSERT_THAT(Sync(home).outcome, IsOk());
    EXPECT_TRUE(IsHealthy(home)) << page;
  }
}

TEST_F(RepairTest, FlippedBitInABin) {
  const tree::Home home = PublishedHome();
  const std::string bin =
      "metadata/1." + repository.BinNameOf("targets", kWheel) + ".json";
  FlipBit(Live(home, bin));

  const sync::RepairReport report = Repair(home);

  EXPECT_THAT(report.outcome, IsOk());
  EXPECT_THAT(report.repaired, SizeIs(1));
  ExpectServedAsBefore(home);
  EXPECT_EQ(RequestsFor("packages/") + RequestsFor("simple/"), 0u);
  EXPECT_TRUE(IsHealthy(home));
}

TEST_F(RepairTest, DamagedTopLevelMetadata) {
  for (const char* file :
       {"metadata/1.root.json", "metadata/timestamp.json",
        "metadata/1.snapshot.json", "metadata/1.targets.json", "status.json"}) {
    repository = testing::RepositoryFixture();
    repository.targets_prefix = "";
    repository.DelegateSuccinct("targets", 1, "bin");
    Add(kWheel, "wheel");
    PublishUpstream();
    std::string name = file;
    for (char& c : name) c = c == '/' ? '-' : c;
    const tree::Home home = MakeHome(name);
    ServeRepository();
    ASSERT_THAT(Sync(home).outcome, IsOk());
    before = Served(home);
    // The status is not signed: not every bit of it tells.
    if (name == "status.json") {
      ASSERT_EQ(truncate(Live(home, file).c_str(), 5), 0);
    }
    FlipBit(Live(home, file));

    EXPECT_THAT(Repair(home).outcome, IsOk()) << file;

    ExpectServedAsBefore(home);
    EXPECT_TRUE(IsHealthy(home)) << file;
  }
}

TEST_F(RepairTest, MissingAndTruncatedFiles) {
  const tree::Home home = PublishedHome();
  ASSERT_THAT(fs::Remove(Live(home, kWheel)), IsOk());
  ASSERT_THAT(fs::Remove(Live(home, PrefixedName(kWheel, "wheel"))), IsOk());
  ASSERT_EQ(truncate(Live(home, kOtherWheel).c_str(), 2), 0);
  ASSERT_EQ(truncate(Live(home, kPage).c_str(), 0), 0);

  const sync::RepairReport report = Repair(home);

  EXPECT_THAT(report.repaired, SizeIs(6));
  ExpectServedAsBefore(home);
  EXPECT_TRUE(IsHealthy(home));
}

TEST_F(RepairTest, WhatIsGoodUnderOneNameIsNotDownloaded) {
  const tree::Home home = PublishedHome();
  ASSERT_THAT(fs::Remove(Live(home, kWheel)), IsOk());
  ASSERT_THAT(fs::Remove(Live(home, PrefixedName(kOtherWheel, "other"))),
              IsOk());
  ASSERT_THAT(fs::Remove(Live(home, kPage)), IsOk());

  EXPECT_THAT(Repair(home).repaired, SizeIs(3));

  ExpectServedAsBefore(home);
  EXPECT_EQ(RequestsFor("packages/") + RequestsFor("simple/"), 0u);
  EXPECT_TRUE(IsHealthy(home));
}

TEST_F(RepairTest, WhatNothingRefersToIsRemoved) {
  const tree::Home home = PublishedHome();
  directory.Write("home/packages/stray/stray-1.whl", "x");
  directory.Write("home/" + LiveName(home) + "/simple/stray/index.html", "x");
  directory.Write("home/" + LiveName(home) + "/metadata/7.stray.json", "x");

  const sync::RepairReport report = Repair(home);

  EXPECT_THAT(report.removed, UnorderedElementsAre("packages/stray/stray-1.whl",
                                                   "simple/stray/index.html",
                                                   "metadata/7.stray.json"));
  ExpectServedAsBefore(home);
  EXPECT_FALSE(*fs::Stat(home.layout().packages() + "/stray"));
}

TEST_F(RepairTest, StraysAreRemovedAlsoWhereMetadataHidThem) {
  const tree::Home home = PublishedHome();
  directory.Write("home/packages/stray/stray-1.whl", "x");
  FlipBit(Live(home, "metadata/timestamp.json"));

  EXPECT_THAT(Repair(home).removed,
              UnorderedElementsAre("packages/stray/stray-1.whl"));
  ExpectServedAsBefore(home);
}

TEST_F(RepairTest, NothingIsRemovedBeforeItsReplacementIsThere) {
  const tree::Home home = PublishedHome();
  FlipBit(Live(home, kWheel));
  FlipBit(Live(home, kOtherWheel));
  FlipBit(Live(home, kPage));
  const std::string damaged = ServedFile(home, kWheel);
  for (const std::string& path :
       {std::string(kWheel), PrefixedName(kWheel, "wheel")}) {
    server.Inject("/" + path, Fault::Status(404), kEveryTime);
  }

  const sync::RepairReport report = Repair(home);

  EXPECT_THAT(report.outcome, IsOk());
  EXPECT_EQ(ServedFile(home, kWheel), damaged);
  EXPECT_EQ(ServedFile(home, kOtherWheel), "other");
  EXPECT_EQ(ServedFile(home, kPage), "page");
  ASSERT_THAT(report.failed, SizeIs(1));
  EXPECT_EQ(report.failed[0].object, kWheel);
  ASSERT_THAT(report.after.problems, SizeIs(1));
  EXPECT_THAT(sync::ToText(report), HasSubstr("not repaired: "));
  EXPECT_THAT(sync::ToJson(report), HasSubstr("\"failure\":\"not found\""));
}

TEST_F(RepairTest, UpstreamThatIsAwayLeavesEverythingAsItIs) {
  const tree::Home home = PublishedHome();
  FlipBit(Live(home, kWheel));
  before = Served(home);
  server.Inject("/metadata/timestamp.json", Fault::Status(503), kEveryTime);

  const sync::RepairReport report = Repair(home);

  EXPECT_THAT(report.outcome, FailsWith(Failure::kHttpStatus));
  EXPECT_THAT(report.after.problems, SizeIs(1));
  EXPECT_EQ(Served(home), before);
}

TEST_F(RepairTest, UpstreamThatLiesIsRefused) {
  const tree::Home home = PublishedHome();
  FlipBit(Live(home, kPage));
  before = Served(home);
  for (const std::string& path :
       {std::string(kPage), PrefixedName(kPage, "page")}) {
    server.Inject("/" + path, Fault::WrongBytes(), kEveryTime);
  }

  const sync::RepairReport report = Repair(home);

  ASSERT_FALSE(report.failed.empty());
  EXPECT_THAT(report.failed[0].reason, FailsWith(Failure::kDigest));
  EXPECT_EQ(Served(home), before);
}

TEST_F(RepairTest, WhatUpstreamChangedMeanwhileIsTakenAsItIsNow) {
  const tree::Home home = PublishedHome();
  FlipBit(Live(home, kPage));
  Add(kPage, "new page");
  Add("simple/index.html", "root");
  PublishUpstream();

  EXPECT_THAT(Repair(home).after.problems, IsEmpty());
  EXPECT_EQ(ServedFile(home, kPage), "new page");
  EXPECT_EQ(ServedFile(home, "simple/index.html"), "root");
  EXPECT_TRUE(IsHealthy(home));
}

TEST_F(RepairTest, PagesWithoutConsistentSnapshots) {
  repository.root.consistent_snapshot = false;
  const tree::Home home = PublishedHome();
  FlipBit(Live(home, kPage));
  FlipBit(Live(home, kWheel));

  EXPECT_THAT(Repair(home).after.problems, IsEmpty());
  ExpectServedAsBefore(home);
}

TEST_F(RepairTest, HomeWithoutAGenerationSaysWhatToDo) {
  const tree::Home home = MakeHome();
  sync::VerifyOptions options;
  options.now = now;
  EXPECT_THAT(sync::RepairHome(home, config, options),
              FailsWith(Failure::kUsage, "run tufmirror sync"));
}

}  // namespace
}  // namespace tufmirror
