// What operators and holders of keys get wrong about claims, and what becomes
// of that.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "sync/claim_fixture.h"
#include "tufmirror/repo/claim_roles.h"

namespace tufmirror {
namespace {

using testing::ClaimFixture;
using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOk;

class ClaimMistakesTest : public ClaimFixture {
 protected:
  void SetUp() override {
    Init();
    alpha_ = AddWheel("alpha", "1.0");
    RunCleanly();
  }

  std::string alpha_;
};

TEST_F(ClaimMistakesTest, ARevocationSaysWhatItTookBack) {
  ASSERT_OK_AND_ASSIGN(const std::string request, Request("alpha", {&alice_}));
  ASSERT_THAT(Accept(request), IsOk());
  ASSERT_OK_AND_ASSIGN(sync::RevokedClaim revoked,
                       sync::RevokeClaim(*home_, Name("alpha")));
  EXPECT_EQ(revoked, sync::RevokedClaim::kRequest);
  Claim("alpha", {alpha_});
  RunCleanly();
  ASSERT_OK_AND_ASSIGN(revoked, sync::RevokeClaim(*home_, Name("alpha")));
  EXPECT_EQ(revoked, sync::RevokedClaim::kPublished);
}

TEST_F(ClaimMistakesTest, WhatWasAcceptedAlreadyIsAcceptedAgain) {
  ASSERT_OK_AND_ASSIGN(const std::string request, Request("alpha", {&alice_}));
  ASSERT_THAT(Accept(request), IsOk());
  EXPECT_THAT(Accept(request), IsOk());
  ASSERT_OK_AND_ASSIGN(const std::string other,
                       Request("alpha", {&alice_}, 1, {&bob_}));
  EXPECT_THAT(Accept(other), FailsWith(Failure::kThreshold, "new keys"));
}

TEST_F(ClaimMistakesTest, ADamagedRequestIsNamedAndReplaced) {
  ASSERT_OK_AND_ASSIGN(const std::string request, Request("alpha", {&alice_}));
  ASSERT_THAT(Accept(request), IsOk());
  dir_.Write("home/state/claims/alpha.request", "");
  EXPECT_THAT(sync::ListClaims(*home_),
              FailsWith(Failure::kMalformed, "claims/alpha.request"));
  EXPECT_THAT(Accept(request),
              FailsWith(Failure::kMalformed, "claims/alpha.request"));
  EXPECT_THAT(Accept(request, sync::KeyChange::kVouchedForByOperator), IsOk());
  EXPECT_EQ(StateOf("alpha"), "requested");
}

TEST_F(ClaimMistakesTest, ARemovalThatWasAcceptedByMistakeIsCorrected) {
  Claim("alpha", {alpha_});
  RunCleanly();
  ASSERT_OK_AND_ASSIGN(const std::string with,
                       NextClaimed(1, {"alpha"}, {}, OfflineKey()));
  ASSERT_THAT(Accept(with), IsOk());
  RunCleanly();
  ASSERT_OK_AND_ASSIGN(const std::string without,
                       NextClaimed(2, {}, {"alpha"}, OfflineKey()));
  ASSERT_THAT(Accept(without), IsOk());
  ASSERT_OK_AND_ASSIGN(const std::string corrected,
                       NextClaimed(2, {"alpha"}, {}, OfflineKey()));
  ASSERT_THAT(Accept(corrected), IsOk());
  RunCleanly();
  EXPECT_EQ(StateOf("alpha"), "claimed");
  Release("alpha", {AddWheel("alpha", "1.1")}, {&alice_});
  RunCleanly();
  EXPECT_THAT(Page("alpha"), HasSubstr("alpha-1.1"));
}

TEST_F(ClaimMistakesTest, WhatWasAcceptedIsNotLostToAnotherOfThatVersion) {
  Claim("alpha", {alpha_});
  RunCleanly();
  ASSERT_OK_AND_ASSIGN(const std::string accepted,
                       NextClaimed(1, {"alpha"}, {}, OfflineKey()));
  ASSERT_THAT(Accept(accepted), IsOk());
  RunCleanly();
  ASSERT_OK_AND_ASSIGN(tuf::Targets other, repo::ReadClaimedRole(accepted));
  other.expires += absl::Hours(1);
  dir_.Write("home/state/claims/.claimed", SignedRole(other, OfflineKey()));
  EXPECT_THAT(RunWithProblem("claimed"),
              FailsWith(Failure::kHeldBack, "another version 2"));
}

TEST_F(ClaimMistakesTest, LostKeysOfAClaimedProjectAreReplaced) {
  Claim("alpha", {alpha_});
  RunCleanly();
  ASSERT_OK_AND_ASSIGN(const std::string promoted,
                       NextClaimed(1, {"alpha"}, {}, OfflineKey()));
  ASSERT_THAT(Accept(promoted), IsOk());
  RunCleanly();
  ASSERT_OK_AND_ASSIGN(requests_["alpha"], Request("alpha", {&bob_}));
  ASSERT_OK_AND_ASSIGN(const std::string early,
                       NextClaimed(2, {"alpha"}, {}, OfflineKey()));
  ASSERT_THAT(Accept(early), IsOk());
  EXPECT_THAT(RunWithProblem("claimed"),
              FailsWith(Failure::kThreshold, "take alpha out first"));
  ASSERT_OK_AND_ASSIGN(const std::string without,
                       NextClaimed(2, {}, {"alpha"}, OfflineKey()));
  ASSERT_THAT(Accept(without), IsOk());
  RunCleanly();
  ASSERT_THAT(Accept(requests_["alpha"]), IsOk());
  Release("alpha", {}, {&bob_});
  RunCleanly();
  EXPECT_EQ(StateOf("alpha"), "recently-claimed");
}

TEST_F(ClaimMistakesTest, ARoleThatIsTooLongForReadersIsNotAccepted) {
  Claim("alpha", {alpha_});
  ASSERT_OK_AND_ASSIGN(std::string next,
                       NextClaimed(1, {"alpha"}, {}, OfflineKey()));
  next.append(size_t{64} << 20, ' ');
  EXPECT_THAT(Accept(next), FailsWith(Failure::kTooLarge, "role 'claimed'"));
}

TEST_F(ClaimMistakesTest, NobodySignsAVersionThatNoneCanFollow) {
  for (const int64_t last : {repo::kMaxRoleVersion, int64_t{-1}}) {
    sync::ReleaseOptions options{Name("alpha")};
    options.distributions = {dir_.Join("source/" + alpha_)};
    options.last_version = last;
    options.expires = now_ + life_;
    EXPECT_THAT(sync::PrepareRelease(options),
                FailsWith(Failure::kUsage, "signed last"));
  }
}

TEST_F(ClaimMistakesTest, TheOfflineKeysClaimProjectsAndNothingElse) {
  ASSERT_OK_AND_ASSIGN(
      tuf::Targets role,
      repo::ReadClaimedRole(LiveFile("metadata/1.claimed.json")));
  role = repo::WithClaim(std::move(role), Name("zz"), KeysOf({&alice_}, 1));
  auto& delegation =
      std::get<std::vector<tuf::DelegatedRole>>(role.delegations->roles)[0];
  delegation.terminating = false;
  ++role.version;
  const std::string text = SignedRole(role, OfflineKey());
  EXPECT_THAT(Accept(text), FailsWith(Failure::kMalformed, "claim-zz"));
  dir_.Write("home/state/claims/.claimed", text);
  EXPECT_THAT(RunWithProblem("claimed"),
              FailsWith(Failure::kMalformed, "claim-zz"))
      << "accepted by a release before";
}

}  // namespace
}  // namespace tufmirror
