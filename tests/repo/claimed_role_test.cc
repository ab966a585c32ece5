// What the offline keys sign of `claimed`: what a person is shown, on top of
// what was signed before.
#include "tufmirror/repo/claimed_role.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "support/status_matchers.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/repo/claim_roles.h"
#include "tufmirror/repo/signer.h"
#include "tufmirror/tuf/verified.h"

namespace tufmirror::repo {
namespace {

using testing::FailsWith;
using testing::IsOk;

class ClaimedRoleTest : public ::testing::Test {
 protected:
  static pypi::ProjectName Project(std::string_view name) {
    return *pypi::ProjectName::Parse(name);
  }
  static ClaimKeys KeysOf(const Signer& maintainer) {
    return {{{maintainer.keyid(), maintainer.key()}}, 1};
  }
  static absl::Time Expiry() { return absl::FromUnixSeconds(1'900'000'000); }
  // `claimed` with the one project six.
  tuf::Targets WithSix(int64_t version = 3) const {
    tuf::Targets role;
    role.version = version;
    role.expires = Expiry();
    return WithClaim(std::move(role), Project("six"), KeysOf(alice_));
  }
  static std::string Signed(const tuf::Targets& role, const Signer& signer) {
    const std::string canonical = tuf::CanonicalForm(role);
    return tuf::WriteMetadata(canonical, {*signer.Sign(canonical)});
  }
  // Flit is to be added.
  ClaimedChanges Changes() const {
    ClaimedChanges changes;
    changes.add = {{Project("flit"), KeysOf(alice_), "", Expiry()}};
    changes.expires = Expiry();
    return changes;
  }
  absl::StatusOr<std::string> Next(const std::string& current) const {
    return NextClaimedRole(current, Changes(), {&offline_});
  }
  static std::vector<tuf::DelegatedRole>& RolesOf(tuf::Targets& role) {
    return std::get<std::vector<tuf::DelegatedRole>>(role.delegations->roles);
  }
  // Nobody signs it, neither anew nor on top of it.
  void ExpectRefused(const tuf::Targets& role, const std::string& why) const {
    EXPECT_THAT(CheckOnlyClaims(role), FailsWith(Failure::kMalformed, why));
    const std::string text = Signed(role, offline_);
    EXPECT_THAT(Next(text), FailsWith(Failure::kMalformed, why));
    EXPECT_THAT(SignClaimedRole(text, alice_),
                FailsWith(Failure::kMalformed, why));
    EXPECT_THAT(ReadClaimedRole(text), FailsWith(Failure::kMalformed, why));
  }

  Signer offline_ = *Signer::Generate();
  Signer alice_ = *Signer::Generate();
};

TEST_F(ClaimedRoleTest, TheNextOneHasWhatWasThereAndWhatIsAdded) {
  ASSERT_OK_AND_ASSIGN(const std::string text,
                       Next(Signed(WithSix(), offline_)));
  ASSERT_OK_AND_ASSIGN(const tuf::Targets next, ReadClaimedRole(text));
  EXPECT_EQ(next.version, 4);
  EXPECT_EQ(ProjectsIn(next),
            (std::vector<pypi::ProjectName>{Project("flit"), Project("six")}));
}

TEST_F(ClaimedRoleTest, NobodyBuildsOnWhatNoneOfTheKeysHasSigned) {
  EXPECT_THAT(Next(Signed(WithSix(), alice_)),
              FailsWith(Failure::kThreshold, "expected a good signature"));
  EXPECT_THAT(Next(tuf::WriteMetadata(tuf::CanonicalForm(WithSix()), {})),
              FailsWith(Failure::kThreshold, "expected a good signature"));
  tuf::Signature other = *offline_.Sign("something else");
  EXPECT_THAT(Next(tuf::WriteMetadata(tuf::CanonicalForm(WithSix()), {other})),
              FailsWith(Failure::kThreshold, "expected a good signature"));
}

TEST_F(ClaimedRoleTest, AGoodSignatureCountsUnderWhateverKeyid) {
  const std::string canonical = tuf::CanonicalForm(WithSix());
  tuf::Signature renamed = *offline_.Sign(canonical);
  renamed.keyid = "declared otherwise";
  EXPECT_THAT(Next(tuf::WriteMetadata(canonical, {renamed})), IsOk());
}

TEST_F(ClaimedRoleTest, RefusesADelegationThatIsNoProject) {
  tuf::Targets role = WithSix();
  tuf::DelegatedRole more;
  more.name = "zz";
  more.keys = KeysOf(alice_).role();
  more.paths = tuf::PathPatterns{{"simple/*/*"}};
  RolesOf(role).push_back(more);
  ExpectRefused(role, "zz");
}

TEST_F(ClaimedRoleTest, RefusesOtherPathsThanTheProjects) {
  tuf::Targets role = WithSix();
  std::get<tuf::PathPatterns>(RolesOf(role)[0].paths).patterns.push_back("*");
  ExpectRefused(role, "claim-six");
  role = WithSix();
  RolesOf(role)[0].paths = tuf::PathHashPrefixes{{"0"}};
  ExpectRefused(role, "claim-six");
  role = WithSix();
  RolesOf(role)[0].name = "claim-Six";
  ExpectRefused(role, "claim-Six");
}

TEST_F(ClaimedRoleTest, RefusesAProjectThatDoesNotTerminate) {
  tuf::Targets role = WithSix();
  RolesOf(role)[0].terminating = false;
  ExpectRefused(role, "claim-six");
}

TEST_F(ClaimedRoleTest, RefusesATarget) {
  tuf::Targets role = WithSix();
  role.targets.push_back({"packages/requests/evil.whl", {}, {}});
  role.targets[0].content.digests.sha256 = crypto::Sha256Of("evil");
  ExpectRefused(role, "packages/requests/evil.whl");
}

TEST_F(ClaimedRoleTest, RefusesHashBins) {
  tuf::Targets role = WithSix();
  tuf::SuccinctRoles bins;
  bins.keys = KeysOf(alice_).role();
  bins.bit_length = 1;
  bins.name_prefix = "claim";
  role.delegations->roles = bins;
  ExpectRefused(role, "hash bins");
}

TEST_F(ClaimedRoleTest, RefusesAVersionThatNoneCanFollow) {
  EXPECT_THAT(Next(Signed(WithSix(kMaxRoleVersion), offline_)),
              FailsWith(Failure::kVersion, "no version follows"));
  EXPECT_THAT(
      SignClaimedRole(
          Signed(WithSix(std::numeric_limits<int64_t>::max()), offline_),
          alice_),
      FailsWith(Failure::kMalformed, "at most"));
}

TEST_F(ClaimedRoleTest, HoldersSignOneAfterTheOther) {
  ASSERT_OK_AND_ASSIGN(const std::string first,
                       Next(Signed(WithSix(), offline_)));
  EXPECT_THAT(SignClaimedRole(first, offline_),
              FailsWith(Failure::kUsage, "already"));
  ASSERT_OK_AND_ASSIGN(const std::string both, SignClaimedRole(first, alice_));
  ClaimKeys keys = KeysOf(offline_);
  keys.keys.emplace(alice_.keyid(), alice_.key());
  keys.threshold = 2;
  EXPECT_THAT(
      tuf::Verifier::CheckSigned({both}, "claimed", keys.keys, keys.role()),
      IsOk());
}

TEST_F(ClaimedRoleTest, AProjectIsTakenOutOnlyIfItIsThere) {
  ClaimedChanges changes;
  changes.remove = {Project("six")};
  changes.expires = Expiry();
  const std::string current = Signed(WithSix(), offline_);
  ASSERT_OK_AND_ASSIGN(const std::string text,
                       NextClaimedRole(current, changes, {&offline_}));
  ASSERT_OK_AND_ASSIGN(const tuf::Targets next, ReadClaimedRole(text));
  EXPECT_TRUE(ProjectsIn(next).empty());
  EXPECT_THAT(NextClaimedRole(text, changes, {&offline_}),
              FailsWith(Failure::kUsage, "not there"));
}

}  // namespace
}  // namespace tufmirror::repo
