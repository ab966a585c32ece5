#include <gtest/gtest.h>

#include <filesystem>

#include "sync/ceremony_origin.h"
#include "tufmirror/tree/publisher.h"

namespace tufmirror::sync {
namespace {

using testing::FailsWith;
using testing::IsOk;

class CeremonyPublishTest : public testing::CeremonyOrigin {
 protected:
  static repo::CeremonyChanges Replace(const std::string& role,
                                       const repo::Signer& before,
                                       const repo::Signer& after) {
    repo::CeremonyChanges changes;
    changes.remove = {{role, before.keyid()}};
    changes.add = {{role, after.key()}};
    return changes;
  }
  // Publishes a candidate that replaces the online key by one named "fresh".
  void ReplaceOnlineKey() {
    repo::Candidate candidate =
        Begin(Replace("online", Key("online"), NewKey("fresh")));
    Sign(candidate, {"root-1", "root-2", "bins"});
    config_.origin.online_key = keys_.at("fresh");
    ASSERT_THAT(Publish(candidate), IsOk());
  }
};

TEST_F(CeremonyPublishTest, ARenewalReachesNewAndReturningReaders) {
  const std::string reader = NewReader();
  repo::Candidate candidate = BeginRenewal("root");
  Sign(candidate, {"root-1", "root-3"});
  now_ += absl::Hours(1);
  ASSERT_OK_AND_ASSIGN(const PublishedCeremony published, Publish(candidate));
  EXPECT_EQ(published.generation, Live().number);
  EXPECT_TRUE(LiveHas("metadata/1.root.json"));
  EXPECT_TRUE(LiveHas("metadata/2.root.json"));
  EXPECT_THAT(Look(reader), IsOk());
  NewReader();
}

TEST_F(CeremonyPublishTest, EachOfflineRoleCanBeRenewedAlone) {
  for (const char* role : {"targets", "bins"}) {
    const std::string reader = NewReader();
    repo::Candidate candidate = BeginRenewal(role);
    Sign(candidate, {role});
    ASSERT_THAT(Publish(candidate), IsOk()) << role;
    EXPECT_TRUE(LiveHas(fmt::format("metadata/2.{}.json", role)));
    EXPECT_THAT(Look(reader), IsOk()) << role;
  }
}

TEST_F(CeremonyPublishTest, SyncsGoOnAfterACeremony) {
  repo::Candidate candidate = BeginRenewal("targets");
  Sign(candidate, {"targets"});
  ASSERT_THAT(Publish(candidate), IsOk());
  AddWheel("attrs", "24.2.0");
  now_ += absl::Hours(1);
  RunCleanly();
  EXPECT_FALSE(Page("attrs").empty());
  EXPECT_FALSE(Page("six").empty());
}

TEST_F(CeremonyPublishTest, ANewOnlineKeySignsEverythingInTheSamePublication) {
  const std::string reader = NewReader();
  ReplaceOnlineKey();
  EXPECT_THAT(Look(reader), IsOk());
  NewReader();
  AddWheel("attrs", "24.2.0");
  now_ += absl::Hours(1);
  RunCleanly();
  EXPECT_FALSE(Page("attrs").empty());
}

TEST_F(CeremonyPublishTest, TheOldOnlineKeySignsNothingAnyMore) {
  ReplaceOnlineKey();
  config_.origin.online_key = keys_.at("online");
  AddWheel("attrs", "24.2.0");
  EXPECT_THAT(Run().outcome, FailsWith(Failure::kKey, ""));
}

TEST_F(CeremonyPublishTest, RefusesBeforeAnyChangeIfTheNewOnlineKeyIsNotThere) {
  repo::Candidate candidate =
      Begin(Replace("online", Key("online"), NewKey("fresh")));
  Sign(candidate, {"root-1", "root-2", "bins"});
  const auto before = Live();
  EXPECT_THAT(Publish(candidate), FailsWith(Failure::kKey, "snapshot"));
  EXPECT_EQ(Live().number, before.number);
  EXPECT_FALSE(LiveHas("metadata/2.root.json"));
  EXPECT_TRUE(ReadOpenCeremony(home_->layout())->has_value());
}

TEST_F(CeremonyPublishTest, RefusesWhatIsNotSignedByAll) {
  repo::Candidate candidate = BeginRenewal("root");
  Sign(candidate, {"root-1"});
  EXPECT_THAT(Publish(candidate),
              FailsWith(Failure::kThreshold, "root needs 2"));
  EXPECT_EQ(Live().number, 2u);
}

TEST_F(CeremonyPublishTest, RefusesACandidateThatAnotherOneOvertook) {
  repo::Candidate first = BeginRenewal("root");
  ASSERT_THAT(AbortCeremony(*home_), IsOk());
  repo::Candidate second =
      Begin(Replace("root", Key("root-3"), NewKey("root-4")));
  Sign(first, {"root-1", "root-2"});
  Sign(second, {"root-1", "root-2"});
  ASSERT_THAT(Publish(second), IsOk());
  EXPECT_THAT(Publish(first),
              FailsWith(Failure::kVersion, "another ceremony came first"));
  EXPECT_THAT(Publish(second),
              FailsWith(Failure::kVersion, "published already"));
}

TEST_F(CeremonyPublishTest, OneCeremonyIsOpenAtATime) {
  const repo::Candidate candidate = BeginRenewal("root");
  repo::CeremonyChanges changes;
  changes.renew = {"bins"};
  EXPECT_THAT(TryBegin(changes), FailsWith(Failure::kUsage, candidate.id()));
  ASSERT_OK_AND_ASSIGN(const OpenCeremony open, AbortCeremony(*home_));
  EXPECT_EQ(open.id, candidate.id());
  EXPECT_THAT(AbortCeremony(*home_), FailsWith(Failure::kUsage, "no ceremony"));
  EXPECT_THAT(TryBegin(changes), IsOk());
}

TEST_F(CeremonyPublishTest, NeverOverwritesACandidate) {
  const repo::Candidate candidate = BeginRenewal("root");
  ASSERT_THAT(AbortCeremony(*home_), IsOk());
  repo::CeremonyChanges changes;
  changes.renew = {"root"};
  changes.life = absl::Hours(500 * 24);
  EXPECT_THAT(TryBegin(changes), FailsWith(Failure::kUsage, "overwritten"));
}

TEST_F(CeremonyPublishTest, PublishingClosesTheCeremony) {
  repo::Candidate candidate = BeginRenewal("bins");
  Sign(candidate, {"bins"});
  ASSERT_THAT(Publish(candidate), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto open, ReadOpenCeremony(home_->layout()));
  EXPECT_FALSE(open.has_value());
}

TEST_F(CeremonyPublishTest, ACeremonyIsNotRolledBack) {
  ASSERT_THAT(CheckRollbackKeepsOfflineRoles(*home_), IsOk());
  repo::Candidate candidate = BeginRenewal("bins");
  Sign(candidate, {"bins"});
  ASSERT_THAT(Publish(candidate), IsOk());
  EXPECT_THAT(CheckRollbackKeepsOfflineRoles(*home_),
              FailsWith(Failure::kRollback, "bins version 1"));
  AddWheel("attrs", "24.2.0");
  RunCleanly();
  EXPECT_THAT(CheckRollbackKeepsOfflineRoles(*home_), IsOk());
}

TEST_F(CeremonyPublishTest, AnotherNumberOfBinsLosesNoTargetAndNoReader) {
  for (const int bits : {5, 1}) {
    const std::string reader = NewReader();
    repo::CeremonyChanges changes;
    changes.bin_bits = bits;
    repo::Candidate candidate = Begin(changes);
    Sign(candidate, {"bins"});
    ASSERT_THAT(Publish(candidate), IsOk()) << bits;
    EXPECT_THAT(Look(reader), IsOk()) << bits;
    AddWheel("attrs", fmt::format("{}.0", bits));
    now_ += absl::Hours(1);
    RunCleanly();
    EXPECT_FALSE(Page("attrs").empty());
    EXPECT_FALSE(Page("six").empty());
    EXPECT_THAT(Look(reader), IsOk()) << bits;
  }
}

TEST_F(CeremonyPublishTest, WaitsForNoRunThatHoldsTheLock) {
  repo::Candidate candidate = BeginRenewal("bins");
  Sign(candidate, {"bins"});
  ASSERT_OK_AND_ASSIGN(const auto lock, home_->Lock("sync"));
  EXPECT_THAT(Publish(candidate), FailsWith(Failure::kLocked, "sync"));
  EXPECT_THAT(AbortCeremony(*home_), FailsWith(Failure::kLocked, "sync"));
}

// Beside the bins, targets delegates to `claimed` and `recently-claimed`.
class CeremonyWithClaimsTest : public CeremonyPublishTest {
 protected:
  CeremonyWithClaimsTest() { init_.claims = true; }
};

TEST_F(CeremonyWithClaimsTest, EveryOnlineRoleIsSignedByTheNewKey) {
  const std::string reader = NewReader();
  repo::Candidate candidate =
      Begin(Replace("online", Key("online"), NewKey("fresh")));
  Sign(candidate, {"root-1", "root-2", "targets", "bins"});
  config_.origin.online_key = keys_.at("fresh");
  ASSERT_THAT(Publish(candidate), IsOk());
  EXPECT_THAT(Look(reader), IsOk());
  AddWheel("attrs", "24.2.0");
  now_ += absl::Hours(1);
  RunCleanly();
  EXPECT_FALSE(Page("attrs").empty());
}

TEST_F(CeremonyWithClaimsTest, RecentlyClaimedStaysOnlineWithAKeyOfItsOwn) {
  repo::Candidate candidate =
      Begin(Replace("timestamp", Key("online"), NewKey("fresh")));
  Sign(candidate, {"root-1", "root-2"});
  config_.origin.online_signers = {{keys_.at("online"), {}, {}, {}},
                                   {keys_.at("fresh"), {}, {}, {}}};
  ASSERT_THAT(Publish(candidate), IsOk());
  AddWheel("attrs", "24.2.0");
  now_ += absl::Hours(1);
  RunCleanly();
  ASSERT_OK_AND_ASSIGN(const repo::OfflineMetadata metadata,
                       ReadOfflineMetadata(*home_));
  EXPECT_FALSE(metadata.delegated.contains("recently-claimed"));
  EXPECT_TRUE(metadata.delegated.contains("claimed"));
}

TEST_F(CeremonyWithClaimsTest, ClaimedIsRenewedAsOtherOfflineRolesAre) {
  const std::string reader = NewReader();
  repo::Candidate candidate = BeginRenewal("claimed");
  Sign(candidate, {"bins"});
  ASSERT_THAT(Publish(candidate), IsOk());
  EXPECT_TRUE(LiveHas("metadata/2.claimed.json"));
  EXPECT_THAT(Look(reader), IsOk());
}

}  // namespace
}  // namespace tufmirror::sync
