// What an origin accepts of maintainers, and what it publishes of that.
#include "tufmirror/sync/claims.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "sync/claim_fixture.h"
#include "tufmirror/sync/repair.h"
#include "tufmirror/sync/run.h"
#include "tufmirror/sync/verify.h"

namespace tufmirror {
namespace {

using testing::ClaimFixture;
using testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kAlphaPage[] = "simple/alpha/index.html";

class ClaimsTest : public ClaimFixture {
 protected:
  void SetUp() override {
    Init();
    alpha_ = AddWheel("alpha", "1.0");
    AddWheel("beta", "1.0");
    RunCleanly();
  }
  tree::Home MakeReplica() {
    auto home = tree::Home::Create(dir_.Join("replica"));
    EXPECT_THAT(home, IsOk());
    dir_.Write("replica/trust/root.json", LiveFile("metadata/1.root.json"));
    return *std::move(home);
  }
  report::RunReport SyncReplica(const tree::Home& replica) {
    sync::Config config;
    config.upstream.urls = {"file://" + init_.home + "/live/"};
    config.brakes.min_free_space = 0;
    sync::RunOptions options;
    options.now = now_;
    return sync::RunSync(replica, config, options);
  }
  std::string ReplicaFile(const std::string& path) {
    return testing::ReadWholeFile(dir_.Join("replica/live/" + path));
  }
  void ExpectNoProblemsFound() {
    sync::VerifyOptions options;
    options.now = now_;
    options.depth = sync::VerifyDepth::kDeep;
    ASSERT_OK_AND_ASSIGN(const auto report, sync::VerifyHome(*home_, options));
    EXPECT_THAT(report.problems, IsEmpty());
    EXPECT_THAT(report.orphans, IsEmpty());
  }

  std::string alpha_;
};

TEST_F(ClaimsTest, AnOriginThatWasMadeWithoutClaimsAcceptsNone) {
  init_.home = dir_.Join("plain");
  init_.claims = false;
  Init();
  ASSERT_OK_AND_ASSIGN(const std::string request, Request("alpha", {&alice_}));
  EXPECT_THAT(Accept(request), FailsWith(Failure::kUnsupported, "--claims"));
}

TEST_F(ClaimsTest, WhatMaintainersSignIsWhatReadersFind) {
  const std::string page = *Download(kAlphaPage);
  Claim("alpha", {alpha_});
  EXPECT_EQ(StateOf("alpha"), "waiting");
  RunCleanly();
  EXPECT_EQ(StateOf("alpha"), "recently-claimed");
  EXPECT_EQ(*Download(kAlphaPage), page);
  EXPECT_THAT(Download("packages/alpha/" + alpha_), IsOk());
  EXPECT_THAT(Download("packages/alpha/" + alpha_ + ".metadata"), IsOk());
  EXPECT_TRUE(LiveHas("metadata/1.claim-alpha.json"));
  ExpectNoProblemsFound();
  EXPECT_FALSE(Run().published) << "nothing is new";
}

TEST_F(ClaimsTest, AReleaseOfUpstreamWaitsForItsMaintainers) {
  Claim("alpha", {alpha_});
  RunCleanly();
  const std::string page = *Download(kAlphaPage);
  const std::string next = AddWheel("alpha", "1.1");
  AddWheel("beta", "1.1");
  EXPECT_THAT(RunWithProblem("alpha"),
              FailsWith(Failure::kHeldBack, "have not signed " + next));
  EXPECT_EQ(*Download(kAlphaPage), page);
  EXPECT_THAT(Download("packages/alpha/" + next), Not(IsOk()));
  EXPECT_THAT(Page("beta"), HasSubstr("beta-1.1"));
  EXPECT_THAT(RunWithProblem("alpha"),
              FailsWith(Failure::kHeldBack, "have not signed"))
      << "in every run";
  Release("alpha", {next}, {&alice_});
  RunCleanly();
  EXPECT_THAT(Page("alpha"), HasSubstr(next));
  EXPECT_THAT(Page("alpha"), HasSubstr(alpha_));
  ExpectNoProblemsFound();
}

TEST_F(ClaimsTest, AFileThatUpstreamDropsStaysUntilItsMaintainersDropIt) {
  Claim("alpha", {alpha_});
  RunCleanly();
  RemoveFile(alpha_);
  EXPECT_THAT(RunWithProblem("alpha"),
              FailsWith(Failure::kHeldBack, "upstream dropped " + alpha_));
  EXPECT_THAT(Download("packages/alpha/" + alpha_), IsOk());
}

TEST_F(ClaimsTest, ASignedReleaseWaitsForUpstream) {
  const std::string next = AddWheel("alpha", "1.1");
  Claim("alpha", {alpha_, next});
  RemoveFile(next);
  EXPECT_THAT(RunWithProblem("alpha"),
              FailsWith(Failure::kHeldBack, "waits for upstream"));
  EXPECT_EQ(StateOf("alpha"), "waiting");
  EXPECT_THAT(Page("alpha"), Not(HasSubstr("1.1")));
  AddSdist("alpha", "1.1");
  EXPECT_THAT(RunWithProblem("alpha"),
              FailsWith(Failure::kHeldBack, "got no such file"));
  AddWheel("alpha", "1.1");
  EXPECT_THAT(RunWithProblem("alpha"),
              FailsWith(Failure::kHeldBack, "have not signed"))
      << "the sdist";
  EXPECT_THAT(Page("alpha"), HasSubstr(next));
}

TEST_F(ClaimsTest, OtherBytesOfUpstreamAreNotPublished) {
  const std::string next = AddWheel("alpha", "1.1");
  Claim("alpha", {alpha_, next});
  const auto other = testing::BuildWheel({"alpha", "1.1", ">=3.9"});
  AddFile(next, other);
  EXPECT_THAT(RunWithProblem("alpha"),
              FailsWith(Failure::kHeldBack, "waits for upstream"));
  EXPECT_EQ(StateOf("alpha"), "waiting");
}

TEST_F(ClaimsTest, AReleaseThatContradictsWhatIsPublishedStopsNobodyElse) {
  ASSERT_OK_AND_ASSIGN(const std::string request, Request("alpha", {&alice_}));
  ASSERT_THAT(Accept(request), IsOk());
  ASSERT_OK_AND_ASSIGN(const std::string text, Sign("alpha", {alpha_}, {}));
  ASSERT_OK_AND_ASSIGN(repo::ClaimBundle bundle, repo::ParseClaimBundle(text));
  ASSERT_OK_AND_ASSIGN(tuf::Targets role, repo::ReadTargetsRole(bundle.role));
  for (tuf::TargetFile& target : role.targets) {
    if (target.path.ends_with(".metadata")) ++target.content.length;
  }
  bundle.role = tuf::WriteMetadata(tuf::CanonicalForm(role), {});
  ASSERT_OK_AND_ASSIGN(bundle,
                       repo::SignClaimBundle(std::move(bundle), alice_));
  ASSERT_THAT(Accept(repo::WriteClaimBundle(bundle)), IsOk());
  AddWheel("beta", "1.1");
  EXPECT_THAT(RunWithProblem("alpha"),
              FailsWith(Failure::kHeldBack, "other content than was signed"));
  EXPECT_THAT(Page("beta"), HasSubstr("beta-1.1"));
}

TEST_F(ClaimsTest, RefusesABundleWithoutARequest) {
  ASSERT_OK_AND_ASSIGN(const std::string bundle,
                       Sign("alpha", {alpha_}, {&alice_}));
  EXPECT_THAT(Accept(bundle), FailsWith(Failure::kUnauthorised, "request"));
}

TEST_F(ClaimsTest, RefusesFewerSignaturesThanTheThreshold) {
  ASSERT_OK_AND_ASSIGN(const std::string request,
                       Request("alpha", {&alice_, &bob_}, 2));
  ASSERT_THAT(Accept(request), IsOk());
  ASSERT_OK_AND_ASSIGN(const std::string one,
                       Sign("alpha", {alpha_}, {&alice_}));
  EXPECT_THAT(Accept(one), FailsWith(Failure::kThreshold, "expected 2"));
  Release("alpha", {alpha_}, {&alice_, &bob_});
}

TEST_F(ClaimsTest, RefusesVersionsOutOfOrder) {
  Claim("alpha", {alpha_});
  EXPECT_THAT(Accept(bundles_["alpha"]),
              FailsWith(Failure::kVersion, "expected version 2"))
      << "waiting";
  RunCleanly();
  EXPECT_THAT(Accept(bundles_["alpha"]),
              FailsWith(Failure::kVersion, "expected version 2"))
      << "published";
  ASSERT_OK_AND_ASSIGN(bundles_["alpha"], Sign("alpha", {}, {&alice_}));
  ASSERT_OK_AND_ASSIGN(const std::string third, Sign("alpha", {}, {&alice_}));
  EXPECT_THAT(Accept(third), FailsWith(Failure::kVersion, "got 3"));
}

TEST_F(ClaimsTest, RefusesWhatIsExpired) {
  ASSERT_OK_AND_ASSIGN(const std::string request, Request("alpha", {&alice_}));
  now_ += absl::Hours(25);
  EXPECT_THAT(Accept(request), FailsWith(Failure::kExpired, "until"));
  ASSERT_OK_AND_ASSIGN(const std::string fresh, Request("alpha", {&alice_}));
  ASSERT_THAT(Accept(fresh), IsOk());
  life_ = absl::Hours(1);
  ASSERT_OK_AND_ASSIGN(const std::string bundle,
                       Sign("alpha", {alpha_}, {&alice_}));
  now_ += absl::Hours(2);
  EXPECT_THAT(Accept(bundle), FailsWith(Failure::kExpired, "expired"));
}

TEST_F(ClaimsTest, WhatExpiresBeforeItIsPublishedIsHeldBack) {
  life_ = absl::Hours(1);
  Claim("alpha", {alpha_});
  now_ += absl::Hours(2);
  EXPECT_THAT(RunWithProblem("alpha"),
              FailsWith(Failure::kExpired, "before it could be published"));
}

TEST_F(ClaimsTest, KeysChangeOnlyWithTheSignatureOfTheOldOnes) {
  Claim("alpha", {alpha_});
  RunCleanly();
  ASSERT_OK_AND_ASSIGN(const std::string own, Request("alpha", {&bob_}));
  EXPECT_THAT(Accept(own), FailsWith(Failure::kThreshold, "new keys"));
  ASSERT_OK_AND_ASSIGN(const std::string self,
                       Request("alpha", {&bob_}, 1, {&bob_}));
  EXPECT_THAT(Accept(self), FailsWith(Failure::kThreshold, "new keys"));
  ASSERT_OK_AND_ASSIGN(const std::string signed_by_old,
                       Request("alpha", {&bob_}, 1, {&alice_}));
  ASSERT_THAT(Accept(signed_by_old), IsOk());
  ASSERT_OK_AND_ASSIGN(const std::string old, Sign("alpha", {}, {&alice_}));
  EXPECT_THAT(Accept(old), FailsWith(Failure::kThreshold, ""));
  Release("alpha", {}, {&bob_});
  RunCleanly();
  EXPECT_THAT(Download(kAlphaPage), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto listings, sync::ListClaims(*home_));
  EXPECT_EQ(listings.at(0).keys, KeysOf({&bob_}, 1));
}

TEST_F(ClaimsTest, AnOperatorCanVouchForNewKeys) {
  Claim("alpha", {alpha_});
  RunCleanly();
  ASSERT_OK_AND_ASSIGN(const std::string own, Request("alpha", {&bob_}));
  ASSERT_THAT(Accept(own, sync::KeyChange::kVouchedForByOperator), IsOk());
  Release("alpha", {}, {&bob_});
  RunCleanly();
  EXPECT_THAT(Download(kAlphaPage), IsOk());
}

TEST_F(ClaimsTest, AnAbandonedClaimIsWarnedOfAndThenHidesTheProject) {
  life_ = absl::Hours(40 * 24);
  Claim("alpha", {alpha_});
  RunCleanly();
  now_ += absl::Hours(12 * 24);
  const report::RunReport warned = Run();
  EXPECT_THAT(warned.warnings,
              ::testing::Contains(HasSubstr("alpha: what its maintainers")));
  now_ += absl::Hours(29 * 24);
  EXPECT_THAT(RunWithProblem("alpha"),
              FailsWith(Failure::kExpired, "readers refuse it"));
  EXPECT_THAT(Download(kAlphaPage), FailsWith(Failure::kExpired, "expired"));
  EXPECT_THAT(Page("beta"), HasSubstr("beta-1.0")) << "the others go on";
  Release("alpha", {}, {&alice_});
  now_ += absl::Seconds(1);
  Run();
  EXPECT_THAT(Download(kAlphaPage), IsOk());
}

TEST_F(ClaimsTest, AReplicaFollowsPastAnAbandonedClaim) {
  life_ = absl::Hours(40 * 24);
  Claim("alpha", {alpha_});
  RunCleanly();
  const tree::Home replica = MakeReplica();
  ASSERT_THAT(SyncReplica(replica).outcome, IsOk());
  const std::string alpha = ReplicaFile(kAlphaPage);
  EXPECT_EQ(alpha, LiveFile(kAlphaPage));
  for (const char* version : {"1.1", "1.2"}) {
    now_ += absl::Hours(41 * 24);
    AddWheel("beta", version);
    Run();
    const report::RunReport report = SyncReplica(replica);
    ASSERT_THAT(report.outcome, IsOk());
    ASSERT_THAT(report.problems, SizeIs(1));
    EXPECT_THAT(report.problems[0].reason,
                FailsWith(Failure::kExpired, "readers refuse"));
    EXPECT_EQ(ReplicaFile(kAlphaPage), alpha);
    EXPECT_THAT(ReplicaFile("simple/beta/index.html"), HasSubstr(version));
  }
}

TEST_F(ClaimsTest, RevocationLeavesReadersWhatWasSigned) {
  Claim("alpha", {alpha_});
  RunCleanly();
  const std::string page = *Download(kAlphaPage);
  ASSERT_THAT(sync::RevokeClaim(*home_, Name("alpha")), IsOk());
  RunCleanly();
  EXPECT_EQ(StateOf("alpha"), "");
  EXPECT_EQ(*Download(kAlphaPage), page);
  EXPECT_THAT(Download("packages/alpha/" + alpha_), IsOk());
  AddWheel("alpha", "1.1");
  RunCleanly();
  EXPECT_THAT(Page("alpha"), HasSubstr("alpha-1.1"));
  ExpectNoProblemsFound();
}

TEST_F(ClaimsTest, ARevokedProjectCanBeClaimedAgain) {
  Claim("alpha", {alpha_});
  RunCleanly();
  ASSERT_THAT(sync::RevokeClaim(*home_, Name("alpha")), IsOk());
  RunCleanly();
  ASSERT_OK_AND_ASSIGN(const std::string request, Request("alpha", {&bob_}));
  ASSERT_THAT(Accept(request), IsOk());
  EXPECT_THAT(Accept(bundles_["alpha"]), FailsWith(Failure::kThreshold, ""));
  Release("alpha", {}, {&bob_});
  RunCleanly();
  EXPECT_EQ(StateOf("alpha"), "recently-claimed");
  EXPECT_THAT(Download(kAlphaPage), IsOk());
}

TEST_F(ClaimsTest, NothingToRevokeIsAnError) {
  EXPECT_THAT(sync::RevokeClaim(*home_, Name("alpha")),
              FailsWith(Failure::kUsage, "alpha is none"));
}

TEST_F(ClaimsTest, TheOfflineKeysTakeAProjectAndGiveItBack) {
  Claim("alpha", {alpha_});
  RunCleanly();
  const repo::Signer offline = OfflineKey();
  ASSERT_OK_AND_ASSIGN(const std::string next,
                       NextClaimed(1, {"alpha"}, {}, offline));
  ASSERT_OK_AND_ASSIGN(const tuf::Targets role, repo::ReadClaimedRole(next));
  EXPECT_THAT(Accept(SignedRole(role, alice_)),
              FailsWith(Failure::kThreshold, "claimed"));
  ASSERT_THAT(Accept(next), IsOk());
  RunCleanly();
  EXPECT_EQ(StateOf("alpha"), "claimed");
  EXPECT_THAT(Download(kAlphaPage), IsOk());
  EXPECT_THAT(Accept(next), FailsWith(Failure::kVersion, "expected version 3"));
  EXPECT_THAT(sync::RevokeClaim(*home_, Name("alpha")),
              FailsWith(Failure::kKey, "promote --remove alpha"));
  ASSERT_OK_AND_ASSIGN(const std::string without,
                       NextClaimed(2, {}, {"alpha"}, offline));
  ASSERT_THAT(Accept(without), IsOk());
  const std::string page = *Download(kAlphaPage);
  RunCleanly();
  EXPECT_EQ(*Download(kAlphaPage), page);
  ExpectNoProblemsFound();
}

TEST_F(ClaimsTest, AProjectIsNotClaimedOfflineBeforeItHasPublished) {
  ASSERT_OK_AND_ASSIGN(requests_["alpha"], Request("alpha", {&alice_}));
  ASSERT_THAT(Accept(requests_["alpha"]), IsOk());
  ASSERT_OK_AND_ASSIGN(const std::string next,
                       NextClaimed(1, {"alpha"}, {}, OfflineKey()));
  ASSERT_THAT(Accept(next), IsOk());
  EXPECT_THAT(RunWithProblem("claimed"),
              FailsWith(Failure::kNotFound, "alpha has published nothing"));
  EXPECT_THAT(Download(kAlphaPage), IsOk());
}

TEST_F(ClaimsTest, OfflineKeysForOtherKeysThanWhatIsPublishedAreHeldBack) {
  Claim("alpha", {alpha_});
  RunCleanly();
  ASSERT_OK_AND_ASSIGN(requests_["alpha"], Request("alpha", {&bob_}));
  ASSERT_OK_AND_ASSIGN(const std::string next,
                       NextClaimed(1, {"alpha"}, {}, OfflineKey()));
  ASSERT_THAT(Accept(next), IsOk());
  EXPECT_THAT(RunWithProblem("claimed"), FailsWith(Failure::kThreshold, ""));
  EXPECT_THAT(Download(kAlphaPage), IsOk());
}

TEST_F(ClaimsTest, ARollbackIsFollowedByWhatWasAcceptedLast) {
  Claim("alpha", {alpha_});
  RunCleanly();
  const std::string next = AddWheel("alpha", "1.1");
  Release("alpha", {next}, {&alice_});
  RunCleanly();
  ASSERT_THAT(tree::Publisher::Rollback(*home_), IsOk());
  EXPECT_THAT(Page("alpha"), Not(HasSubstr(next)));
  RunCleanly();
  EXPECT_THAT(Page("alpha"), HasSubstr(next));
  ExpectNoProblemsFound();
}

TEST_F(ClaimsTest, ALostStateOfTheOriginChangesNothing) {
  Claim("alpha", {alpha_});
  RunCleanly();
  ASSERT_THAT(fs::RemoveTree(home_->layout().claims()), IsOk());
  ASSERT_THAT(fs::Remove(home_->layout().origin_state()), IsOk());
  ASSERT_THAT(fs::Remove(home_->layout().source_index()), IsOk());
  EXPECT_THAT(Run().problems, IsEmpty());
  EXPECT_EQ(StateOf("alpha"), "recently-claimed");
  ASSERT_OK_AND_ASSIGN(bundles_["alpha"],
                       sync::ExportClaim(*home_, Name("alpha")));
  const std::string next = AddWheel("alpha", "1.1");
  Release("alpha", {next}, {&alice_});
  RunCleanly();
  EXPECT_THAT(Page("alpha"), HasSubstr(next));
}

TEST_F(ClaimsTest, RepairBringsTheSignedPagesBack) {
  const std::string next = AddWheel("alpha", "1.1");
  Claim("alpha", {next});  // not all that upstream has
  Run();
  const std::string page = LiveFile(kAlphaPage);
  for (const char* name : {"index.html", "index.v1_json"}) {
    dir_.Write(std::string("home/live/simple/alpha/") + name, "damaged");
  }
  sync::VerifyOptions options;
  options.now = now_;
  options.depth = sync::VerifyDepth::kDeep;
  ASSERT_OK_AND_ASSIGN(const auto repaired,
                       sync::RepairHome(*home_, config_, options));
  EXPECT_THAT(repaired.after.problems, IsEmpty());
  EXPECT_EQ(LiveFile(kAlphaPage), page);
}

TEST_F(ClaimsTest, ADryRunChangesNothing) {
  Claim("alpha", {alpha_});
  std::vector<std::string> planned;
  const report::RunReport report = DryRun(planned);
  ASSERT_THAT(report.outcome, IsOk());
  EXPECT_THAT(planned, ::testing::Contains("change simple/alpha/index.html"));
  EXPECT_EQ(StateOf("alpha"), "waiting");
}

TEST_F(ClaimsTest, CustomFieldsAreTheMaintainersAffair) {
  Claim("alpha", {alpha_});
  RunCleanly();
  config_.origin.custom_fields = {repo::CustomField::kRequiresPython};
  RunCleanly();
  EXPECT_THAT(Download("packages/alpha/" + alpha_), IsOk());
  ExpectNoProblemsFound();
}

}  // namespace
}  // namespace tufmirror
