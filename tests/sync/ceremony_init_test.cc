// An origin whose root keys are held by three people who never meet.
#include "tufmirror/sync/ceremony_init.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "sync/origin_fixture.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/repo/ceremony.h"
#include "tufmirror/sync/ceremony.h"

namespace tufmirror::sync {
namespace {

using testing::FailsWith;
using testing::IsOk;

class CeremonyInitTest : public testing::OriginFixture {
 protected:
  CeremonyInitTest() {
    for (int i = 0; i < 3; ++i) {
      holders_.push_back(*repo::Signer::Generate());
      options_.root.push_back(holders_.back().key());
    }
    options_.init = init_;
    options_.init.root_threshold = 2;
    options_.candidate = dir_.Join("first.json");
  }

  absl::Status Make() {
    ASSIGN_OR_RETURN(auto made,
                     InitOriginCeremony(options_, crypto::Secret::Copy("")));
    candidate_ = std::move(made.candidate);
    config_.origin = init_.origin;
    config_.origin.online_key = made.online_keys[0];
    ASSIGN_OR_RETURN(tree::Home home, tree::Home::Open(init_.home));
    home_ = std::make_unique<tree::Home>(std::move(home));
    return absl::OkStatus();
  }
  absl::Status Publish() {
    return PublishCeremony(
               *home_, config_, *candidate_,
               [](const OnlineSigner&) -> absl::StatusOr<crypto::Secret> {
                 return crypto::Secret::Copy("");
               },
               now_)
        .status();
  }
  void Sign(const repo::Signer& signer) {
    ASSERT_THAT(repo::AddSignature(*candidate_, signer, now_), IsOk());
  }

  std::vector<repo::Signer> holders_;
  CeremonyInitOptions options_;
  std::optional<repo::Candidate> candidate_;
};

TEST_F(CeremonyInitTest, TwoOfThreeHoldersWhoNeverMeetMakeAnOrigin) {
  ASSERT_THAT(Make(), IsOk());
  ASSERT_OK_AND_ASSIGN(repo::Candidate copy,
                       repo::Candidate::Parse(candidate_->Serialize()));
  Sign(holders_[0]);
  ASSERT_THAT(repo::AddSignature(copy, holders_[2], now_), IsOk());
  ASSERT_THAT(repo::Merge(*candidate_, copy), IsOk());
  now_ += absl::Hours(24 * 3);
  ASSERT_THAT(Publish(), IsOk());
  EXPECT_EQ(Live().number, 1u);
  AddWheel("six", "1.16.0");
  RunCleanly();
  EXPECT_FALSE(Page("six").empty());
}

TEST_F(CeremonyInitTest, PublishesNothingBeforeTheThresholdIsMet) {
  ASSERT_THAT(Make(), IsOk());
  EXPECT_THAT(Publish(), FailsWith(Failure::kThreshold, "root needs 2"));
  Sign(holders_[1]);
  EXPECT_THAT(Publish(), FailsWith(Failure::kThreshold, "got 1"));
  EXPECT_EQ(Live().number, 0u);
  EXPECT_FALSE(LiveHas("metadata/timestamp.json"));
  EXPECT_FALSE(Run().outcome.ok());
}

TEST_F(CeremonyInitTest, KeysOfTargetsAndBinsCanBeHeldElsewhereToo) {
  const repo::Signer targets = *repo::Signer::Generate();
  const repo::Signer bins = *repo::Signer::Generate();
  options_.targets = targets.key();
  options_.bins = bins.key();
  options_.init.claims = true;
  options_.holders[targets.keyid()] = {"Tina", ""};
  ASSERT_THAT(Make(), IsOk());
  Sign(holders_[0]);
  Sign(holders_[1]);
  EXPECT_THAT(Publish(), FailsWith(Failure::kThreshold, "Tina"));
  Sign(targets);
  Sign(bins);
  ASSERT_THAT(Publish(), IsOk());
  AddWheel("six", "1.16.0");
  RunCleanly();
  EXPECT_FALSE(Page("six").empty());
}

TEST_F(CeremonyInitTest, IsPublishedOnce) {
  ASSERT_THAT(Make(), IsOk());
  Sign(holders_[0]);
  Sign(holders_[1]);
  ASSERT_THAT(Publish(), IsOk());
  EXPECT_THAT(Publish(), FailsWith(Failure::kVersion, "published already"));
}

TEST_F(CeremonyInitTest, RefusesARootThatInitDidNotWrite) {
  ASSERT_THAT(Make(), IsOk());
  const repo::Signer thief = *repo::Signer::Generate();
  std::vector<repo::ProposedRole> roles;
  for (const repo::OfflineRole& role : candidate_->roles()) {
    roles.push_back({role.name, role.content, role.holders});
  }
  auto& root = std::get<tuf::Root>(roles[0].content);
  root.keys.emplace(thief.keyid(), thief.key());
  root.root = {{thief.keyid()}, 1};
  ASSERT_OK_AND_ASSIGN(repo::Candidate forged,
                       repo::Candidate::Make({}, roles, now_));
  ASSERT_THAT(repo::AddSignature(forged, thief, now_), IsOk());
  const std::string expected = candidate_->id();
  candidate_ = std::move(forged);
  EXPECT_THAT(Publish(), FailsWith(Failure::kVersion, expected));
  EXPECT_EQ(Live().number, 0u);
}

TEST_F(CeremonyInitTest, AfterAnAbortTheWayOutIsAnotherInit) {
  ASSERT_THAT(Make(), IsOk());
  EXPECT_THAT(InitOriginCeremony(options_, crypto::Secret::Copy("")),
              FailsWith(Failure::kUsage, "nothing is published yet"));
  Sign(holders_[0]);
  Sign(holders_[1]);
  ASSERT_THAT(AbortCeremony(*home_), IsOk());
  EXPECT_THAT(Publish(), FailsWith(Failure::kVersion, "init again"));
  std::filesystem::remove_all(init_.home);
  std::filesystem::remove(options_.candidate);
  EXPECT_THAT(Make(), IsOk());
}

TEST_F(CeremonyInitTest, LeavesNoKeysWhereItCannotBeMade) {
  dir_.Write("first.json", "something else");
  EXPECT_THAT(Make(), FailsWith(Failure::kUsage, "never overwritten"));
  EXPECT_FALSE(std::filesystem::exists(init_.home + "/keys"));
  options_.init.root_threshold = 4;
  EXPECT_THAT(Make(), FailsWith(Failure::kUsage, "root threshold"));
}

}  // namespace
}  // namespace tufmirror::sync
