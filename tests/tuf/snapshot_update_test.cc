// Snapshot (TUF 5.5) through the trusted set.
#include <gtest/gtest.h>

#include <functional>
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
using tuf::TrustedMetadataSet;

class SnapshotUpdateTest : public ::testing::Test {
 protected:
  // Snapshot version 4: alice 6, bob 1, targets 2.
  SnapshotUpdateTest() {
    repository_.Delegate("targets", "alice", {"a/*"});
    repository_.Delegate("targets", "bob", {"b/*"});
    repository_.delegated["alice"].version = 6;
    repository_.targets.version = 2;
    repository_.snapshot.version = 4;
    repository_.UpdateSnapshotMeta();
    repository_.UpdateTimestampMeta();
  }

  RawMetadata Raw() { return repository_.Raw("snapshot"); }
  tuf::MetaFile& MetaOf(std::string_view role) {
    for (auto& [name, meta] : repository_.snapshot.meta) {
      if (name == role) return meta;
    }
    ADD_FAILURE() << role;
    return repository_.snapshot.meta[0].second;
  }
  TrustedMetadataSet TrustRoot() {
    return TrustedMetadataSet::Create(repository_.Raw("root"),
                                      RepositoryFixture::now())
        .value();
  }
  // Trusts root and the timestamp of now.
  TrustedMetadataSet Trust() {
    TrustedMetadataSet set = TrustRoot();
    EXPECT_THAT(set.UpdateTimestamp(repository_.Raw("timestamp")), IsOk());
    return set;
  }
  // Trusts everything of now as local copies, then the timestamp of the next
  // snapshot, which change_ has made.
  TrustedMetadataSet TrustThenChange() {
    const RawMetadata local_timestamp = repository_.Raw("timestamp");
    const RawMetadata local_snapshot = Raw();
    ++repository_.snapshot.version;
    ++repository_.timestamp.version;
    if (change_) change_();
    repository_.UpdateTimestampMeta();
    TrustedMetadataSet set = TrustRoot();
    EXPECT_THAT(set.LoadLocalTimestamp(local_timestamp), IsOk());
    EXPECT_THAT(set.UpdateTimestamp(repository_.Raw("timestamp")), IsOk());
    EXPECT_THAT(set.LoadLocalSnapshot(local_snapshot), IsOk());
    EXPECT_FALSE(set.SnapshotIsCurrent());
    return set;
  }

  RepositoryFixture repository_;
  std::function<void()> change_;
};

TEST_F(SnapshotUpdateTest, TakesTheOneThatTheTimestampNames) {
  TrustedMetadataSet set = Trust();
  ASSERT_THAT(set.UpdateSnapshot(Raw()), IsOk());
  EXPECT_EQ((*set.snapshot())->version, 4);
  EXPECT_TRUE(set.SnapshotIsCurrent());
  ASSERT_OK_AND_ASSIGN(const tuf::MetaFile meta, set.RoleMeta("alice"));
  EXPECT_EQ(meta.version, 6);
  EXPECT_THAT(set.RoleMeta("carol"), FailsWith(Failure::kUnauthorised));
}

TEST_F(SnapshotUpdateTest, TakesASuccessor) {
  change_ = [this] {
    ++MetaOf("alice").version;
    tuf::MetaFile fresh;
    repository_.snapshot.meta.emplace_back("zoe", fresh);
  };
  TrustedMetadataSet set = TrustThenChange();
  ASSERT_THAT(set.UpdateSnapshot(Raw()), IsOk());
  EXPECT_EQ((*set.snapshot())->Find("alice")->version, 7);
  EXPECT_NE((*set.snapshot())->Find("zoe"), nullptr);
}

TEST_F(SnapshotUpdateTest, RefusesAnotherLength) {
  TrustedMetadataSet set = Trust();
  RawMetadata longer = Raw();
  longer.bytes += " ";
  EXPECT_REFUSED(set, UpdateSnapshot(longer), FailsWith(Failure::kLength));
  RawMetadata shorter = Raw();
  shorter.bytes.pop_back();
  EXPECT_REFUSED(set, UpdateSnapshot(shorter), FailsWith(Failure::kLength));
}

// Mix and match: another valid snapshot of the same version and length.
TEST_F(SnapshotUpdateTest, RefusesSameVersionWithOtherContent) {
  TrustedMetadataSet set = Trust();
  const RawMetadata good = Raw();
  MetaOf("alice").version = 7;
  ASSERT_EQ(Raw().bytes.size(), good.bytes.size());
  EXPECT_REFUSED(set, UpdateSnapshot(Raw()), FailsWith(Failure::kDigest));
  EXPECT_THAT(set.UpdateSnapshot(good), IsOk());
}

TEST_F(SnapshotUpdateTest, ChecksEveryListedDigest) {
  repository_.timestamp.snapshot.digests.sha512 = Sha512();  // a wrong one
  TrustedMetadataSet set = Trust();
  EXPECT_REFUSED(set, UpdateSnapshot(Raw()), FailsWith(Failure::kDigest));
}

TEST_F(SnapshotUpdateTest, ADigestThatCannotBeCheckedIsNotPassed) {
  TrustedMetadataSet set = TrustRoot();
  ASSERT_THAT(
      set.UpdateTimestamp(repository_.RawEdited(
          "timestamp", "\"hashes\":{", "\"hashes\":{\"blake3\":\"00\",")),
      IsOk());
  EXPECT_REFUSED(set, UpdateSnapshot(Raw()), FailsWith(Failure::kUnsupported));
}

TEST_F(SnapshotUpdateTest, ALengthWithoutDigestsIsCheckedToo) {
  repository_.timestamp.snapshot.digests = Digests();
  TrustedMetadataSet set = Trust();
  RawMetadata longer = Raw();
  longer.bytes += "\n";
  EXPECT_REFUSED(set, UpdateSnapshot(longer), FailsWith(Failure::kLength));
  EXPECT_THAT(set.UpdateSnapshot(Raw()), IsOk());
}

TEST_F(SnapshotUpdateTest, DigestsWithoutALengthAreCheckedToo) {
  repository_.timestamp.snapshot.length.reset();
  TrustedMetadataSet set = Trust();
  RawMetadata longer = Raw();
  longer.bytes += "\n";
  EXPECT_REFUSED(set, UpdateSnapshot(longer), FailsWith(Failure::kDigest));
  EXPECT_THAT(set.UpdateSnapshot(Raw()), IsOk());
}

TEST_F(SnapshotUpdateTest, RefusesUnsignedAndForeignOnes) {
  repository_.timestamp_detail = MetaDetail::kVersionOnly;
  repository_.UpdateTimestampMeta();
  TrustedMetadataSet set = Trust();
  EXPECT_REFUSED(set, UpdateSnapshot(repository_.RawSignedBy("snapshot", {})),
                 FailsWith(Failure::kThreshold));
  EXPECT_REFUSED(set,
                 UpdateSnapshot(repository_.RawSignedBy(
                     "snapshot", repository_.signers["timestamp"])),
                 FailsWith(Failure::kThreshold));
  EXPECT_REFUSED(set, UpdateSnapshot(RawMetadata{"null"}),
                 FailsWith(Failure::kMalformed));
}

TEST_F(SnapshotUpdateTest, RefusesAnotherVersionThanTheTimestamps) {
  repository_.timestamp_detail = MetaDetail::kVersionOnly;
  repository_.UpdateTimestampMeta();
  TrustedMetadataSet set = Trust();
  for (const int64_t version : {1, 3}) {
    repository_.snapshot.version = version;
    EXPECT_REFUSED(set, UpdateSnapshot(Raw()),
                   AnyOf(FailsWith(Failure::kRollback, "version"),
                         FailsWith(Failure::kVersion, "version")));
  }
  for (const int64_t version : {5, 99}) {
    repository_.snapshot.version = version;
    EXPECT_REFUSED(set, UpdateSnapshot(Raw()), FailsWith(Failure::kVersion));
  }
}

TEST_F(SnapshotUpdateTest, RejectsRollbackOfTargets) {
  change_ = [this] { MetaOf("targets").version = 1; };
  TrustedMetadataSet set = TrustThenChange();
  EXPECT_REFUSED(set, UpdateSnapshot(Raw()),
                 FailsWith(Failure::kRollback, "targets"));
}

TEST_F(SnapshotUpdateTest, RejectsRollbackOfADelegatedRole) {
  change_ = [this] {
    MetaOf("alice").version = 5;
    MetaOf("targets").version = 3;
  };
  TrustedMetadataSet set = TrustThenChange();
  EXPECT_REFUSED(set, UpdateSnapshot(Raw()),
                 FailsWith(Failure::kRollback, "alice"));
}

TEST_F(SnapshotUpdateTest, RejectsRemovalOfARole) {
  for (const std::string gone : {"alice", "bob", "targets"}) {
    repository_.UpdateSnapshotMeta();
    repository_.UpdateTimestampMeta();
    change_ = [&] {
      std::erase_if(repository_.snapshot.meta,
                    [&](const auto& entry) { return entry.first == gone; });
    };
    TrustedMetadataSet set = TrustThenChange();
    EXPECT_REFUSED(set, UpdateSnapshot(Raw()),
                   FailsWith(Failure::kRollback, gone));
  }
}

TEST_F(SnapshotUpdateTest, RejectsAnExpiredOne) {
  change_ = [this] { repository_.snapshot.expires = RepositoryFixture::now(); };
  TrustedMetadataSet set = TrustThenChange();
  EXPECT_REFUSED(set, UpdateSnapshot(Raw()),
                 FailsWith(Failure::kExpired, "snapshot"));
}

// Length and digests, signatures, version, rollback, expiry: with everything
// wrong at once the first of them is what is found.
TEST_F(SnapshotUpdateTest, ChecksInTheOrderOfTheSpecification) {
  const std::vector<SigningKey> right = repository_.signers["snapshot"];
  const std::vector<SigningKey> wrong = {NewKey()};
  change_ = [this] {
    MetaOf("alice").version = 1;
    repository_.snapshot.expires = RepositoryFixture::now();
  };
  TrustedMetadataSet digests = TrustThenChange();
  EXPECT_REFUSED(digests,
                 UpdateSnapshot(repository_.RawSignedBy("snapshot", wrong)),
                 FailsWith(Failure::kDigest));

  repository_.UpdateSnapshotMeta();
  repository_.snapshot.expires = RepositoryFixture::now() + absl::Hours(1);
  repository_.timestamp_detail = MetaDetail::kVersionOnly;
  TrustedMetadataSet set = TrustThenChange();
  ++repository_.snapshot.version;
  EXPECT_REFUSED(set,
                 UpdateSnapshot(repository_.RawSignedBy("snapshot", wrong)),
                 FailsWith(Failure::kThreshold));
  EXPECT_REFUSED(set, UpdateSnapshot(Raw()), FailsWith(Failure::kVersion));
  --repository_.snapshot.version;
  EXPECT_REFUSED(set, UpdateSnapshot(Raw()),
                 FailsWith(Failure::kRollback, "alice"));
  MetaOf("alice").version = 6;
  EXPECT_REFUSED(set, UpdateSnapshot(Raw()), FailsWith(Failure::kExpired));
  repository_.snapshot.expires = RepositoryFixture::now() + absl::Seconds(1);
  EXPECT_THAT(set.UpdateSnapshot(Raw()), IsOk());
}

TEST_F(SnapshotUpdateTest, ALocalCopyThatTheTimestampNamesIsCurrent) {
  TrustedMetadataSet set = Trust();
  ASSERT_THAT(set.LoadLocalSnapshot(Raw()), IsOk());
  EXPECT_TRUE(set.SnapshotIsCurrent());
  EXPECT_THAT(set.UpdateTargets(repository_.Raw("targets")), IsOk());
}

TEST_F(SnapshotUpdateTest, AnExpiredLocalCopyIsNotCurrentButProtects) {
  repository_.snapshot.expires = RepositoryFixture::now() - absl::Hours(1);
  change_ = [this] {
    repository_.snapshot.expires = RepositoryFixture::now() + absl::Hours(1);
    MetaOf("alice").version = 5;
  };
  TrustedMetadataSet set = TrustThenChange();
  EXPECT_REFUSED(set, UpdateSnapshot(Raw()),
                 FailsWith(Failure::kRollback, "alice"));

  MetaOf("alice").version = 6;
  repository_.snapshot.expires = RepositoryFixture::now() - absl::Hours(1);
  repository_.UpdateTimestampMeta();
  TrustedMetadataSet frozen = Trust();
  ASSERT_THAT(frozen.LoadLocalSnapshot(Raw()), IsOk());
  EXPECT_FALSE(frozen.SnapshotIsCurrent());
  EXPECT_REFUSED(frozen, UpdateTargets(repository_.Raw("targets")),
                 ::testing::Not(IsOk()));
  EXPECT_REFUSED(frozen, UpdateSnapshot(Raw()), FailsWith(Failure::kExpired));
}

// Same version, validly signed, other bytes than the timestamp promises.
TEST_F(SnapshotUpdateTest, ALocalCopyWithAnotherDigestIsNotCurrent) {
  TrustedMetadataSet set = Trust();
  MetaOf("bob").version = 2;
  if (set.LoadLocalSnapshot(Raw()).ok()) {
    EXPECT_FALSE(set.SnapshotIsCurrent());
  }
  EXPECT_REFUSED(set, UpdateTargets(repository_.Raw("targets")),
                 ::testing::Not(IsOk()));
}

TEST_F(SnapshotUpdateTest, AnOldLocalCopyOpensNoWayToTargets) {
  TrustedMetadataSet set = TrustThenChange();
  EXPECT_REFUSED(set, UpdateTargets(repository_.Raw("targets")),
                 ::testing::Not(IsOk()));
}

TEST_F(SnapshotUpdateTest, AUselessLocalCopyIsAnErrorAndForgotten) {
  for (const RawMetadata& raw :
       {RawMetadata{""}, RawMetadata{"null"},
        repository_.RawSignedBy("snapshot", {}),
        repository_.RawSignedBy("snapshot", {NewKey()})}) {
    TrustedMetadataSet set = Trust();
    EXPECT_REFUSED(set, LoadLocalSnapshot(raw), ::testing::Not(IsOk()));
    EXPECT_THAT(set.UpdateSnapshot(Raw()), IsOk());
  }
}

// "No news" does not mean that the local mirror is complete: the snapshot can
// still be missing, and can still be taken.
TEST_F(SnapshotUpdateTest, NoNewTimestampStillLetsTheSnapshotIn) {
  TrustedMetadataSet set = TrustRoot();
  ASSERT_THAT(set.LoadLocalTimestamp(repository_.Raw("timestamp")), IsOk());
  ASSERT_THAT(set.UpdateTimestamp(repository_.Raw("timestamp")), IsOk());
  EXPECT_FALSE(set.SnapshotIsCurrent());
  EXPECT_THAT(set.UpdateSnapshot(Raw()), IsOk());
  EXPECT_TRUE(set.SnapshotIsCurrent());
}

}  // namespace
}  // namespace tufmirror::testing
