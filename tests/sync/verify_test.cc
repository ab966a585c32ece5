// What verify finds in a served tree, and that it finds nothing in a good one.
#include "tufmirror/sync/verify.h"

#include <gtest/gtest.h>

#include <string>

#include "support/status_matchers.h"
#include "sync/replica_fixture.h"

namespace tufmirror {
namespace {

using testing::FailsWith;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::ReplicaTest;
using ::testing::UnorderedElementsAre;

constexpr char kWheel[] = "packages/flit/flit-1-py3-none-any.whl";

TEST_F(ReplicaTest, PublishedTreeVerifiesDeeply) {
  repository.DelegateSuccinct("targets", 2, "bin");
  for (int i = 0; i < 20; ++i) {
    const std::string path = "packages/p/p-" + std::to_string(i) + ".tar.gz";
    repository.AddTarget(repository.BinNameOf("targets", path), path, path);
  }
  PublishUpstream();
  const tree::Home home = MakeHome();
  ServeRepository();
  ASSERT_THAT(Sync(home).outcome, IsOk());

  sync::VerifyOptions options;
  options.depth = sync::VerifyDepth::kDeep;
  options.now = now;
  const auto verified = sync::VerifyHome(home, options);

  ASSERT_THAT(verified, IsOk());
  EXPECT_EQ(verified->targets, 20u);
  EXPECT_THAT(verified->problems, IsEmpty());
  EXPECT_THAT(verified->orphans, IsEmpty());
}

TEST_F(ReplicaTest, VerifyFindsDamageAndOrphans) {
  repository.AddTarget("targets", kWheel, "wheel");
  repository.AddTarget("targets", "packages/b/b-1.tar.gz", "b");
  PublishUpstream();
  const tree::Home home = MakeHome();
  ServeRepository();
  ASSERT_THAT(Sync(home).outcome, IsOk());
  directory.Write(std::string("home/") + kWheel, "whEEl");
  directory.Write("home/packages/b/stray.whl", "x");

  sync::VerifyOptions options;
  options.depth = sync::VerifyDepth::kDeep;
  options.now = now;
  const auto verified = sync::VerifyHome(home, options);

  ASSERT_THAT(verified, IsOk());
  ASSERT_EQ(verified->problems.size(), 1u);
  EXPECT_EQ(verified->problems[0].object.find("packages/flit/"), 0u);
  EXPECT_THAT(verified->orphans, UnorderedElementsAre("packages/b/stray.whl"));
}

TEST_F(ReplicaTest, VerifyFindsPagesThatNoRoleLists) {
  repository.AddTarget("targets", kWheel, "wheel");
  PublishUpstream();
  const tree::Home home = MakeHome();
  ServeRepository();
  ASSERT_THAT(Sync(home).outcome, IsOk());
  directory.Write("home/" + LiveName(home) + "/simple/evil/index.html", "x");

  sync::VerifyOptions options;
  options.now = now;
  const auto verified = sync::VerifyHome(home, options);

  ASSERT_THAT(verified, IsOk());
  EXPECT_THAT(verified->orphans,
              UnorderedElementsAre("simple/evil/index.html"));
}

TEST_F(ReplicaTest, VerifyHoldsTheTreeAgainstTheRootThatWasPinned) {
  PublishUpstream();
  const tree::Home home = MakeHome();
  ServeRepository();
  ASSERT_THAT(Sync(home).outcome, IsOk());
  testing::RepositoryFixture foreign;
  foreign.PublishRoot();
  foreign.Publish();
  for (const auto& [path, bytes] : foreign.files()) {
    directory.Write("home/" + LiveName(home) + "/" + path, bytes);
  }

  sync::VerifyOptions options;
  options.now = now;
  EXPECT_THAT(sync::VerifyHome(home, options),
              FailsWith(Failure::kDigest, "not the root"));
}

}  // namespace
}  // namespace tufmirror
