// The whole workflow once, its order, and top-level targets (TUF 5.6) through
// the trusted set.
#include "tufmirror/tuf/trusted_metadata_set.h"

#include <gtest/gtest.h>

#include "support/repository_fixture.h"
#include "support/status_matchers.h"
#include "tuf/trust_state.h"
#include "tuf/trusted_set_fixture.h"
#include "tufmirror/crypto/hash.h"

namespace tufmirror::testing {
namespace {

using tuf::RawMetadata;
using tuf::TrustedMetadataSet;

using TrustedMetadataSetTest = TrustedSetFixture;

TEST_F(TrustedMetadataSetTest, WalksFromRootToADelegatedRole) {
  TrustedMetadataSet set = TrustTargets();
  EXPECT_EQ((*set.targets())->version, 4);
  ASSERT_OK_AND_ASSIGN(
      const tuf::Verified<tuf::Targets> alice,
      set.VerifyDelegated(repository_.Raw("alice"), "alice", *set.targets()));
  ASSERT_NE(alice->Find("a/x"), nullptr);
  EXPECT_EQ(alice->Find("a/x")->content.digests.sha256,
            crypto::Sha256Of("content"));
  EXPECT_THAT(set.VerifyDelegated(repository_.Raw("bob"), "bob", alice),
              IsOk());
}

TEST_F(TrustedMetadataSetTest, TargetsNeedASnapshot) {
  TrustedMetadataSet set = TrustedMetadataSet::Create(repository_.Raw("root"),
                                                      RepositoryFixture::now())
                               .value();
  ASSERT_THAT(set.UpdateTimestamp(repository_.Raw("timestamp")), IsOk());
  EXPECT_REFUSED(set, UpdateTargets(repository_.Raw("targets")),
                 FailsWith(Failure::kInternal));
}

TEST_F(TrustedMetadataSetTest, RefusesTargetsOfAnotherVersion) {
  TrustedMetadataSet set = Trust();
  for (const int64_t version : {1, 3, 5}) {
    repository_.targets.version = version;
    EXPECT_REFUSED(set, UpdateTargets(repository_.Raw("targets")),
                   WrongVersion("targets", version < 4));
  }
}

TEST_F(TrustedMetadataSetTest, RefusesExpiredTargets) {
  repository_.targets.expires = RepositoryFixture::now();
  Refer();
  TrustedMetadataSet set = Trust();
  EXPECT_REFUSED(set, UpdateTargets(repository_.Raw("targets")),
                 FailsWith(Failure::kExpired, "targets"));
}

TEST_F(TrustedMetadataSetTest, RefusesUnsignedAndForeignTargets) {
  TrustedMetadataSet set = Trust();
  EXPECT_REFUSED(set, UpdateTargets(repository_.RawSignedBy("targets", {})),
                 FailsWith(Failure::kThreshold));
  EXPECT_REFUSED(set,
                 UpdateTargets(repository_.RawSignedBy(
                     "targets", repository_.signers["snapshot"])),
                 FailsWith(Failure::kThreshold));
  EXPECT_REFUSED(set, UpdateTargets(RawMetadata{"null"}),
                 FailsWith(Failure::kMalformed));
}

TEST_F(TrustedMetadataSetTest, ChecksLengthAndDigestsOfTargetsIfListed) {
  repository_.snapshot_detail = MetaDetail::kLengthAndDigests;
  Refer();
  const RawMetadata good = repository_.Raw("targets");
  TrustedMetadataSet set = Trust();
  RawMetadata longer = good;
  longer.bytes += " ";
  EXPECT_REFUSED(set, UpdateTargets(longer), FailsWith(Failure::kLength));
  repository_.targets.expires += absl::Seconds(1);
  ASSERT_EQ(repository_.Raw("targets").bytes.size(), good.bytes.size());
  EXPECT_REFUSED(set, UpdateTargets(repository_.Raw("targets")),
                 FailsWith(Failure::kDigest));
  EXPECT_THAT(set.UpdateTargets(good), IsOk());
}

TEST_F(TrustedMetadataSetTest, RefusesTargetsThatTheSnapshotDoesNotList) {
  std::erase_if(repository_.snapshot.meta,
                [](const auto& entry) { return entry.first == "targets"; });
  repository_.UpdateTimestampMeta();
  const absl::StatusOr<TrustedMetadataSet> created = TrustedMetadataSet::Create(
      repository_.Raw("root"), RepositoryFixture::now());
  TrustedMetadataSet set = created.value();
  ASSERT_THAT(set.UpdateTimestamp(repository_.Raw("timestamp")), IsOk());
  if (!set.UpdateSnapshot(repository_.Raw("snapshot")).ok()) return;
  EXPECT_REFUSED(set, UpdateTargets(repository_.Raw("targets")),
                 FailsWith(Failure::kUnauthorised));
}

// Digests, signatures, version, expiry: the first that is wrong is found.

// A keyid is looked up among the delegator's own keys: root has one of the

// same name here, and alice another for bob.

TEST_F(TrustedMetadataSetTest, OneReferenceTimeForTheWholeRefresh) {
  const TrustedMetadataSet set = TrustTargets();
  EXPECT_EQ(set.now(), RepositoryFixture::now());
}

// The same role under two delegators with different keys: what one of them

// accepts says nothing about the other.

// Going back would lose what was checked against the later state.
TEST_F(TrustedMetadataSetTest, TransitionsOnlyGoForward) {
  const RawMetadata timestamp = repository_.Raw("timestamp");
  const RawMetadata snapshot = repository_.Raw("snapshot");
  TrustedMetadataSet set = Trust();
  EXPECT_REFUSED(set, UpdateRoot(repository_.Raw("root")),
                 FailsWith(Failure::kInternal));
  EXPECT_REFUSED(set, LoadLocalTimestamp(timestamp),
                 FailsWith(Failure::kInternal));
  ++repository_.timestamp.version;
  EXPECT_REFUSED(set, UpdateTimestamp(repository_.Raw("timestamp")),
                 FailsWith(Failure::kInternal));
  EXPECT_REFUSED(set, LoadLocalSnapshot(snapshot),
                 FailsWith(Failure::kInternal));
  ASSERT_THAT(set.UpdateTargets(repository_.Raw("targets")), IsOk());
  EXPECT_REFUSED(set, UpdateSnapshot(snapshot), FailsWith(Failure::kInternal));
}

TEST_F(TrustedMetadataSetTest, DelegatedRolesNeedTargets) {
  const TrustedMetadataSet other = TrustTargets();
  const TrustedMetadataSet set = Trust();
  EXPECT_THAT(
      set.VerifyDelegated(repository_.Raw("alice"), "alice", *other.targets()),
      FailsWith(Failure::kInternal));
}

TEST_F(TrustedMetadataSetTest, ASnapshotThatIsNotCurrentSaysNothingOfRoles) {
  const RawMetadata old = repository_.Raw("snapshot");
  ++repository_.snapshot.version;
  repository_.UpdateTimestampMeta();
  TrustedMetadataSet set = TrustedMetadataSet::Create(repository_.Raw("root"),
                                                      RepositoryFixture::now())
                               .value();
  ASSERT_THAT(set.UpdateTimestamp(repository_.Raw("timestamp")), IsOk());
  ASSERT_THAT(set.LoadLocalSnapshot(old), IsOk());
  EXPECT_THAT(set.RoleMeta("targets"), FailsWith(Failure::kInternal));
  EXPECT_THAT(set.RoleMeta("alice"), FailsWith(Failure::kInternal));
}

}  // namespace
}  // namespace tufmirror::testing
