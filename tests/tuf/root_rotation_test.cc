// Root (TUF 5.3) through the trusted set: rotation, version steps, expiry,
// and what a rotation does to local timestamp and snapshot.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/repository_fixture.h"
#include "support/status_matchers.h"
#include "tuf/trust_state.h"
#include "tufmirror/tuf/trusted_metadata_set.h"

namespace tufmirror::testing {
namespace {

using ::testing::AnyOf;
using tuf::RawMetadata;
using tuf::TopLevelRole;
using tuf::TrustedMetadataSet;

class RootRotationTest : public ::testing::Test {
 protected:
  TrustedMetadataSet Trust() {
    return TrustedMetadataSet::Create(repository_.Raw("root"),
                                      RepositoryFixture::now())
        .value();
  }
  const std::vector<SigningKey>& RootKeys() {
    return repository_.signers["root"];
  }
  RepositoryFixture repository_;
};

TEST_F(RootRotationTest, TrustsARootThatIsSignedByItself) {
  const TrustedMetadataSet set = Trust();
  EXPECT_EQ(set.root()->version, 1);
  EXPECT_EQ(set.now(), RepositoryFixture::now());
  EXPECT_FALSE(set.timestamp().has_value());
  EXPECT_FALSE(set.snapshot().has_value());
  EXPECT_FALSE(set.targets().has_value());
}

TEST_F(RootRotationTest, RefusesAnInitialRootNotSignedByItself) {
  EXPECT_THAT(
      TrustedMetadataSet::Create(repository_.RawSignedBy("root", {NewKey()}),
                                 RepositoryFixture::now()),
      FailsWith(Failure::kThreshold, "root"));
  EXPECT_THAT(
      TrustedMetadataSet::Create(repository_.Raw("timestamp"),
                                 RepositoryFixture::now()),
      AnyOf(FailsWith(Failure::kThreshold), FailsWith(Failure::kMalformed)));
}

TEST_F(RootRotationTest, AnExpiredInitialRootIsAFineStart) {
  repository_.root.expires = RepositoryFixture::now() - absl::Hours(24 * 365);
  TrustedMetadataSet set = Trust();
  repository_.root.version = 2;
  repository_.root.expires = RepositoryFixture::now() + absl::Hours(1);
  EXPECT_THAT(set.UpdateRoot(repository_.Raw("root")), IsOk());
  EXPECT_THAT(set.UpdateTimestamp(repository_.Raw("timestamp")), IsOk());
}

TEST_F(RootRotationTest, AnInitialRootOfAnyVersionIsAFineStart) {
  repository_.root.version = 41;
  TrustedMetadataSet set = Trust();
  repository_.root.version = 42;
  EXPECT_THAT(set.UpdateRoot(repository_.Raw("root")), IsOk());
  EXPECT_EQ(set.root()->version, 42);
}

TEST_F(RootRotationTest, FollowsARotationSignedByOldAndNewKeys) {
  TrustedMetadataSet set = Trust();
  const std::vector<SigningKey> old_keys = RootKeys();
  const SigningKey fresh = repository_.RotateKey(TopLevelRole::kRoot);
  repository_.root.version = 2;
  EXPECT_REFUSED(set, UpdateRoot(repository_.RawSignedBy("root", old_keys)),
                 FailsWith(Failure::kThreshold));
  EXPECT_REFUSED(set, UpdateRoot(repository_.RawSignedBy("root", {fresh})),
                 FailsWith(Failure::kThreshold));
  EXPECT_THAT(
      set.UpdateRoot(repository_.RawSignedBy("root", {old_keys[0], fresh})),
      IsOk());
  EXPECT_EQ(set.root()->version, 2);

  // Key compromise: the old key alone is worth nothing from now on.
  repository_.root.version = 3;
  EXPECT_REFUSED(set, UpdateRoot(repository_.RawSignedBy("root", old_keys)),
                 FailsWith(Failure::kThreshold));
  EXPECT_THAT(set.UpdateRoot(repository_.RawSignedBy("root", {fresh})), IsOk());
}

TEST_F(RootRotationTest, NeedsTheOldAndTheNewThreshold) {
  const SigningKey a = RootKeys()[0];
  const SigningKey b = repository_.AddKey(TopLevelRole::kRoot);
  repository_.SetThreshold(TopLevelRole::kRoot, 2);
  TrustedMetadataSet set = Trust();
  const SigningKey c = repository_.AddKey(TopLevelRole::kRoot);
  repository_.SetThreshold(TopLevelRole::kRoot, 3);
  repository_.root.version = 2;
  EXPECT_REFUSED(set, UpdateRoot(repository_.RawSignedBy("root", {a, b})),
                 FailsWith(Failure::kThreshold));
  EXPECT_REFUSED(set, UpdateRoot(repository_.RawSignedBy("root", {a, c})),
                 FailsWith(Failure::kThreshold));
  EXPECT_THAT(set.UpdateRoot(repository_.RawSignedBy("root", {a, b, c})),
              IsOk());

  // Lowering the threshold needs the higher one once more.
  repository_.SetThreshold(TopLevelRole::kRoot, 1);
  repository_.root.version = 3;
  EXPECT_REFUSED(set, UpdateRoot(repository_.RawSignedBy("root", {a})),
                 FailsWith(Failure::kThreshold));
  EXPECT_REFUSED(set, UpdateRoot(repository_.RawSignedBy("root", {a, b})),
                 FailsWith(Failure::kThreshold));
  EXPECT_THAT(set.UpdateRoot(repository_.RawSignedBy("root", {c, b, a})),
              IsOk());
}

// A compromised single key of two must not rotate the other one away.
TEST_F(RootRotationTest, RefusesARotationByLessThanTheThreshold) {
  const SigningKey stolen = RootKeys()[0];
  repository_.AddKey(TopLevelRole::kRoot);
  repository_.SetThreshold(TopLevelRole::kRoot, 2);
  TrustedMetadataSet set = Trust();
  const SigningKey attacker = repository_.RotateKey(TopLevelRole::kRoot);
  repository_.root.version = 2;
  EXPECT_REFUSED(
      set, UpdateRoot(repository_.RawSignedBy("root", {stolen, attacker})),
      FailsWith(Failure::kThreshold));
}

TEST_F(RootRotationTest, VersionIsExactlyOneMore) {
  repository_.root.version = 5;
  TrustedMetadataSet set = Trust();
  for (const int64_t version : {int64_t{1}, int64_t{4}, int64_t{5}}) {
    repository_.root.version = version;
    EXPECT_REFUSED(
        set, UpdateRoot(repository_.Raw("root")),
        AnyOf(FailsWith(Failure::kRollback), FailsWith(Failure::kVersion)));
  }
  for (const int64_t version : {int64_t{7}, int64_t{1000}, INT64_MAX}) {
    repository_.root.version = version;
    EXPECT_REFUSED(set, UpdateRoot(repository_.Raw("root")),
                   FailsWith(Failure::kVersion));
  }
  repository_.root.version = 6;
  EXPECT_THAT(set.UpdateRoot(repository_.Raw("root")), IsOk());
}

TEST_F(RootRotationTest, TheLastVersionHasNoSuccessor) {
  repository_.root.version = INT64_MAX;
  TrustedMetadataSet set = Trust();
  repository_.root.version = 1;
  EXPECT_REFUSED(set, UpdateRoot(repository_.Raw("root")),
                 FailsWith(Failure::kVersion, "no version can follow"));
}

TEST_F(RootRotationTest, RefusesMalformedRoots) {
  TrustedMetadataSet set = Trust();
  repository_.root.version = 2;
  EXPECT_REFUSED(set, UpdateRoot(RawMetadata{"null"}),
                 FailsWith(Failure::kMalformed));
  EXPECT_REFUSED(set,
                 UpdateRoot(repository_.RawEdited("root", "\"threshold\":1",
                                                  "\"threshold\":0")),
                 FailsWith(Failure::kMalformed));
  EXPECT_REFUSED(set,
                 UpdateRoot(repository_.RawEdited("root", "\"version\":2}",
                                                  "\"version\":2.0}")),
                 ::testing::Not(IsOk()));
}

TEST_F(RootRotationTest, IntermediateExpiryIsIgnoredTheFinalOneIsNot) {
  TrustedMetadataSet set = Trust();
  repository_.root.version = 2;
  repository_.root.expires = RepositoryFixture::now() - absl::Hours(1);
  EXPECT_THAT(set.UpdateRoot(repository_.Raw("root")), IsOk());
  TrustedMetadataSet stuck = set;
  EXPECT_REFUSED(stuck, UpdateTimestamp(repository_.Raw("timestamp")),
                 FailsWith(Failure::kExpired, "root"));

  repository_.root.version = 3;
  repository_.root.expires = RepositoryFixture::now() + absl::Hours(1);
  EXPECT_THAT(set.UpdateRoot(repository_.Raw("root")), IsOk());
  EXPECT_THAT(set.UpdateTimestamp(repository_.Raw("timestamp")), IsOk());
}

// 5.1: expired when now >= expires.
TEST_F(RootRotationTest, ExpiresAtTheVerySecond) {
  repository_.root.expires = RepositoryFixture::now();
  TrustedMetadataSet set = Trust();
  EXPECT_REFUSED(set, UpdateTimestamp(repository_.Raw("timestamp")),
                 FailsWith(Failure::kExpired, "root"));
  repository_.root.expires = RepositoryFixture::now() + absl::Seconds(1);
  TrustedMetadataSet other = Trust();
  EXPECT_THAT(other.UpdateTimestamp(repository_.Raw("timestamp")), IsOk());
}

TEST_F(RootRotationTest, NoRootAfterATimestamp) {
  TrustedMetadataSet set = Trust();
  const RawMetadata timestamp = repository_.Raw("timestamp");
  ASSERT_THAT(set.UpdateTimestamp(timestamp), IsOk());
  repository_.root.version = 2;
  EXPECT_REFUSED(set, UpdateRoot(repository_.Raw("root")),
                 FailsWith(Failure::kInternal));
  // A local timestamp, too, was verified under the root of its moment.
  repository_.root.version = 1;
  TrustedMetadataSet local = Trust();
  ASSERT_THAT(local.LoadLocalTimestamp(timestamp), IsOk());
  repository_.root.version = 2;
  EXPECT_REFUSED(local, UpdateRoot(repository_.Raw("root")),
                 FailsWith(Failure::kInternal));
}

// 5.3.11: an attacker with the timestamp key published version 2^40; after a
// rotation the local copy no longer verifies and low versions are fine again.
TEST_F(RootRotationTest, RecoversFromAFastForwardedTimestamp) {
  repository_.timestamp.version = int64_t{1} << 40;
  const RawMetadata forwarded = repository_.Raw("timestamp");
  repository_.timestamp.version = 2;

  TrustedMetadataSet attacked = Trust();
  ASSERT_THAT(attacked.LoadLocalTimestamp(forwarded), IsOk());
  EXPECT_REFUSED(attacked, UpdateTimestamp(repository_.Raw("timestamp")),
                 FailsWith(Failure::kRollback));

  TrustedMetadataSet set = Trust();
  repository_.RotateKey(TopLevelRole::kTimestamp);
  repository_.root.version = 2;
  ASSERT_THAT(set.UpdateRoot(repository_.Raw("root")), IsOk());
  EXPECT_REFUSED(set, LoadLocalTimestamp(forwarded),
                 FailsWith(Failure::kThreshold));
  EXPECT_FALSE(set.timestamp().has_value());
  EXPECT_THAT(set.UpdateTimestamp(repository_.Raw("timestamp")), IsOk());
  EXPECT_EQ((*set.timestamp())->version, 2);
}

TEST_F(RootRotationTest, RecoversFromAFastForwardedSnapshot) {
  repository_.snapshot.version = int64_t{1} << 40;
  repository_.snapshot.meta[0].second.version = int64_t{1} << 40;
  const RawMetadata forwarded = repository_.Raw("snapshot");
  repository_.UpdateTimestampMeta();
  const RawMetadata its_timestamp = repository_.Raw("timestamp");
  repository_.snapshot.version = 2;
  repository_.UpdateSnapshotMeta();
  repository_.UpdateTimestampMeta();
  repository_.timestamp.version = 2;

  TrustedMetadataSet set = Trust();
  repository_.RotateKey(TopLevelRole::kTimestamp);
  repository_.RotateKey(TopLevelRole::kSnapshot);
  repository_.UpdateTimestampMeta();
  repository_.root.version = 2;
  ASSERT_THAT(set.UpdateRoot(repository_.Raw("root")), IsOk());
  EXPECT_REFUSED(set, LoadLocalTimestamp(its_timestamp),
                 FailsWith(Failure::kThreshold));
  ASSERT_THAT(set.UpdateTimestamp(repository_.Raw("timestamp")), IsOk());
  EXPECT_REFUSED(set, LoadLocalSnapshot(forwarded),
                 FailsWith(Failure::kThreshold));
  EXPECT_FALSE(set.snapshot().has_value());
  EXPECT_THAT(set.UpdateSnapshot(repository_.Raw("snapshot")), IsOk());
  EXPECT_EQ((*set.snapshot())->Find("targets")->version, 1);
}

// Only adding a key leaves the old copies verifiable: still protected.
TEST_F(RootRotationTest, AnAddedKeyDoesNotForgetTheLocalTimestamp) {
  repository_.timestamp.version = 9;
  const RawMetadata local = repository_.Raw("timestamp");
  TrustedMetadataSet set = Trust();
  repository_.AddKey(TopLevelRole::kTimestamp);
  repository_.root.version = 2;
  ASSERT_THAT(set.UpdateRoot(repository_.Raw("root")), IsOk());
  ASSERT_THAT(set.LoadLocalTimestamp(local), IsOk());
  repository_.timestamp.version = 8;
  EXPECT_REFUSED(set, UpdateTimestamp(repository_.Raw("timestamp")),
                 FailsWith(Failure::kRollback));
}

}  // namespace
}  // namespace tufmirror::testing
