// Delta packs from origin to replica to the next replica: what they save, how
// they end, and that nothing depends on them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <string>

#include "fmt/format.h"
#include "support/fault_server.h"
#include "sync/origin_fixture.h"
#include "sync/replica_fixture.h"
#include "tufmirror/compress/delta_pack.h"
#include "tufmirror/compress/version_list.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/sync/run.h"
#include "tufmirror/sync/verify.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::testing {
namespace {

using UselessPacksTest = ReplicaTest;

TEST_F(UselessPacksTest, AreSoonAskedForNoMoreAndReported) {
  repository.DelegateSuccinct("targets", 7, "bin");
  PublishUpstream();
  const tree::Home home = MakeHome();
  ServeRepository();
  ASSERT_THAT(Sync(home).outcome, IsOk());
  for (auto& [name, role] : repository.delegated) ++role.version;
  PublishUpstream();
  size_t whole = 0;
  for (const auto& [path, bytes] : repository.files()) {
    if (!path.starts_with("metadata/2.")) continue;
    whole += bytes.size();
    std::string pack = path;
    pack.replace(0, pack.find('/'), "/deltas");
    pack.replace(pack.rfind('.'), std::string::npos, ".pack");
    // No longer than what it starts from, so that it is received.
    server.Serve(pack, std::string(bytes.size() / 2, 'x'));
  }
  server.ForgetRequests();

  const report::RunReport report = Sync(home);

  ASSERT_THAT(report.outcome, IsOk());
  size_t asked = 0;
  for (const RecordedRequest& request : server.requests()) {
    asked += request.path.starts_with("/deltas/") ? 1 : 0;
  }
  EXPECT_GE(asked, 9u);
  EXPECT_LE(asked, 40u);  // of 129: 9, and those that were under way
  EXPECT_LT(report.bytes_received, whole * 5 / 4 + 5000);
  EXPECT_THAT(report.warnings,
              ::testing::Contains(::testing::HasSubstr("delta packs")));
}

class DeltaTest : public OriginFixture {
 protected:
  void SetUp() override {
    // Few bins, each with enough in it to be worth a delta.
    init_.origin.bin_bits = 1;
    for (int i = 0; i < 24; ++i) AddSdist(fmt::format("p{}", i), "1.0");
    Init();
    RunCleanly();
    server_.ServeDirectory(home_->layout().live());
  }

  void Publish(int times = 1) {
    for (int i = 0; i < times; ++i) {
      now_ += absl::Minutes(1);
      AddSdist("p0", fmt::format("2.{}", releases_++));
      RunCleanly();
    }
  }

  tree::Home MakeReplica(const std::string& name) {
    auto home = tree::Home::Create(dir_.Join(name));
    EXPECT_THAT(home, IsOk());
    const tree::Layout& layout = home->layout();
    EXPECT_THAT(fs::MakeDirectories(layout.trust(), 0700), IsOk());
    EXPECT_THAT(fs::WriteFileAtomically(layout.trusted_root(),
                                        LiveFile("metadata/1.root.json"), 0600,
                                        fs::Durability::kNone),
                IsOk());
    return *std::move(home);
  }

  void Sync(const tree::Home& home, FaultServer& upstream) {
    upstream.ForgetRequests();
    sync::Config config;
    config.upstream.urls = {upstream.url() + "/"};
    config.upstream.transfer.retries = 0;
    config.brakes.min_free_space = 0;
    sync::RunOptions options;
    options.now = now_;
    const report::RunReport report = sync::RunSync(home, config, options);
    ASSERT_THAT(report.outcome, IsOk());
  }
  void Sync(const tree::Home& home) { Sync(home, server_); }

  // The live tree of `home` has the origin's metadata, and all of it verifies.
  void ExpectFollows(const tree::Home& home) {
    EXPECT_EQ(ReadWholeFile(home.layout().live() + "/metadata/timestamp.json"),
              LiveFile("metadata/timestamp.json"));
    sync::VerifyOptions options;
    options.depth = sync::VerifyDepth::kDeep;
    options.now = now_;
    const auto report = sync::VerifyHome(home, options);
    ASSERT_THAT(report, IsOk());
    EXPECT_TRUE(report->problems.empty());
    EXPECT_TRUE(report->orphans.empty());
  }

  // Requests for bins, whole and as packs. (A snapshot of two bins is smaller
  // than three links.)
  struct Asked {
    int whole = 0;
    int packs = 0;
  };
  static Asked AskedOf(const FaultServer& upstream) {
    Asked asked;
    for (const RecordedRequest& request : upstream.requests()) {
      if (request.path.find(".bin-") == std::string::npos) continue;
      ++(request.path.starts_with("/deltas/") ? asked.packs : asked.whole);
    }
    return asked;
  }

  std::set<std::string> PacksOf(const tree::Home& home) {
    std::set<std::string> names;
    const std::string directory = home.layout().live() + "/deltas";
    if (!std::filesystem::exists(directory)) return names;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
      names.insert(entry.path().filename().string());
    }
    return names;
  }

  FaultServer server_;
  int releases_ = 0;
};

TEST_F(DeltaTest, APublicationSaysHowToGetThere) {
  const int64_t before = TimestampVersion();
  const std::string old_snapshot =
      LiveFile(fmt::format("metadata/{}.snapshot.json", before));
  Publish();
  const int64_t after = TimestampVersion();
  const std::string bytes = LiveFile(tree::PackPath("snapshot", after));
  const auto pack = compress::DeltaPack::Parse(bytes);
  ASSERT_THAT(pack, IsOk());
  const auto rebuilt = pack->Rebuild(old_snapshot, 100'000);
  ASSERT_THAT(rebuilt, IsOk());
  EXPECT_EQ(*rebuilt,
            LiveFile(fmt::format("metadata/{}.snapshot.json", after)));
}

TEST_F(DeltaTest, AReplicaOneOrThreeBehindFetchesPacksAlone) {
  const tree::Home replica = MakeReplica("replica");
  Sync(replica);
  for (const int behind : {1, 3}) {
    Publish(behind);
    Sync(replica);
    EXPECT_EQ(AskedOf(server_).whole, 0) << behind;
    EXPECT_GE(AskedOf(server_).packs, 1) << behind;
    ExpectFollows(replica);
  }
}

TEST_F(DeltaTest, AReplicaFarBehindFetchesWholeFiles) {
  const tree::Home replica = MakeReplica("replica");
  Sync(replica);
  Publish(compress::kMaxPackLinks + 2);
  Sync(replica);
  EXPECT_GE(AskedOf(server_).whole, 1);
  ExpectFollows(replica);
}

TEST_F(DeltaTest, AReplicaMakesItsOwnPacksForTheNextTier) {
  const tree::Home replica = MakeReplica("replica");
  const tree::Home next = MakeReplica("next");
  FaultServer tier;
  tier.ServeDirectory(replica.layout().live());
  Sync(replica);
  Sync(next, tier);
  // The replica never had the versions between: its pack must skip them.
  Publish(3);
  Sync(replica);
  Sync(next, tier);
  EXPECT_EQ(AskedOf(tier).whole, 0);
  EXPECT_GE(AskedOf(tier).packs, 1);
  ExpectFollows(next);
}

TEST_F(DeltaTest, HostilePacksCostRequestsAndNothingElse) {
  const tree::Home replica = MakeReplica("replica");
  Sync(replica);
  const Fault kFaults[] = {Fault::WrongBytes(), Fault::Truncate(30),
                           Fault::Endless(), Fault::Status(500),
                           Fault::Oversize(3'000'000)};
  for (const Fault& fault : kFaults) {
    Publish();
    for (const std::string& pack : PacksOf(*home_)) {
      server_.Inject("/deltas/" + pack, fault, kEveryTime);
    }
    Sync(replica);
    EXPECT_GE(AskedOf(server_).whole, 1);
    ExpectFollows(replica);
  }
}

TEST_F(DeltaTest, AStrangersPackIsNeverServedOn) {
  const tree::Home replica = MakeReplica("replica");
  Sync(replica);
  Publish();
  for (const std::string& name : PacksOf(*home_)) {
    server_.Serve("/deltas/" + name, "a stranger's bytes");
  }
  Sync(replica);
  for (const std::string& name : PacksOf(replica)) {
    EXPECT_THAT(compress::DeltaPack::Parse(
                    ReadWholeFile(replica.layout().live() + "/deltas/" + name)),
                IsOk())
        << name;
  }
}

TEST_F(DeltaTest, PacksGoWithTheGraceOfWhatTheyLedTo) {
  Publish(3);
  const std::set<std::string> before = PacksOf(*home_);
  now_ += config_.publish.grace + absl::Hours(1);
  Publish(2);
  const std::set<std::string> after = PacksOf(*home_);
  for (const std::string& name : before) {
    if (name.find("snapshot") == std::string::npos) continue;
    const std::string path = "metadata/" + name.substr(0, name.size() - 5);
    EXPECT_EQ(after.contains(name), LiveHas(path + ".json")) << name;
  }
  EXPECT_FALSE(after.contains(*before.begin()));
  ExpectFollows(*home_);
}

TEST_F(DeltaTest, AfterARollbackNobodyIsLedAstray) {
  const tree::Home ahead = MakeReplica("ahead");
  const tree::Home behind = MakeReplica("behind");
  Sync(behind);
  Publish();
  Sync(ahead);
  ASSERT_THAT(tree::Publisher::Rollback(*home_), IsOk());
  Publish();
  Sync(ahead);
  ExpectFollows(ahead);
  Sync(behind);
  ExpectFollows(behind);
}

TEST_F(OriginFixture, ALargeSnapshotHasAListOfItsVersions) {
  init_.origin.bin_bits = 9;
  AddSdist("p", "1.0");
  Init();
  const std::string first =
      LiveFile(fmt::format("metadata/{}.snapshot.json", TimestampVersion()));
  RunCleanly();
  const int64_t version = TimestampVersion();
  const std::string list = LiveFile(tree::VersionListPath(version));
  const auto rebuilt = compress::ApplyVersionList(first, list, 100'000);
  ASSERT_THAT(rebuilt, IsOk());
  EXPECT_TRUE(*rebuilt ==
              LiveFile(fmt::format("metadata/{}.snapshot.json", version)));
  sync::VerifyOptions options;
  options.now = now_;
  const auto report = sync::VerifyHome(*home_, options);
  ASSERT_THAT(report, IsOk());
  EXPECT_TRUE(report->orphans.empty());

  now_ += config_.publish.grace + absl::Hours(1);
  for (const char* release : {"2.0", "3.0"}) {
    AddSdist("p", release);
    RunCleanly();
    now_ += config_.publish.grace + absl::Hours(1);
  }
  EXPECT_FALSE(LiveHas(tree::VersionListPath(version)));
}

TEST_F(DeltaTest, AnOriginThatIsToldToMakesNone) {
  config_.publish.deltas = false;
  const tree::Home replica = MakeReplica("replica");
  Sync(replica);
  Publish();
  EXPECT_FALSE(LiveHas(tree::PackPath("snapshot", TimestampVersion())));
  Sync(replica);
  ExpectFollows(replica);
}

}  // namespace
}  // namespace tufmirror::testing
