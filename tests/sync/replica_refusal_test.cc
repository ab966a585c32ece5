// What a replica refuses, and that the published tree stays as it was.
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "support/status_matchers.h"
#include "sync/replica_fixture.h"
#include "tufmirror/sync/verify.h"

namespace tufmirror {
namespace {

using testing::FailsWith;
using testing::Fault;
using testing::IsOk;
using testing::kEveryTime;
using testing::ReplicaTest;
using testing::RepositoryFixture;

constexpr char kWheel[] = "packages/flit/flit-1-py3-none-any.whl";

// Another target's second name.
constexpr char kDigestPrefixedTarget[] =
    "simple/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    ".index.html";

class ReplicaRefusalTest : public ReplicaTest {
 protected:
  // A home with one generation, and a second one upstream that adds `path`.
  tree::Home HomeBefore(const std::string& path, const std::string& content) {
    repository.AddTarget("targets", kWheel, "wheel");
    PublishUpstream();
    tree::Home home = MakeHome();
    ServeRepository();
    EXPECT_THAT(Sync(home).outcome, IsOk());
    before = Served(home);
    repository.AddTarget("targets", path, content);
    PublishUpstream();
    return home;
  }
  std::string ServerPath(const std::string& path) {
    for (const auto& [name, bytes] : repository.files()) {
      if (name.ends_with(path)) return "/" + name;
    }
    return "";
  }
  std::map<std::string, std::string> before;
};

TEST_F(ReplicaRefusalTest, WrongBytesAreNeverServed) {
  const tree::Home home = HomeBefore("simple/a/index.html", "page");
  for (const auto& [path, bytes] : repository.files()) {
    if (path.find("index.html") != std::string::npos) {
      server.Inject("/" + path, Fault::WrongBytes(), kEveryTime);
    }
  }

  const report::RunReport report = Sync(home);

  EXPECT_THAT(report.outcome, FailsWith(Failure::kDigest));
  EXPECT_EQ(report::ExitCodeOf(report), 5);
  EXPECT_EQ(Served(home), before);
}

TEST_F(ReplicaRefusalTest, MissingFileFailsTheRunButNotTheOtherDownloads) {
  const tree::Home home = HomeBefore("packages/b/b-1.tar.gz", "b");
  repository.AddTarget("targets", "packages/c/c-1.tar.gz", "c");
  PublishUpstream();
  for (const auto& [path, bytes] : repository.files()) {
    if (path.ends_with("b-1.tar.gz")) {
      server.Inject("/" + path, Fault::Status(404), kEveryTime);
    }
  }
  const report::RunReport failed = Sync(home);
  EXPECT_THAT(failed.outcome, FailsWith(Failure::kNotFound, "1 of 2 files"));
  EXPECT_EQ(report::ExitCodeOf(failed), 1);
  EXPECT_EQ(ServedFile(home, "metadata/timestamp.json"),
            before["metadata/timestamp.json"]);

  server.ClearFaults();
  const report::RunReport healed = Sync(home);

  EXPECT_THAT(healed.outcome, IsOk());
  EXPECT_EQ(healed.files_downloaded, 1u);
  EXPECT_TRUE(healed.published);
}

TEST_F(ReplicaRefusalTest, ReplacedPackage) {
  const tree::Home home = HomeBefore(kWheel, "trojan");

  const report::RunReport report = Sync(home);

  EXPECT_THAT(report.outcome, FailsWith(Failure::kReplacedFile, kWheel));
  EXPECT_EQ(report::ExitCodeOf(report), 5);
  EXPECT_EQ(Served(home), before);
}

TEST_F(ReplicaRefusalTest, TimestampRollback) {
  const tree::Home home = HomeBefore("simple/a/index.html", "page");
  const std::string first = ServedFile(home, "metadata/timestamp.json");
  ASSERT_THAT(Sync(home).outcome, IsOk());
  before = Served(home);
  server.Serve("/metadata/timestamp.json", first);

  const report::RunReport report = Sync(home);

  EXPECT_THAT(report.outcome, FailsWith(Failure::kRollback, "timestamp"));
  EXPECT_EQ(report::ExitCodeOf(report), 5);
  EXPECT_EQ(Served(home), before);
}

TEST_F(ReplicaRefusalTest, ReplayOfThePublishedTimestampAfterAFailedRun) {
  const tree::Home home = HomeBefore("packages/b/b-1.tar.gz", "b");
  for (const auto& [path, bytes] : repository.files()) {
    if (path.ends_with("b-1.tar.gz")) {
      server.Inject("/" + path, Fault::Status(404), kEveryTime);
    }
  }
  ASSERT_THAT(Sync(home).outcome, FailsWith(Failure::kNotFound));
  server.Serve("/metadata/timestamp.json", before["metadata/timestamp.json"]);

  EXPECT_THAT(Sync(home).outcome, FailsWith(Failure::kRollback, "timestamp"));
}

TEST_F(ReplicaRefusalTest, LengthsThatOverflowAreNoFreeSpace) {
  const tree::Home home = HomeBefore("packages/b/b-1.tar.gz", "b");
  for (const char* path : {"packages/c/c-1.tar.gz", "packages/d/d-1.tar.gz"}) {
    repository.AddTarget("targets", path, path);
  }
  for (auto& target : repository.targets.targets) {
    if (target.path != kWheel) {
      target.content.length = std::numeric_limits<int64_t>::max();
    }
  }
  PublishUpstream();

  EXPECT_THAT(Sync(home).outcome, FailsWith(Failure::kBrake));
}

TEST_F(ReplicaRefusalTest, DigestThatCannotBeChecked) {
  const tree::Home home = HomeBefore("packages/b/b-1.tar.gz", "b");
  server.Serve("/metadata/3.targets.json", "");
  repository.targets.version = 3;
  repository.UpdateSnapshotMeta();
  repository.snapshot.version = 3;
  repository.UpdateTimestampMeta();
  repository.timestamp.version = 3;
  for (const char* role : {"snapshot", "timestamp"}) {
    const std::string name =
        std::string(role) == "snapshot" ? "3.snapshot" : "timestamp";
    server.Serve("/metadata/" + name + ".json", repository.Raw(role).bytes);
  }
  server.Serve("/metadata/3.targets.json",
               repository
                   .RawEdited("targets", "\"hashes\":{",
                              "\"hashes\":{\"blake9\":\"00\",")
                   .bytes);

  EXPECT_THAT(Sync(home).outcome, FailsWith(Failure::kUnsupported, "blake9"));
}

TEST_F(ReplicaRefusalTest, IndefiniteFreeze) {
  const tree::Home home = HomeBefore("simple/a/index.html", "page");
  ASSERT_THAT(Sync(home).outcome, IsOk());
  before = Served(home);
  now += absl::Hours(31 * 24);

  const report::RunReport report = Sync(home);

  EXPECT_THAT(report.outcome, FailsWith(Failure::kExpired));
  EXPECT_EQ(report::ExitCodeOf(report), 5);
  EXPECT_EQ(Served(home), before);
}

// Timestamp and bytes are the same as ever, and readers refuse the mirror.
class StaleMirrorTest : public ReplicaTest {
 protected:
  tree::Home PublishedHome() {
    repository.Delegate("targets", "short", {"packages/short/*"});
    repository.Delegate("targets", "role", {"packages/*/*"});
    repository.AddTarget("role", kWheel, "wheel");
    repository.delegated["short"].expires = now + absl::Hours(24);
    PublishUpstream();
    tree::Home home = MakeHome();
    ServeRepository();
    EXPECT_THAT(Sync(home).outcome, IsOk());
    return home;
  }
};

TEST_F(StaleMirrorTest, RoleThatExpiredWithoutAnyNews) {
  const tree::Home home = PublishedHome();
  now += absl::Hours(23);
  EXPECT_THAT(Sync(home).outcome, IsOk());
  now += absl::Hours(2);

  const report::RunReport report = Sync(home);

  EXPECT_THAT(report.outcome, FailsWith(Failure::kExpired, "'short'"));
  EXPECT_THAT(report.outcome,
              FailsWith(Failure::kExpired, "readers refuse it"));
  EXPECT_EQ(report::ExitCodeOf(report), 5);
}

TEST_F(StaleMirrorTest, RoleThatExpiredWhileOthersChange) {
  const tree::Home home = PublishedHome();
  for (int hours : {1, 2}) {
    repository.AddTarget("role", kWheel + std::to_string(hours), "new");
    PublishUpstream();
    server.ForgetRequests();
    ASSERT_THAT(Sync(home).outcome, IsOk());
    EXPECT_EQ(server.CountRequests("/metadata/1.short.json"), 0u);
  }
  now += absl::Hours(25);
  EXPECT_THAT(Sync(home).outcome, FailsWith(Failure::kExpired, "'short'"));

  repository.AddTarget("role", "packages/new/new-1.tar.gz", "new");
  PublishUpstream();
  EXPECT_THAT(Sync(home).outcome, FailsWith(Failure::kExpired, "'short'"));

  repository.delegated["short"].expires = now + absl::Hours(24);
  PublishUpstream();
  EXPECT_THAT(Sync(home).outcome, IsOk());
}

TEST_F(StaleMirrorTest, SnapshotThatExpiredWithoutAnyNews) {
  repository.snapshot.expires = now + absl::Hours(1);
  const tree::Home home = PublishedHome();
  now += absl::Hours(2);

  EXPECT_THAT(Sync(home).outcome, FailsWith(Failure::kExpired, "snapshot"));
}

TEST_F(StaleMirrorTest, LostNotesOfExpiriesAreMadeAnew) {
  const tree::Home home = PublishedHome();
  ASSERT_THAT(fs::Remove(home.layout().role_expiries()), IsOk());
  repository.AddTarget("role", "packages/new/new-1.tar.gz", "new");
  PublishUpstream();
  ASSERT_THAT(Sync(home).outcome, IsOk());
  now += absl::Hours(25);

  EXPECT_THAT(Sync(home).outcome, FailsWith(Failure::kExpired, "'short'"));
}

TEST_F(ReplicaRefusalTest, ClockFarOffIsSaidToBe) {
  const tree::Home home = HomeBefore("simple/a/index.html", "page");

  now += absl::Hours(24 * 365 * 20);
  EXPECT_THAT(Sync(home).outcome,
              FailsWith(Failure::kExpired, "check this machine's clock"));

  now = RepositoryFixture::now() - absl::Hours(24 * 365);
  server.Serve("/metadata/timestamp.json", "not metadata");
  EXPECT_THAT(Sync(home).outcome,
              FailsWith(Failure::kMalformed, "last publication is later"));
}

// As long as a target path may be, and too long below any home.
std::string LongPath() {
  std::string path = "packages";
  while (path.size() < 3900) path += "/" + std::string(100, 'x');
  return path + "/" + std::string(4020 - path.size(), 'x');
}

TEST_F(ReplicaRefusalTest, UnsafeTargetPathsAreLeftOutAndTheRestIsServed) {
  for (const std::string& path :
       {std::string("../escape"), std::string("/etc/passwd"),
        std::string("a/../../b"), std::string("metadata/1.root.json"),
        std::string("a\\b"), std::string("status.json"),
        std::string("simple/a\nb/index.html"), std::string(191, 'n'),
        std::string(kDigestPrefixedTarget), LongPath()}) {
    RepositoryFixture fresh;
    fresh.targets_prefix = "";
    repository = std::move(fresh);
    repository.AddTarget("targets", path, "x");
    repository.AddTarget("targets", kWheel, "wheel");
    PublishUpstream();
    const tree::Home home =
        MakeHome("home" + std::to_string(std::hash<std::string>()(path)));
    ServeRepository();
    server.ForgetRequests();

    const report::RunReport report = Sync(home);

    ASSERT_THAT(report.outcome, IsOk()) << path;
    EXPECT_EQ(report::ExitCodeOf(report), 3) << path;
    ASSERT_EQ(report.problems.size(), 1u);
    EXPECT_EQ(report.problems[0].object, path);
    EXPECT_THAT(report.problems[0].reason,
                FailsWith(Failure::kUnsafePath, "listed by role 'targets'"));
    EXPECT_EQ(report.targets, 1u);
    EXPECT_EQ(ServedFile(home, kWheel), "wheel");
    EXPECT_EQ(server.CountRequests(), 5u) << path;  // metadata and the wheel
  }
}

TEST_F(ReplicaRefusalTest, UnsafeTargetPathsComeAndGoWithoutBeingCounted) {
  const tree::Home home = HomeBefore("../escape", "x");
  EXPECT_EQ(report::ExitCodeOf(Sync(home)), 3);
  repository.AddTarget("targets", "../escape", "y");
  PublishUpstream();
  EXPECT_EQ(report::ExitCodeOf(Sync(home)), 3);
  sync::VerifyOptions options;
  options.now = now;
  const auto verified = sync::VerifyHome(home, options);
  ASSERT_THAT(verified, IsOk());
  EXPECT_TRUE(verified->problems.empty());
  ASSERT_EQ(verified->held_back.size(), 1u);
  EXPECT_EQ(verified->held_back[0].object, "../escape");

  repository.RemoveTarget("targets", "../escape");
  PublishUpstream();
  const report::RunReport report = Sync(home);
  EXPECT_EQ(report::ExitCodeOf(report), 0);
  EXPECT_EQ(report.targets, 1u);
  EXPECT_EQ(report.removed, 0u);
}

TEST_F(ReplicaRefusalTest, RoleThatTheSnapshotLacksIsReportedAndPassedOver) {
  repository.Delegate("targets", "absent", {"packages/absent/*"});
  repository.Delegate("targets", "role", {"packages/*/*"});
  repository.AddTarget("role", kWheel, "wheel");
  repository.AddTarget("role", "packages/absent/a-1.tar.gz", "hidden");
  PublishUpstream();
  // The snapshot forgets the role, under the same version.
  auto& meta = repository.snapshot.meta;
  std::erase_if(meta, [](const auto& role) { return role.first == "absent"; });
  repository.UpdateTimestampMeta();
  server.Serve("/metadata/1.snapshot.json", repository.Raw("snapshot").bytes);
  server.Serve("/metadata/timestamp.json", repository.Raw("timestamp").bytes);
  const tree::Home home = MakeHome();
  server.Serve("/metadata/1.root.json", repository.Raw("root").bytes);

  const report::RunReport report = Sync(home);

  ASSERT_THAT(report.outcome, IsOk());
  EXPECT_EQ(report::ExitCodeOf(report), 3);
  ASSERT_EQ(report.problems.size(), 1u);
  EXPECT_THAT(report.problems[0].reason,
              FailsWith(Failure::kNotFound, "the snapshot does not list it"));
  EXPECT_EQ(ServedFile(home, kWheel), "wheel");
  EXPECT_FALSE(IsServed(home, "packages/absent/a-1.tar.gz"));
  sync::VerifyOptions options;
  options.now = now;
  const auto verified = sync::VerifyHome(home, options);
  ASSERT_THAT(verified, IsOk());
  EXPECT_TRUE(verified->problems.empty());
  EXPECT_EQ(verified->held_back.size(), 1u);
}

TEST_F(ReplicaRefusalTest, MassRemovalIsABrake) {
  for (int i = 0; i < 30; ++i) {
    repository.AddTarget("targets", "packages/p/p-" + std::to_string(i), "x");
  }
  PublishUpstream();
  const tree::Home home = MakeHome();
  ServeRepository();
  ASSERT_THAT(Sync(home).outcome, IsOk());
  before = Served(home);
  for (int i = 0; i < 20; ++i) {
    repository.RemoveTarget("targets", "packages/p/p-" + std::to_string(i));
  }
  PublishUpstream();

  const report::RunReport report = Sync(home);

  EXPECT_THAT(report.outcome, FailsWith(Failure::kBrake, "20 of 30 targets"));
  EXPECT_EQ(report::ExitCodeOf(report), 6);
  EXPECT_EQ(Served(home), before);
  config.brakes.max_removals = 1;
  EXPECT_THAT(Sync(home).outcome, IsOk());
}

TEST_F(ReplicaRefusalTest, TooLittleSpaceIsABrakeBeforeAnyDownload) {
  const tree::Home home = HomeBefore("packages/b/b-1.tar.gz", "b");
  config.brakes.min_free_space = uint64_t{1} << 60;
  server.ForgetRequests();

  const report::RunReport report = Sync(home);

  EXPECT_THAT(report.outcome, FailsWith(Failure::kBrake, "min_free_space"));
  EXPECT_EQ(report::ExitCodeOf(report), 6);
  for (const auto& request : server.requests()) {
    EXPECT_EQ(request.path.find("packages"), std::string::npos);
  }
}

TEST_F(ReplicaRefusalTest, SecondRunSaysWhoHoldsTheLock) {
  const tree::Home home = HomeBefore("packages/b/b-1.tar.gz", "b");
  const auto held = home.Lock("sync");
  ASSERT_THAT(held, IsOk());

  const report::RunReport report = Sync(home);

  EXPECT_THAT(report.outcome,
              FailsWith(Failure::kLocked, std::to_string(getpid())));
  EXPECT_EQ(report::ExitCodeOf(report), 4);
}

TEST_F(ReplicaRefusalTest, CaptivePortalsPageIsNotMetadata) {
  const tree::Home home = HomeBefore("packages/b/b-1.tar.gz", "b");
  server.Serve("/metadata/timestamp.json", "<html>Please log in</html>",
               "text/html");

  const report::RunReport report = Sync(home);

  EXPECT_THAT(report.outcome, FailsWith(Failure::kMalformed, "timestamp"));
  EXPECT_EQ(Served(home), before);
}

TEST_F(ReplicaRefusalTest, UpstreamThatIsNoRepositorySaysWhatWasAskedFor) {
  const tree::Home home = MakeHome();

  const report::RunReport report = Sync(home);

  EXPECT_THAT(report.outcome,
              FailsWith(Failure::kNotFound, "metadata/timestamp.json"));
  EXPECT_EQ(report::ExitCodeOf(report), 1);
}

TEST_F(ReplicaRefusalTest, WrongRoot) {
  PublishUpstream();
  const tree::Home home = MakeHome();
  RepositoryFixture other;
  other.targets_prefix = "";
  repository = std::move(other);
  PublishUpstream();

  const report::RunReport report = Sync(home);

  EXPECT_THAT(report.outcome, FailsWith(Failure::kThreshold, "timestamp"));
  EXPECT_EQ(report::ExitCodeOf(report), 5);
}

TEST_F(ReplicaRefusalTest, DelegatedRoleSignedByAStranger) {
  repository.Delegate("targets", "role", {"packages/*/*"});
  repository.AddTarget("role", kWheel, "wheel");
  PublishUpstream();
  const tree::Home home = MakeHome();
  ServeRepository();
  server.Serve("/metadata/1.role.json",
               repository.RawSignedBy("role", {testing::NewKey()}).bytes);

  const report::RunReport report = Sync(home);

  EXPECT_THAT(report.outcome, FailsWith(Failure::kThreshold, "role"));
  EXPECT_FALSE(IsServed(home, "metadata/timestamp.json"));
}

}  // namespace
}  // namespace tufmirror
