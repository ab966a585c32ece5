// Timestamp (TUF 5.4) through the trusted set.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/repository_fixture.h"
#include "support/status_matchers.h"
#include "tuf/trust_state.h"
#include "tufmirror/tuf/trusted_metadata_set.h"

namespace tufmirror::testing {
namespace {

using tuf::RawMetadata;
using tuf::TopLevelRole;
using tuf::TrustedMetadataSet;
using News = TrustedMetadataSet::News;

class TimestampUpdateTest : public ::testing::Test {
 protected:
  TimestampUpdateTest() {
    repository_.timestamp.version = 5;
    repository_.timestamp.snapshot.version = 3;
    repository_.timestamp.snapshot.length.reset();
    repository_.timestamp.snapshot.digests = Digests();
  }

  TrustedMetadataSet Trust() {
    return TrustedMetadataSet::Create(repository_.Raw("root"),
                                      RepositoryFixture::now())
        .value();
  }
  // A set that has the timestamp of now as its local copy.
  TrustedMetadataSet TrustWithLocal() {
    TrustedMetadataSet set = Trust();
    EXPECT_THAT(set.LoadLocalTimestamp(Raw()), IsOk());
    return set;
  }
  RawMetadata Raw() { return repository_.Raw("timestamp"); }
  void ExpireTimestamp() {
    repository_.timestamp.expires = RepositoryFixture::now() - absl::Hours(1);
  }
  void RenewTimestamp() {
    repository_.timestamp.expires = RepositoryFixture::now() + absl::Hours(1);
  }

  RepositoryFixture repository_;
};

TEST_F(TimestampUpdateTest, TheFirstOneIsNews) {
  TrustedMetadataSet set = Trust();
  ASSERT_OK_AND_ASSIGN(const News news, set.UpdateTimestamp(Raw()));
  EXPECT_EQ(news, News::kNew);
  EXPECT_EQ((*set.timestamp())->version, 5);
  ASSERT_OK_AND_ASSIGN(const tuf::MetaFile meta, set.SnapshotMeta());
  EXPECT_EQ(meta.version, 3);
}

TEST_F(TimestampUpdateTest, AHigherVersionIsNews) {
  TrustedMetadataSet set = TrustWithLocal();
  repository_.timestamp.version = 1000;
  ASSERT_OK_AND_ASSIGN(const News news, set.UpdateTimestamp(Raw()));
  EXPECT_EQ(news, News::kNew);
  EXPECT_EQ((*set.timestamp())->version, 1000);
}

TEST_F(TimestampUpdateTest, RejectsRollback) {
  TrustedMetadataSet set = TrustWithLocal();
  for (const int64_t version : {4, 1}) {
    repository_.timestamp.version = version;
    EXPECT_REFUSED(set, UpdateTimestamp(Raw()), FailsWith(Failure::kRollback));
  }
}

TEST_F(TimestampUpdateTest, RejectsRollbackWithinOneRun) {
  TrustedMetadataSet set = Trust();
  ASSERT_THAT(set.UpdateTimestamp(Raw()), IsOk());
  repository_.timestamp.version = 4;
  EXPECT_REFUSED(set, UpdateTimestamp(Raw()), ::testing::Not(IsOk()));
}

// Not 5.4.3.1 but .2: versions of the timestamp go up, the snapshot's down.
TEST_F(TimestampUpdateTest, RejectsRollbackOfTheSnapshotVersion) {
  TrustedMetadataSet set = TrustWithLocal();
  repository_.timestamp.version = 6;
  repository_.timestamp.snapshot.version = 2;
  EXPECT_REFUSED(set, UpdateTimestamp(Raw()), FailsWith(Failure::kRollback));
  EXPECT_EQ((*set.timestamp())->snapshot.version, 3);
  repository_.timestamp.snapshot.version = 3;
  EXPECT_THAT(set.UpdateTimestamp(Raw()), IsOk());
}

TEST_F(TimestampUpdateTest, AnEqualVersionIsNoNews) {
  TrustedMetadataSet set = TrustWithLocal();
  const TrustState before = StateOf(set);
  ASSERT_OK_AND_ASSIGN(const News news, set.UpdateTimestamp(Raw()));
  EXPECT_EQ(news, News::kNone);
  EXPECT_EQ(StateOf(set), before);
}

// Same version with other content: discarded, whatever it says.
TEST_F(TimestampUpdateTest, AnEqualVersionWithOtherContentIsDiscarded) {
  for (const int64_t snapshot_version : {1, 3, 99}) {
    repository_.timestamp.snapshot.version = 3;
    RenewTimestamp();
    TrustedMetadataSet set = TrustWithLocal();
    const TrustState before = StateOf(set);
    repository_.timestamp.snapshot.version = snapshot_version;
    ExpireTimestamp();
    ASSERT_OK_AND_ASSIGN(const News news, set.UpdateTimestamp(Raw()));
    EXPECT_EQ(news, News::kNone);
    EXPECT_EQ(StateOf(set), before);
  }
}

TEST_F(TimestampUpdateTest, AnEqualVersionMustBeSignedAllTheSame) {
  TrustedMetadataSet set = TrustWithLocal();
  EXPECT_REFUSED(
      set, UpdateTimestamp(repository_.RawSignedBy("timestamp", {NewKey()})),
      FailsWith(Failure::kThreshold));
}

// Freeze: the mirror repeats an old timestamp, which is expired locally too.
TEST_F(TimestampUpdateTest, NoNewsOverAnExpiredLocalCopyIsAFreeze) {
  ExpireTimestamp();
  TrustedMetadataSet set = TrustWithLocal();
  EXPECT_REFUSED(set, UpdateTimestamp(Raw()),
                 FailsWith(Failure::kExpired, "timestamp"));
  // A fresh expiry under the same version does not help: it is not taken.
  RenewTimestamp();
  EXPECT_REFUSED(set, UpdateTimestamp(Raw()),
                 FailsWith(Failure::kExpired, "timestamp"));
}

TEST_F(TimestampUpdateTest, RejectsAnExpiredOne) {
  TrustedMetadataSet set = TrustWithLocal();
  repository_.timestamp.version = 6;
  ExpireTimestamp();
  EXPECT_REFUSED(set, UpdateTimestamp(Raw()),
                 FailsWith(Failure::kExpired, "timestamp"));
  TrustedMetadataSet empty = Trust();
  EXPECT_REFUSED(empty, UpdateTimestamp(Raw()),
                 FailsWith(Failure::kExpired, "timestamp"));
}

// Signatures, then rollback, then expiry.
TEST_F(TimestampUpdateTest, ChecksInTheOrderOfTheSpecification) {
  TrustedMetadataSet set = TrustWithLocal();
  repository_.timestamp.version = 4;
  ExpireTimestamp();
  EXPECT_REFUSED(
      set, UpdateTimestamp(repository_.RawSignedBy("timestamp", {NewKey()})),
      FailsWith(Failure::kThreshold));
  EXPECT_REFUSED(set, UpdateTimestamp(Raw()), FailsWith(Failure::kRollback));
  repository_.timestamp.version = 6;
  repository_.timestamp.snapshot.version = 1;
  EXPECT_REFUSED(set, UpdateTimestamp(Raw()), FailsWith(Failure::kRollback));
  repository_.timestamp.snapshot.version = 3;
  EXPECT_REFUSED(set, UpdateTimestamp(Raw()), FailsWith(Failure::kExpired));
}

TEST_F(TimestampUpdateTest, ExpiresAtTheVerySecond) {
  TrustedMetadataSet set = Trust();
  repository_.timestamp.expires = RepositoryFixture::now();
  EXPECT_REFUSED(set, UpdateTimestamp(Raw()), FailsWith(Failure::kExpired));
  repository_.timestamp.expires = RepositoryFixture::now() + absl::Seconds(1);
  EXPECT_THAT(set.UpdateTimestamp(Raw()), IsOk());
}

TEST_F(TimestampUpdateTest, AnExpiredLocalCopyStillProtectsFromRollback) {
  ExpireTimestamp();
  TrustedMetadataSet set = TrustWithLocal();
  EXPECT_EQ((*set.timestamp())->version, 5);
  RenewTimestamp();
  repository_.timestamp.version = 4;
  EXPECT_REFUSED(set, UpdateTimestamp(Raw()), FailsWith(Failure::kRollback));
  repository_.timestamp.version = 6;
  repository_.timestamp.snapshot.version = 2;
  EXPECT_REFUSED(set, UpdateTimestamp(Raw()), FailsWith(Failure::kRollback));
  repository_.timestamp.snapshot.version = 4;
  EXPECT_THAT(set.UpdateTimestamp(Raw()), IsOk());
}

TEST_F(TimestampUpdateTest, AnExpiredLocalCopyOpensNoWayToASnapshot) {
  ExpireTimestamp();
  TrustedMetadataSet set = TrustWithLocal();
  repository_.snapshot.version = 3;
  EXPECT_REFUSED(set, UpdateSnapshot(repository_.Raw("snapshot")),
                 ::testing::Not(IsOk()));
  ASSERT_THAT(set.UpdateTimestamp(Raw()), FailsWith(Failure::kExpired));
  EXPECT_REFUSED(set, UpdateSnapshot(repository_.Raw("snapshot")),
                 ::testing::Not(IsOk()));
}

// Only UpdateTimestamp looks at expiry: a local copy alone is no base for more.
TEST_F(TimestampUpdateTest, ALocalCopyAloneIsNoBaseForASnapshot) {
  TrustedMetadataSet set = TrustWithLocal();
  EXPECT_THAT(set.SnapshotMeta(), FailsWith(Failure::kInternal));
  EXPECT_REFUSED(set, LoadLocalSnapshot(repository_.Raw("snapshot")),
                 FailsWith(Failure::kInternal));
  EXPECT_REFUSED(set, UpdateSnapshot(repository_.Raw("snapshot")),
                 FailsWith(Failure::kInternal));
}

TEST_F(TimestampUpdateTest, AUselessLocalCopyIsAnErrorAndForgotten) {
  for (const RawMetadata& raw :
       {RawMetadata{""}, RawMetadata{"null"}, RawMetadata{"{"},
        repository_.RawSignedBy("timestamp", {}),
        repository_.RawSignedBy("timestamp", {NewKey()}),
        repository_.RawEdited("timestamp", "\"version\":5}",
                              "\"version\":0}")}) {
    TrustedMetadataSet set = Trust();
    EXPECT_REFUSED(set, LoadLocalTimestamp(raw), ::testing::Not(IsOk()));
    EXPECT_THAT(set.UpdateTimestamp(Raw()), IsOk());
  }
}

TEST_F(TimestampUpdateTest, ALocalCopyMayNotComeAfterANewOne) {
  TrustedMetadataSet set = Trust();
  const RawMetadata old = Raw();
  repository_.timestamp.version = 6;
  ASSERT_THAT(set.UpdateTimestamp(Raw()), IsOk());
  EXPECT_REFUSED(set, LoadLocalTimestamp(old), FailsWith(Failure::kInternal));
}

TEST_F(TimestampUpdateTest, RefusesUnsignedForeignAndMalformedOnes) {
  TrustedMetadataSet set = TrustWithLocal();
  repository_.timestamp.version = 6;
  EXPECT_REFUSED(set, UpdateTimestamp(repository_.RawSignedBy("timestamp", {})),
                 FailsWith(Failure::kThreshold));
  EXPECT_REFUSED(set,
                 UpdateTimestamp(repository_.RawSignedBy(
                     "timestamp", repository_.signers["snapshot"])),
                 FailsWith(Failure::kThreshold));
  EXPECT_REFUSED(set, UpdateTimestamp(repository_.Raw("snapshot")),
                 ::testing::Not(IsOk()));
  EXPECT_REFUSED(set, UpdateTimestamp(RawMetadata{"{}"}),
                 FailsWith(Failure::kMalformed));
  EXPECT_REFUSED(set,
                 UpdateTimestamp(repository_.RawEdited(
                     "timestamp", "snapshot.json", "snapshot.jsonx")),
                 FailsWith(Failure::kMalformed, "meta"));
}

TEST_F(TimestampUpdateTest, KeepsTheOrderOfTransitions) {
  TrustedMetadataSet set = Trust();
  EXPECT_THAT(set.SnapshotMeta(), FailsWith(Failure::kInternal));
  EXPECT_THAT(set.RoleMeta("targets"), FailsWith(Failure::kInternal));
  EXPECT_REFUSED(set, LoadLocalSnapshot(repository_.Raw("snapshot")),
                 FailsWith(Failure::kInternal));
  EXPECT_REFUSED(set, UpdateSnapshot(repository_.Raw("snapshot")),
                 FailsWith(Failure::kInternal));
  EXPECT_REFUSED(set, UpdateTargets(repository_.Raw("targets")),
                 FailsWith(Failure::kInternal));
  EXPECT_FALSE(set.SnapshotIsCurrent());
}

}  // namespace
}  // namespace tufmirror::testing
