// Targets and delegated roles (TUF 5.6) through the trusted set, and the whole
// workflow once.
#include "tufmirror/tuf/trusted_metadata_set.h"

#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "support/repository_fixture.h"
#include "support/status_matchers.h"
#include "tuf/trust_state.h"
#include "tufmirror/crypto/hash.h"

namespace tufmirror::testing {
namespace {

using tuf::RawMetadata;
using tuf::TrustedMetadataSet;

// A version below the one asked for may be called either name.
::testing::Matcher<const absl::Status&> WrongVersion(const char* role,
                                                     bool lower) {
  if (!lower) return FailsWith(Failure::kVersion, role);
  return ::testing::AnyOf(FailsWith(Failure::kVersion, role),
                          FailsWith(Failure::kRollback, role));
}

class TrustedMetadataSetTest : public ::testing::Test {
 protected:
  TrustedMetadataSetTest() {
    repository_.Delegate("targets", "alice", {"a/*"});
    repository_.Delegate("alice", "bob", {"a/b*"});
    repository_.AddTarget("alice", "a/x", "content");
    repository_.targets.version = 4;
    repository_.delegated["alice"].version = 7;
    Refer();
  }
  // Makes snapshot and timestamp refer to what there is.
  void Refer() {
    repository_.UpdateSnapshotMeta();
    repository_.UpdateTimestampMeta();
  }
  // Trusts all up to the snapshot.
  TrustedMetadataSet Trust() {
    TrustedMetadataSet set =
        TrustedMetadataSet::Create(repository_.Raw("root"),
                                   RepositoryFixture::now())
            .value();
    EXPECT_THAT(set.UpdateTimestamp(repository_.Raw("timestamp")), IsOk());
    EXPECT_THAT(set.UpdateSnapshot(repository_.Raw("snapshot")), IsOk());
    return set;
  }
  TrustedMetadataSet TrustTargets() {
    TrustedMetadataSet set = Trust();
    EXPECT_THAT(set.UpdateTargets(repository_.Raw("targets")), IsOk());
    return set;
  }
  // Verifies `raw` as alice, a role of the trusted targets.
  static absl::Status VerifyAlice(const TrustedMetadataSet& set,
                                  const RawMetadata& raw) {
    const TrustState before = StateOf(set);
    const absl::Status status =
        set.VerifyDelegated(raw, "alice", *set.targets()).status();
    EXPECT_EQ(StateOf(set), before);
    return status;
  }

  RepositoryFixture repository_;
};

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

TEST_F(TrustedMetadataSetTest, ADelegatedRoleMustBeInTheSnapshot) {
  std::erase_if(repository_.snapshot.meta,
                [](const auto& entry) { return entry.first == "alice"; });
  repository_.UpdateTimestampMeta();
  const TrustedMetadataSet set = TrustTargets();
  EXPECT_THAT(VerifyAlice(set, repository_.Raw("alice")),
              FailsWith(Failure::kUnauthorised, "alice"));
}

TEST_F(TrustedMetadataSetTest, ADelegatedRoleMustBeDelegated) {
  const TrustedMetadataSet set = TrustTargets();
  EXPECT_THAT(
      set.VerifyDelegated(repository_.Raw("bob"), "bob", *set.targets()),
      FailsWith(Failure::kUnauthorised, "bob"));
  EXPECT_THAT(set.VerifyDelegated(repository_.Raw("targets"), "targets",
                                  *set.targets()),
              FailsWith(Failure::kUnauthorised));
}

TEST_F(TrustedMetadataSetTest, RefusesADelegatedRoleUnsignedOrForeign) {
  const TrustedMetadataSet set = TrustTargets();
  EXPECT_THAT(VerifyAlice(set, repository_.RawSignedBy("alice", {})),
              FailsWith(Failure::kThreshold, "alice"));
  for (const char* other :
       {"root", "targets", "snapshot", "timestamp", "bob"}) {
    EXPECT_THAT(VerifyAlice(set, repository_.RawSignedBy(
                                     "alice", repository_.signers[other])),
                FailsWith(Failure::kThreshold, "alice"))
        << other;
  }
}

TEST_F(TrustedMetadataSetTest, RefusesADelegatedRoleOfAnotherVersion) {
  const TrustedMetadataSet set = TrustTargets();
  for (const int64_t version : {1, 6, 8}) {
    repository_.delegated["alice"].version = version;
    EXPECT_THAT(VerifyAlice(set, repository_.Raw("alice")),
                WrongVersion("alice", version < 7));
  }
}

TEST_F(TrustedMetadataSetTest, RefusesAnExpiredDelegatedRole) {
  repository_.delegated["alice"].expires = RepositoryFixture::now();
  const TrustedMetadataSet set = TrustTargets();
  EXPECT_THAT(VerifyAlice(set, repository_.Raw("alice")),
              FailsWith(Failure::kExpired, "alice"));
}

TEST_F(TrustedMetadataSetTest, ChecksLengthAndDigestsOfADelegatedRole) {
  repository_.snapshot_detail = MetaDetail::kLengthAndDigests;
  Refer();
  const RawMetadata good = repository_.Raw("alice");
  const TrustedMetadataSet set = TrustTargets();
  EXPECT_THAT(VerifyAlice(set, good), IsOk());
  EXPECT_THAT(VerifyAlice(set, {good.bytes + " "}),
              FailsWith(Failure::kLength));
  repository_.AddTarget("alice", "a/x", "CONTENT");
  EXPECT_THAT(VerifyAlice(set, repository_.Raw("alice")),
              FailsWith(Failure::kDigest));
}

// Digests, signatures, version, expiry: the first that is wrong is found.
TEST_F(TrustedMetadataSetTest, ChecksARoleInTheOrderOfTheSpecification) {
  repository_.snapshot_detail = MetaDetail::kLengthAndDigests;
  repository_.delegated["alice"].expires = RepositoryFixture::now();
  Refer();
  const std::vector<SigningKey> wrong = {NewKey()};
  const TrustedMetadataSet digests = TrustTargets();
  EXPECT_THAT(VerifyAlice(digests, repository_.RawSignedBy("alice", wrong)),
              FailsWith(Failure::kDigest));
  repository_.snapshot_detail = MetaDetail::kVersionOnly;
  Refer();
  const TrustedMetadataSet set = TrustTargets();
  repository_.delegated["alice"].version = 8;
  EXPECT_THAT(VerifyAlice(set, repository_.RawSignedBy("alice", wrong)),
              FailsWith(Failure::kThreshold));
  EXPECT_THAT(VerifyAlice(set, repository_.Raw("alice")),
              FailsWith(Failure::kVersion));
  repository_.delegated["alice"].version = 7;
  EXPECT_THAT(VerifyAlice(set, repository_.Raw("alice")),
              FailsWith(Failure::kExpired));
}

// A keyid is looked up among the delegator's own keys: root has one of the
// same name here, and alice another for bob.
TEST_F(TrustedMetadataSetTest, DelegatedKeysAreOnlyTheDelegatorsOwn) {
  const SigningKey stranger = NewKey().As("shared name");
  repository_.root.keys["shared name"] = stranger.Declared();
  repository_.delegated["alice"].delegations->keys["shared name"] =
      stranger.Declared();
  std::get<std::vector<tuf::DelegatedRole>>(
      repository_.targets.delegations->roles)[0]
      .keys.keyids.push_back("shared name");
  Refer();
  const TrustedMetadataSet set = TrustTargets();
  EXPECT_THAT(VerifyAlice(set, repository_.RawSignedBy("alice", {stranger})),
              FailsWith(Failure::kThreshold));
}

TEST_F(TrustedMetadataSetTest, RefusesAMalformedDelegatedRole) {
  const TrustedMetadataSet set = TrustTargets();
  EXPECT_THAT(VerifyAlice(set, {"null"}), FailsWith(Failure::kMalformed));
  EXPECT_THAT(VerifyAlice(set, repository_.RawEdited("alice", "\"length\":7",
                                                     "\"length\":-7")),
              FailsWith(Failure::kMalformed, "length"));
  EXPECT_THAT(
      VerifyAlice(set, repository_.RawEdited("alice", "\"_type\":\"targets\"",
                                             "\"_type\":\"alice\"")),
      FailsWith(Failure::kMalformed, "_type"));
}

TEST_F(TrustedMetadataSetTest, OneReferenceTimeForTheWholeRefresh) {
  const TrustedMetadataSet set = TrustTargets();
  EXPECT_EQ(set.now(), RepositoryFixture::now());
}

// The same role under two delegators with different keys: what one of them
// accepts says nothing about the other.
TEST_F(TrustedMetadataSetTest, EachDelegatorVerifiesWithItsOwnKeys) {
  repository_.Delegate("targets", "carol", {"c/*"});
  repository_.Delegate("alice", "shared", {"a/*"});
  repository_.signers["shared"] = {NewKey()};
  repository_.Delegate("carol", "shared", {"c/*"});
  Refer();
  const TrustedMetadataSet set = TrustTargets();
  ASSERT_OK_AND_ASSIGN(
      const auto alice,
      set.VerifyDelegated(repository_.Raw("alice"), "alice", *set.targets()));
  ASSERT_OK_AND_ASSIGN(
      const auto carol,
      set.VerifyDelegated(repository_.Raw("carol"), "carol", *set.targets()));
  const RawMetadata shared = repository_.Raw("shared");
  EXPECT_THAT(set.VerifyDelegated(shared, "shared", carol), IsOk());
  EXPECT_THAT(set.VerifyDelegated(shared, "shared", alice),
              FailsWith(Failure::kThreshold, "shared"));
  EXPECT_THAT(set.VerifyDelegated(shared, "shared", *set.targets()),
              FailsWith(Failure::kUnauthorised));
}

TEST_F(TrustedMetadataSetTest, VerifiesTheBinsOfASuccinctDelegation) {
  RepositoryFixture binned;
  binned.DelegateSuccinct("targets", 4, "bin");
  binned.UpdateSnapshotMeta();
  binned.UpdateTimestampMeta();
  TrustedMetadataSet set =
      TrustedMetadataSet::Create(binned.Raw("root"), RepositoryFixture::now())
          .value();
  ASSERT_THAT(set.UpdateTimestamp(binned.Raw("timestamp")), IsOk());
  ASSERT_THAT(set.UpdateSnapshot(binned.Raw("snapshot")), IsOk());
  ASSERT_THAT(set.UpdateTargets(binned.Raw("targets")), IsOk());
  for (const char* bin : {"bin-0", "bin-f"}) {
    EXPECT_THAT(set.VerifyDelegated(binned.Raw(bin), bin, *set.targets()),
                IsOk());
    EXPECT_THAT(set.VerifyDelegated(binned.RawSignedBy(bin, {NewKey()}), bin,
                                    *set.targets()),
                FailsWith(Failure::kThreshold, bin));
  }
  const tuf::Verified<tuf::Root> root =
      tuf::Verifier::VerifyInitialRoot(binned.Raw("root")).value();
  const auto targets =
      tuf::Verifier::VerifyTargets(binned.Raw("targets"), root).value();
  for (const char* other : {"bin-00", "bin-10", "bin-F", "bin", "alice"}) {
    EXPECT_THAT(
        tuf::Verifier::VerifyDelegated(binned.Raw("bin-0"), other, targets),
        FailsWith(Failure::kUnauthorised))
        << other;
  }
}

}  // namespace
}  // namespace tufmirror::testing
