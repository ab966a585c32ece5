#include <gtest/gtest.h>

#include <algorithm>

#include "repo/ceremony_fixture.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/json/document.h"

namespace tufmirror::repo {
namespace {

using testing::FailsWith;
using testing::IsOk;
using Names = std::vector<std::string>;

class BeginCeremonyTest : public testing::CeremonyFixture {
 protected:
  absl::Status TryBegin(const CeremonyChanges& changes) {
    return BeginCeremony(published_, changes, Start()).status();
  }
  static bool Mentions(const std::vector<std::string>& lines,
                       std::string_view text) {
    return std::any_of(lines.begin(), lines.end(), [text](const auto& line) {
      return line.find(text) != std::string::npos;
    });
  }
};

TEST_F(BeginCeremonyTest, AReplacedRootKeyIsNamedInTheNextRootAlone) {
  const Signer fresh = NewSigner();
  const Candidate candidate = Begin(ReplaceRootKey(fresh));
  ASSERT_EQ(RoleNames(candidate), Names({"root"}));
  const tuf::Root& root = *candidate.roles()[0].root();
  EXPECT_EQ(root.version, 2);
  EXPECT_EQ(root.root.threshold, 2);
  EXPECT_EQ(root.root.keyids, Names({keys_->root[1].keyid(),
                                     keys_->root[2].keyid(), fresh.keyid()}));
  EXPECT_FALSE(root.keys.contains(keys_->root[0].keyid()));
  EXPECT_TRUE(root.keys.contains(fresh.keyid()));
}

TEST_F(BeginCeremonyTest, ARenewalChangesNothingButVersionAndExpiry) {
  const Candidate candidate = Begin(Renew("targets"));
  ASSERT_EQ(RoleNames(candidate), Names({"targets"}));
  const tuf::Targets& after = *candidate.roles()[0].targets();
  const tuf::Targets& before = *candidate.Trusted("targets")->targets();
  EXPECT_EQ(after.version, 2);
  EXPECT_EQ(after.expires, Start() + absl::Hours(800 * 24));
  EXPECT_EQ(after.delegations, before.delegations);
}

TEST_F(BeginCeremonyTest, WhatIsSignedAgainIsNeverGoodForLessThanBefore) {
  CeremonyChanges changes = Renew("root");
  changes.life.reset();
  const auto candidate =
      BeginCeremony(published_, changes, Start() - absl::Hours(24 * 30));
  ASSERT_THAT(candidate, IsOk());
  EXPECT_EQ(candidate->roles()[0].common().expires,
            candidate->Trusted("root")->common().expires);
}

TEST_F(BeginCeremonyTest, NewKeysOfARoleMakeItBeSignedAgain) {
  CeremonyChanges changes;
  changes.remove = {{"targets", keys_->targets.keyid()}};
  changes.add = {{"targets", NewSigner().key()}};
  EXPECT_EQ(RoleNames(Begin(changes)), Names({"root", "targets"}));
  changes.remove = {{"bins", keys_->bins.keyid()}};
  changes.add = {{"bins", NewSigner().key()}};
  EXPECT_EQ(RoleNames(Begin(changes)), Names({"targets", "bins"}));
}

TEST_F(BeginCeremonyTest, OneWordReplacesTheOnlineKeyWhereverItSigns) {
  const Signer fresh = NewSigner();
  CeremonyChanges changes;
  changes.remove = {{"online", keys_->online[0].keyid()}};
  changes.add = {{"online", fresh.key()}};
  const Candidate candidate = Begin(changes);
  ASSERT_EQ(RoleNames(candidate), Names({"root", "bins"}));
  const tuf::Root& root = *candidate.roles()[0].root();
  EXPECT_EQ(root.snapshot.keyids, Names({fresh.keyid()}));
  EXPECT_EQ(root.timestamp.keyids, Names({fresh.keyid()}));
  EXPECT_FALSE(root.keys.contains(keys_->online[0].keyid()));
  const auto& bins = *candidate.roles()[1].targets()->delegations;
  EXPECT_EQ(std::get<tuf::SuccinctRoles>(bins.roles).keys.keyids,
            Names({fresh.keyid()}));
}

TEST_F(BeginCeremonyTest, AnotherNumberOfBinsIsAChangeOfBins) {
  CeremonyChanges changes;
  changes.bin_bits = 4;
  const Candidate candidate = Begin(changes);
  ASSERT_EQ(RoleNames(candidate), Names({"bins"}));
  EXPECT_TRUE(Mentions(Differences(candidate)[0].changes, "16 by hash"));
  changes.bin_bits = 1;
  EXPECT_THAT(TryBegin(changes),
              FailsWith(Failure::kUsage, "2^1 bins already"));
  changes.bin_bits = 17;
  EXPECT_THAT(TryBegin(changes), FailsWith(Failure::kUsage, "1 to 16"));
}

TEST_F(BeginCeremonyTest, RefusesNoChange) {
  EXPECT_THAT(TryBegin({}), FailsWith(Failure::kUsage, "expected a change"));
}

TEST_F(BeginCeremonyTest, RefusesAKeyThatIsThereAlready) {
  CeremonyChanges changes;
  changes.add = {{"root", keys_->root[1].key()}};
  EXPECT_THAT(TryBegin(changes), FailsWith(Failure::kUsage, "already"));
}

TEST_F(BeginCeremonyTest,
       RefusesToRemoveAKeyThatIsNotThereAndNamesThoseThatAre) {
  CeremonyChanges changes;
  changes.remove = {{"root", "ffffffffffff"}};
  EXPECT_THAT(TryBegin(changes),
              FailsWith(Failure::kUsage, keys_->root[2].keyid().substr(0, 12)));
}

TEST_F(BeginCeremonyTest, RefusesAThresholdThatCouldNeverBeMet) {
  CeremonyChanges changes;
  changes.thresholds["root"] = 4;
  EXPECT_THAT(TryBegin(changes), FailsWith(Failure::kUsage, "1 to 3"));
  changes.thresholds.clear();
  changes.remove = {{"root", keys_->root[0].keyid()},
                    {"root", keys_->root[1].keyid()}};
  EXPECT_THAT(TryBegin(changes),
              FailsWith(Failure::kUsage, "would have 1 keys, and needs 2"));
}

TEST_F(BeginCeremonyTest, RefusesARoleThatNobodyKnows) {
  EXPECT_THAT(TryBegin(Renew("bin-0")),
              FailsWith(Failure::kUsage, "root, targets, bins"));
  CeremonyChanges changes;
  changes.add = {{"mirrors", NewSigner().key()}};
  EXPECT_THAT(TryBegin(changes), FailsWith(Failure::kUsage, "mirrors"));
}

TEST_F(BeginCeremonyTest, RefusesAnExpiryThatIsPast) {
  CeremonyChanges changes = Renew("root");
  changes.life = -absl::Hours(1);
  EXPECT_THAT(TryBegin(changes), FailsWith(Failure::kExpired, "root"));
}

TEST_F(BeginCeremonyTest, HoldersAreSignedAndLeaveKeyidsAsTheyAre) {
  const Signer fresh = NewSigner();
  CeremonyChanges changes = ReplaceRootKey(fresh);
  changes.holders = {{fresh.keyid(), {"Anna", "anna@example.org"}},
                     {keys_->root[1].keyid(), {"Ben", ""}}};
  Candidate candidate = Begin(changes);
  EXPECT_EQ(candidate.roles()[0].holders.at(fresh.keyid()).label, "Anna");
  for (const auto& [keyid, key] : candidate.roles()[0].root()->keys) {
    EXPECT_EQ(key.ComputeKeyId(), keyid);
  }
  const Signer* const signers[] = {&keys_->root[1], &keys_->root[2], &fresh};
  for (const Signer* signer : signers) {
    Sign(candidate, *signer);
  }
  ASSERT_THAT(Check(candidate), IsOk());
  // A client keeps what it does not know when it verifies.
  EXPECT_THAT(
      tuf::Verifier::VerifyInitialRoot(candidate.roles()[0].document.Raw()),
      IsOk());
  Publish(candidate);
  changes = {};
  changes.remove = {{"root", "Anna"}};
  changes.add = {{"root", NewSigner().key()}};
  const Candidate next = Begin(changes);
  EXPECT_FALSE(next.roles()[0].holders.contains(fresh.keyid()));
  EXPECT_EQ(next.roles()[0].holders.at(keys_->root[1].keyid()).label, "Ben");
}

TEST_F(BeginCeremonyTest, RefusesHoldersThatWouldNotBePrinted) {
  CeremonyChanges changes;
  changes.holders = {{keys_->root[1].keyid(), {"An\x1b[2Jna", ""}}};
  EXPECT_THAT(TryBegin(changes),
              FailsWith(Failure::kMalformed, "control characters"));
  changes.holders = {{keys_->root[1].keyid(), {std::string(300, 'a'), ""}}};
  EXPECT_THAT(TryBegin(changes), FailsWith(Failure::kMalformed, "200 bytes"));
  changes.holders = {{"ffffffff", {"Anna", ""}}};
  EXPECT_THAT(TryBegin(changes), FailsWith(Failure::kUsage, "ffffffff"));
}

TEST_F(BeginCeremonyTest, SaysWhatChangesAndWhatIsDangerous) {
  CeremonyChanges changes;
  const Signer fresh = NewSigner();
  changes.add = {{"root", keys_->online[0].key()}, {"root", fresh.key()}};
  changes.thresholds["root"] = 1;
  const RoleDifference root = Differences(Begin(changes))[0];
  EXPECT_TRUE(Mentions(root.changes, "root gets key ed25519 " + fresh.keyid()));
  EXPECT_TRUE(Mentions(root.changes, "1 of 5 keys (now 2 of 3)"));
  EXPECT_TRUE(Mentions(root.warnings, "fewer signatures"));
  EXPECT_TRUE(Mentions(root.warnings, "steals any one of its keys"));
  EXPECT_TRUE(Mentions(root.warnings, "signs snapshot or timestamp too"));
  EXPECT_NE(root.at_stake, "");
}

TEST_F(BeginCeremonyTest, WarnsOfAnotherRoleThatKeepsAKeyThatIsTakenAway) {
  const std::string keyid = keys_->online[0].keyid();
  CeremonyChanges changes;
  changes.remove = {{"timestamp", keyid}};
  changes.add = {{"timestamp", NewSigner().key()}};
  const auto one = Differences(Begin(changes))[0].warnings;
  EXPECT_TRUE(Mentions(one, "timestamp loses key " + keyid.substr(0, 12)));
  EXPECT_TRUE(Mentions(one, "which snapshot still has"));
  EXPECT_TRUE(Mentions(one, "which bin still has"));
  changes.remove[0].role = changes.add[0].role = "online";
  for (const RoleDifference& role : Differences(Begin(changes))) {
    EXPECT_FALSE(Mentions(role.warnings, "still has"));
  }
}

TEST_F(BeginCeremonyTest, ALabelForAKeyThatIsNowhereNamesTheKeysThatAre) {
  CeremonyChanges changes;
  changes.holders = {{"nokey", {"Dora", ""}}};
  EXPECT_THAT(
      TryBegin(changes),
      FailsWith(Failure::kUsage, keys_->online[0].keyid().substr(0, 12)));
}

TEST(ParsePublicKeyTest, ReadsPemAndKeyObjectsToTheSameKey) {
  for (const auto algorithm :
       {crypto::KeyAlgorithm::kEd25519, crypto::KeyAlgorithm::kEcdsaP256}) {
    auto generated = crypto::PrivateKey::Generate(algorithm);
    ASSERT_THAT(generated, IsOk());
    const Signer signer(*std::move(generated));
    const tuf::Key& key = signer.key();
    ASSERT_OK_AND_ASSIGN(
        const auto usable,
        crypto::PublicKey::Create(key.keytype, key.scheme, key.value));
    ASSERT_OK_AND_ASSIGN(const tuf::Key read,
                         ParsePublicKey(usable.ToPem(), "a.pem"));
    EXPECT_EQ(read, key);
  }
  const tuf::Key key = Signer::Generate()->key();
  EXPECT_EQ(*ParsePublicKey("{\"keytype\":\"ed25519\",\"scheme\":\"ed25519\","
                            "\"keyval\":{\"public\":\"" +
                                key.value + "\"}}",
                            "a.json"),
            key);
}

TEST(ParsePublicKeyTest, RefusesAPrivateKeyAndOtherThings) {
  EXPECT_THAT(ParsePublicKey("-----BEGIN PRIVATE KEY-----\nMC4=\n", "a.pem"),
              FailsWith(Failure::kMalformed, "private one"));
  EXPECT_THAT(ParsePublicKey("hello", "a.pem"),
              FailsWith(Failure::kMalformed, "a.pem"));
  EXPECT_THAT(ParsePublicKey("{\"keytype\":\"ed25519\"}", "a.json"),
              FailsWith(Failure::kMalformed, "a.json"));
}

}  // namespace
}  // namespace tufmirror::repo
