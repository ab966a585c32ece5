// Delegated roles (TUF 5.6.7) through the trusted set: the same checks as for
// top-level targets, by the keys of the delegator.
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "support/repository_fixture.h"
#include "support/status_matchers.h"
#include "tuf/trust_state.h"
#include "tuf/trusted_set_fixture.h"
#include "tufmirror/tuf/trusted_metadata_set.h"

namespace tufmirror::testing {
namespace {

using tuf::RawMetadata;
using tuf::TrustedMetadataSet;

class DelegatedRoleTest : public TrustedSetFixture {
 protected:
  // Verifies `raw` as alice, a role of the trusted targets.
  static absl::Status VerifyAlice(const tuf::TrustedMetadataSet& set,
                                  const tuf::RawMetadata& raw) {
    const TrustState before = StateOf(set);
    const absl::Status status =
        set.VerifyDelegated(raw, "alice", *set.targets()).status();
    EXPECT_EQ(StateOf(set), before);
    return status;
  }
};

TEST_F(DelegatedRoleTest, ADelegatedRoleMustBeInTheSnapshot) {
  std::erase_if(repository_.snapshot.meta,
                [](const auto& entry) { return entry.first == "alice"; });
  repository_.UpdateTimestampMeta();
  const TrustedMetadataSet set = TrustTargets();
  EXPECT_THAT(VerifyAlice(set, repository_.Raw("alice")),
              FailsWith(Failure::kUnauthorised, "alice"));
}

TEST_F(DelegatedRoleTest, ADelegatedRoleMustBeDelegated) {
  const TrustedMetadataSet set = TrustTargets();
  EXPECT_THAT(
      set.VerifyDelegated(repository_.Raw("bob"), "bob", *set.targets()),
      FailsWith(Failure::kUnauthorised, "bob"));
  EXPECT_THAT(set.VerifyDelegated(repository_.Raw("targets"), "targets",
                                  *set.targets()),
              FailsWith(Failure::kUnauthorised));
}

TEST_F(DelegatedRoleTest, RefusesADelegatedRoleUnsignedOrForeign) {
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

TEST_F(DelegatedRoleTest, RefusesADelegatedRoleOfAnotherVersion) {
  const TrustedMetadataSet set = TrustTargets();
  for (const int64_t version : {1, 6, 8}) {
    repository_.delegated["alice"].version = version;
    EXPECT_THAT(VerifyAlice(set, repository_.Raw("alice")),
                WrongVersion("alice", version < 7));
  }
}

TEST_F(DelegatedRoleTest, RefusesAnExpiredDelegatedRole) {
  repository_.delegated["alice"].expires = RepositoryFixture::now();
  const TrustedMetadataSet set = TrustTargets();
  EXPECT_THAT(VerifyAlice(set, repository_.Raw("alice")),
              FailsWith(Failure::kExpired, "alice"));
}

TEST_F(DelegatedRoleTest, ChecksLengthAndDigestsOfADelegatedRole) {
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

TEST_F(DelegatedRoleTest, ChecksARoleInTheOrderOfTheSpecification) {
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

TEST_F(DelegatedRoleTest, DelegatedKeysAreOnlyTheDelegatorsOwn) {
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

TEST_F(DelegatedRoleTest, RefusesAMalformedDelegatedRole) {
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

TEST_F(DelegatedRoleTest, EachDelegatorVerifiesWithItsOwnKeys) {
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

TEST_F(DelegatedRoleTest, VerifiesTheBinsOfASuccinctDelegation) {
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
