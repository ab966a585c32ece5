// Delegated roles over a network (TUF 5.6.7): what is asked for, what is kept,
// and under whose authority.
#include "client/client_fixture.h"

namespace tufmirror::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class DelegatedRoleTest : public ClientTest {
 protected:
  DelegatedRoleTest() {
    repository.Delegate("targets", "alice", {"a/*"});
    repository.AddTarget("alice", "a/x", "content of a/x");
  }
  // True if `path` is found in `role`.
  static bool FoundIn(client::Updater& updater, std::string_view path,
                      std::string_view role) {
    const auto found = updater.FindTarget(path);
    EXPECT_THAT(found, IsOk());
    return found.ok() && *found && (*found)->role == role;
  }
};

TEST_F(DelegatedRoleTest, IsFetchedOnceAndKept) {
  Start();
  auto updater = RefreshedUpdater();
  EXPECT_TRUE(FoundIn(*updater, "a/x", "alice"));
  ASSERT_OK_AND_ASSIGN(const auto none, updater->FindTarget("a/absent"));
  EXPECT_FALSE(none.has_value());
  EXPECT_THAT(Asked(), ElementsAre("/metadata/1.alice.json"));
  EXPECT_EQ(Stored("alice.json"), repository.Raw("alice").bytes);

  auto next = RefreshedUpdater();
  EXPECT_TRUE(FoundIn(*next, "a/x", "alice"));
  EXPECT_THAT(Asked(), IsEmpty());
}

TEST_F(DelegatedRoleTest, IsNotAskedForWhenItCannotMatter) {
  Start();
  auto updater = RefreshedUpdater();
  ASSERT_OK_AND_ASSIGN(const auto none, updater->FindTarget("b/x"));
  EXPECT_FALSE(none.has_value());
  EXPECT_THAT(Asked(), IsEmpty());
}

TEST_F(DelegatedRoleTest, CorruptLocalCopyIsFetchedAgain) {
  Start();
  StoreBytes("alice.json", "{\"signatures\":[");
  auto updater = RefreshedUpdater();
  EXPECT_TRUE(FoundIn(*updater, "a/x", "alice"));
  EXPECT_THAT(Asked(), ElementsAre("/metadata/1.alice.json"));
  EXPECT_EQ(Stored("alice.json"), repository.Raw("alice").bytes);
}

TEST_F(DelegatedRoleTest, AbsentFromTheSnapshotIsAnErrorWithoutARequest) {
  Start();
  std::erase_if(repository.snapshot.meta,
                [](const auto& meta) { return meta.first == "alice"; });
  repository.UpdateTimestampMeta();
  repository.Write();
  Serve();
  auto updater = RefreshedUpdater();
  EXPECT_THAT(updater->FindTarget("a/x"),
              FailsWith(Failure::kUnauthorised, "alice"));
  EXPECT_THAT(Asked(), IsEmpty());
}

TEST_F(DelegatedRoleTest, UnsignedRoleIsRefusedAndNotKept) {
  Start();
  server.Serve("/metadata/1.alice.json",
               repository.RawSignedBy("alice", {}).bytes);
  auto updater = RefreshedUpdater();
  EXPECT_THAT(updater->FindTarget("a/x"),
              FailsWith(Failure::kThreshold, "alice"));
  EXPECT_FALSE(Local().contains("alice.json"));
}

TEST_F(DelegatedRoleTest, EndlessRoleIsCutOff) {
  limits.targets = 100'000;
  Start();
  server.Inject("/metadata/1.alice.json", Fault::Endless(), kEveryTime);
  auto updater = RefreshedUpdater();
  EXPECT_THAT(updater->FindTarget("a/x"),
              FailsWith(Failure::kTooLarge, "alice"));
  EXPECT_FALSE(Local().contains("alice.json"));
}

TEST_F(DelegatedRoleTest, RolledBackAndExpiredRolesAreRefused) {
  repository.delegated["alice"].version = 2;
  Start();
  repository.delegated["alice"].version = 1;
  server.Serve("/metadata/2.alice.json", repository.Raw("alice").bytes);
  EXPECT_THAT(RefreshedUpdater()->FindTarget("a/x"),
              FailsWith(Failure::kRollback, "alice"));
  repository.delegated["alice"].version = 2;
  repository.delegated["alice"].expires = now;
  server.Serve("/metadata/2.alice.json", repository.Raw("alice").bytes);
  EXPECT_THAT(RefreshedUpdater()->FindTarget("a/x"),
              FailsWith(Failure::kExpired, "alice"));
  EXPECT_FALSE(Local().contains("alice.json"));
}

// One role, two delegators who trust different keys for it: what is good under
// the first must not be taken as good under the second.
TEST_F(DelegatedRoleTest, DoesNotInheritAnotherDelegatorsAuthority) {
  repository.Delegate("targets", "first", {"f/*"});
  repository.Delegate("targets", "second", {"s/*"});
  repository.Delegate("first", "shared", {"*/*"});
  repository.Delegate("second", "shared", {"*/*"});
  repository.AddTarget("shared", "f/x", "content");
  repository.AddTarget("shared", "s/x", "content");
  const SigningKey other = NewKey();
  auto& delegations = *repository.delegated["second"].delegations;
  delegations.keys = {{other.keyid, other.Declared()}};
  std::get<std::vector<tuf::DelegatedRole>>(delegations.roles)[0]
      .keys.keyids = {other.keyid};
  Start();
  auto updater = RefreshedUpdater();
  EXPECT_TRUE(FoundIn(*updater, "f/x", "shared"));
  EXPECT_THAT(updater->FindTarget("s/x"),
              FailsWith(Failure::kThreshold, "shared"));
  EXPECT_TRUE(FoundIn(*updater, "f/x", "shared"));
  EXPECT_EQ(Stored("shared.json"), repository.Raw("shared").bytes);
}

// After a key rotation N.role.json may reappear with other bytes (TUF 5.3.11).
TEST_F(DelegatedRoleTest, LocalCopyOfRevokedKeysIsFetchedAgain) {
  Start();
  EXPECT_TRUE(FoundIn(*RefreshedUpdater(), "a/x", "alice"));
  const SigningKey fresh = NewKey();
  auto& delegations = *repository.targets.delegations;
  delegations.keys = {{fresh.keyid, fresh.Declared()}};
  std::get<std::vector<tuf::DelegatedRole>>(delegations.roles)[0]
      .keys.keyids = {fresh.keyid};
  repository.signers["alice"] = {fresh};
  Publish();
  auto updater = RefreshedUpdater();
  EXPECT_TRUE(FoundIn(*updater, "a/x", "alice"));
  EXPECT_THAT(Asked(), ElementsAre("/metadata/1.alice.json"));
  EXPECT_EQ(Stored("alice.json"), repository.Raw("alice").bytes);
}

TEST_F(DelegatedRoleTest, NameIsPercentEncodedOnceInTheUrlAndOnDisk) {
  const std::string name = "../a b%2F?";
  repository.Delegate("targets", name, {"odd/*"});
  repository.AddTarget(name, "odd/x", "content");
  Start();
  server.Serve("/metadata/1." + name + ".json", repository.Raw(name).bytes);
  auto updater = RefreshedUpdater();
  EXPECT_TRUE(FoundIn(*updater, "odd/x", name));
  EXPECT_THAT(Asked(), ElementsAre("/metadata/1...%2Fa%20b%252F%3F.json"));
  EXPECT_EQ(Stored("..%2Fa%20b%252F%3F.json"), repository.Raw(name).bytes);
}

TEST_F(DelegatedRoleTest, OverlongNameIsAnErrorAndNotACrash) {
  const std::string name(300, 'a');
  repository.Delegate("targets", name, {"long/*"});
  repository.AddTarget(name, "long/x", "content");
  Start();
  auto updater = RefreshedUpdater();
  EXPECT_THAT(updater->FindTarget("long/x"), FailsWith(Failure::kFileSystem));
}

TEST_F(DelegatedRoleTest, WithoutConsistentSnapshotTheNameHasNoVersion) {
  repository.root.consistent_snapshot = false;
  Start();
  auto updater = RefreshedUpdater();
  EXPECT_TRUE(FoundIn(*updater, "a/x", "alice"));
  EXPECT_THAT(Asked(), ElementsAre("/metadata/alice.json"));
}

TEST_F(DelegatedRoleTest, OneLookupAsksOnlyForTheBinOfItsPath) {
  repository.Delegate("targets", "bins", {"p/*"});
  repository.DelegateSuccinct("bins", 4, "bin");
  const std::string bin = repository.BinNameOf("bins", "p/x");
  repository.AddTarget(bin, "p/x", "content");
  Start();
  auto updater = RefreshedUpdater();
  EXPECT_TRUE(FoundIn(*updater, "p/x", bin));
  EXPECT_THAT(Asked(), ElementsAre("/metadata/1.bins.json",
                                   "/metadata/1." + bin + ".json"));
}

}  // namespace
}  // namespace tufmirror::testing
