#include <gtest/gtest.h>

#include "absl/strings/str_replace.h"
#include "repo/ceremony_fixture.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::repo {
namespace {

using testing::FailsWith;
using testing::IsOk;

class CeremonySignTest : public testing::CeremonyFixture {
 protected:
  CeremonySignTest() : fresh_(NewSigner()) {}

  // The text of `candidate` with one word replaced, which must be there.
  static std::string With(const Candidate& candidate, const std::string& from,
                          const std::string& to) {
    const std::string text = candidate.Serialize();
    EXPECT_NE(text.find(from), std::string::npos) << from;
    return absl::StrReplaceAll(text, {{from, to}});
  }

  Signer fresh_;
};

TEST_F(CeremonySignTest, OldAndNewHoldersTogetherCanPublish) {
  Candidate candidate = Begin(ReplaceRootKey(fresh_));
  EXPECT_FALSE(IsComplete(candidate));
  Sign(candidate, keys_->root[0]);  // of the old root alone
  Sign(candidate, keys_->root[1]);
  EXPECT_FALSE(IsComplete(candidate));
  Sign(candidate, fresh_);  // of the new root alone
  EXPECT_TRUE(IsComplete(candidate));
  EXPECT_THAT(Check(candidate), IsOk());
}

TEST_F(CeremonySignTest, RefusesToPublishBelowTheOldThreshold) {
  Candidate candidate = Begin(ReplaceRootKey(fresh_));
  Sign(candidate, keys_->root[1]);
  Sign(candidate, fresh_);
  EXPECT_THAT(Check(candidate),
              FailsWith(Failure::kThreshold, "root version 1 (trusted now)"));
}

TEST_F(CeremonySignTest, RefusesToPublishBelowTheNewThreshold) {
  Candidate candidate = Begin(ReplaceRootKey(fresh_));
  Sign(candidate, keys_->root[0]);
  Sign(candidate, keys_->root[1]);
  EXPECT_THAT(Check(candidate),
              FailsWith(Failure::kThreshold, fresh_.keyid().substr(0, 12)));
}

TEST_F(CeremonySignTest, RefusesAKeyThatCountsForNothingAndNamesThoseThatDo) {
  Candidate candidate = Begin(ReplaceRootKey(fresh_));
  EXPECT_THAT(AddSignature(candidate, NewSigner(), Start()),
              FailsWith(Failure::kKey, keys_->root[0].keyid().substr(0, 12)));
  EXPECT_THAT(AddSignature(candidate, keys_->targets, Start()),
              FailsWith(Failure::kKey, "count for nothing"));
}

TEST_F(CeremonySignTest, RefusesASecondSignatureByTheSameKey) {
  Candidate candidate = Begin(ReplaceRootKey(fresh_));
  Sign(candidate, fresh_);
  EXPECT_THAT(AddSignature(candidate, fresh_, Start()),
              FailsWith(Failure::kKey, "signed it already"));
}

TEST_F(CeremonySignTest, RefusesACandidateThatIsExpiredByTheSignersClock) {
  Candidate candidate = Begin(Renew("root"));
  const absl::Time later = Start() + absl::Hours(801 * 24);
  EXPECT_THAT(AddSignature(candidate, keys_->root[0], later),
              FailsWith(Failure::kExpired, "set the clock"));
  EXPECT_TRUE(candidate.roles()[0].document.signatures.empty());
}

TEST_F(CeremonySignTest, ClocksOfSignersThatAreBehindChangeNothing) {
  Candidate candidate = Begin(Renew("root"));
  ASSERT_THAT(AddSignature(candidate, keys_->root[0], absl::UnixEpoch()),
              IsOk());
  ASSERT_THAT(
      AddSignature(candidate, keys_->root[1], Start() + absl::Hours(700 * 24)),
      IsOk());
  EXPECT_THAT(Check(candidate), IsOk());
}

TEST_F(CeremonySignTest, CopiesThatWereSignedApartArePutTogether) {
  Candidate ours = Begin(Renew("root"));
  ASSERT_OK_AND_ASSIGN(Candidate theirs, Candidate::Parse(ours.Serialize()));
  Sign(ours, keys_->root[0]);
  Sign(theirs, keys_->root[2]);
  ASSERT_THAT(Merge(ours, theirs), IsOk());
  EXPECT_THAT(Check(ours), IsOk());
  ASSERT_THAT(Merge(ours, theirs), IsOk()) << "twice is as good as once";
  EXPECT_EQ(ours.roles()[0].document.signatures.size(), 2u);
}

TEST_F(CeremonySignTest, RefusesToPutDifferentCandidatesTogether) {
  Candidate ours = Begin(Renew("root"));
  CeremonyChanges other = Renew("root");
  other.life = absl::Hours(801 * 24);
  const Candidate theirs = Begin(other);
  EXPECT_THAT(Merge(ours, theirs), FailsWith(Failure::kVersion, theirs.id()));
}

TEST_F(CeremonySignTest, DetectsThatAParallelCandidateWasPublishedFirst) {
  Candidate first = Begin(Renew("root"));
  Candidate second = Begin(ReplaceRootKey(fresh_));
  for (Candidate* candidate : {&first, &second}) {
    Sign(*candidate, keys_->root[1]);
    Sign(*candidate, keys_->root[2]);
  }
  ASSERT_THAT(Check(second), IsOk());
  ASSERT_THAT(Check(first), IsOk());
  Publish(first);
  EXPECT_THAT(Check(second),
              FailsWith(Failure::kVersion, "root version 1, and version 2"));
  EXPECT_THAT(Check(first), FailsWith(Failure::kVersion, "published already"));
}

TEST_F(CeremonySignTest,
       RefusesToPublishBesideAnotherOfflineRoleThatIsExpired) {
  Candidate candidate = Begin(Renew("root"));
  Sign(candidate, keys_->root[0]);
  Sign(candidate, keys_->root[1]);
  const absl::Time later = Start() + absl::Hours(366 * 24);
  EXPECT_THAT(CheckPublishable(candidate, published_, later),
              FailsWith(Failure::kExpired, "targets version 1"));
}

TEST_F(CeremonySignTest, ATargetsKeyCountsAsTheNewRootSays) {
  const Signer fresh_targets = NewSigner();
  CeremonyChanges changes;
  changes.remove = {{"targets", keys_->targets.keyid()}};
  changes.add = {{"targets", fresh_targets.key()}};
  Candidate candidate = Begin(changes);
  EXPECT_THAT(AddSignature(candidate, keys_->targets, Start()),
              FailsWith(Failure::kKey, "count for nothing"));
  Sign(candidate, fresh_targets);
  Sign(candidate, keys_->root[0]);
  Sign(candidate, keys_->root[2]);
  EXPECT_THAT(Check(candidate), IsOk());
}

TEST_F(CeremonySignTest, SurvivesTheWayToAFileAndBack) {
  CeremonyChanges changes = ReplaceRootKey(fresh_);
  changes.holders = {{fresh_.keyid(), {"Anna \"the first\"", "+49 30 1"}}};
  Candidate candidate = Begin(changes);
  Sign(candidate, keys_->root[1]);
  ASSERT_OK_AND_ASSIGN(const Candidate read,
                       Candidate::Parse(candidate.Serialize()));
  EXPECT_EQ(read.id(), candidate.id());
  EXPECT_EQ(read.Serialize(), candidate.Serialize());
}

TEST_F(CeremonySignTest, RefusesAFileThatIsCutAnywhere) {
  Candidate candidate = Begin(Renew("root"));
  const std::string text = candidate.Serialize();
  for (size_t size = 0; size + 2 < text.size(); size += 97) {
    EXPECT_FALSE(Candidate::Parse(text.substr(0, size)).ok()) << size;
  }
}

TEST_F(CeremonySignTest, RefusesWhatIsNoCandidate) {
  EXPECT_THAT(Candidate::Parse("{}"), FailsWith(Failure::kMalformed, "format"));
  EXPECT_THAT(Candidate::Parse("[]"), FailsWith(Failure::kMalformed, "object"));
  EXPECT_THAT(Candidate::Parse(R"({"format":"tufmirror-ceremony-9"})"),
              FailsWith(Failure::kUnsupported, "tufmirror-ceremony-1"));
  EXPECT_THAT(Candidate::Parse(published_.roots[0].bytes),
              FailsWith(Failure::kMalformed, "candidate"));
}

TEST_F(CeremonySignTest, RefusesACandidateThatWasChangedAfterItWasSigned) {
  Candidate candidate = Begin(Renew("root"));
  Sign(candidate, keys_->root[0]);
  const std::string expires =
      tuf::FormatExpiry(candidate.roles()[0].common().expires);
  EXPECT_THAT(
      Candidate::Parse(With(candidate, expires, "2033-01-01T00:00:00Z")),
      FailsWith(Failure::kThreshold, "changed after it was signed"));
}

TEST_F(CeremonySignTest, RefusesTheSignatureOfAnotherCandidate) {
  Candidate signed_one = Begin(Renew("root"));
  Sign(signed_one, keys_->root[0]);
  Candidate other = Begin(ReplaceRootKey(fresh_));
  Sign(other, keys_->root[0]);
  const auto hex = [](const Candidate& candidate) {
    const std::string& value =
        candidate.roles()[0].document.signatures[0].value;
    return HexEncode(absl::MakeConstSpan(
        reinterpret_cast<const unsigned char*>(value.data()), value.size()));
  };
  EXPECT_THAT(Candidate::Parse(With(other, hex(other), hex(signed_one))),
              FailsWith(Failure::kThreshold, "signature is of another one"));
}

TEST_F(CeremonySignTest, RefusesMembersThatCouldNotBeShown) {
  const Candidate candidate = Begin(Renew("root"));
  EXPECT_THAT(Candidate::Parse(With(candidate, "\"version\":2",
                                    "\"version\":2,\"zz\":true")),
              FailsWith(Failure::kUnsupported, "does not know"));
  EXPECT_THAT(Candidate::Parse(
                  With(candidate, "\"created\"", "\"hint\": 1, \"created\"")),
              FailsWith(Failure::kUnsupported, "hint"));
}

TEST_F(CeremonySignTest, RefusesARootThatIsNotTheNext) {
  const Candidate candidate = Begin(Renew("root"));
  for (const char* version : {"\"version\":1", "\"version\":3"}) {
    EXPECT_THAT(Candidate::Parse(With(candidate, "\"version\":2", version)),
                FailsWith(Failure::kVersion, "expected version 2"));
  }
}

TEST_F(CeremonySignTest, RefusesARoleThatNobodyDelegates) {
  const Candidate candidate = Begin(Renew("bins"));
  EXPECT_THAT(Candidate::Parse(With(candidate, "\"roles\": {\n\"bins\"",
                                    "\"roles\": {\n\"nobody\"")),
              FailsWith(Failure::kUnauthorised, "nobody"));
}

TEST_F(CeremonySignTest, RefusesATrustedStateThatDoesNotVerify) {
  const Candidate candidate = Begin(Renew("bins"));
  const std::string expires =
      tuf::FormatExpiry(candidate.Trusted("root")->common().expires);
  EXPECT_THAT(
      Candidate::Parse(With(candidate, expires, "2033-01-01T00:00:00Z")),
      FailsWith(Failure::kThreshold, "what is trusted now"));
}

TEST_F(CeremonySignTest, FollowsFromEveryRootOfItsChainAndNoOther) {
  Candidate first = Begin(Renew("root"));
  Sign(first, keys_->root[0]);
  Sign(first, keys_->root[1]);
  Publish(first);
  const Candidate candidate = Begin(Renew("root"));
  EXPECT_THAT(CheckFollowsFrom(candidate, published_.roots[0]), IsOk());
  EXPECT_THAT(CheckFollowsFrom(candidate, published_.roots[1]), IsOk());
  EXPECT_THAT(CheckFollowsFrom(first, published_.roots[1]),
              FailsWith(Failure::kVersion, "you know version 2 already"));
  Make(3, 2);
  EXPECT_THAT(CheckFollowsFrom(candidate, published_.roots[0]),
              FailsWith(Failure::kThreshold, "another repository"));
}

TEST_F(CeremonySignTest, RefusesACandidateOfAnotherRepository) {
  Candidate candidate = Begin(Renew("root"));
  Sign(candidate, keys_->root[0]);
  Sign(candidate, keys_->root[1]);
  Make(3, 2);
  EXPECT_THAT(Check(candidate),
              FailsWith(Failure::kVersion, "with other content"));
}

}  // namespace
}  // namespace tufmirror::repo
