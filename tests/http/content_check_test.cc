// What is known of a download's bytes, in all combinations.
#include "http/content_check.h"

#include <gtest/gtest.h>

#include <string>

#include "support/status_matchers.h"

namespace tufmirror::http {
namespace {

using ::tufmirror::testing::FailsWith;

class ContentCheckTest : public ::testing::Test {
 protected:
  ContentCheckTest() {
    request_.content.length = 5;
    request_.content.digests.sha256 = crypto::Sha256Of("bytes");
  }

  // Both ways to check must agree.
  absl::StatusOr<ReceivedContent> Check(std::string_view bytes) {
    const ContentRules rules(request_);
    ContentCheck check(rules);
    for (const char c : bytes) check.Update({&c, 1});
    absl::StatusOr<ReceivedContent> streamed = check.Finish();
    const absl::StatusOr<ReceivedContent> whole = CheckWhole(rules, bytes);
    EXPECT_EQ(streamed.status(), whole.status());
    return streamed;
  }

  void ExpectTold(std::string_view bytes) {
    ASSERT_OK_AND_ASSIGN(const ReceivedContent received, Check(bytes));
    EXPECT_EQ(received.length, bytes.size());
    EXPECT_EQ(received.sha256, crypto::Sha256Of(bytes));
  }

  DownloadRequest request_;
};

TEST_F(ContentCheckTest, ExactLengthAndDigest) {
  ExpectTold("bytes");
  EXPECT_THAT(Check("byte"), FailsWith(Failure::kLength, "expected 5 bytes"));
  EXPECT_THAT(Check("bytes+"), FailsWith(Failure::kLength, "got 6"));
  EXPECT_THAT(Check("BYTES"), FailsWith(Failure::kDigest, "sha256"));
}

TEST_F(ContentCheckTest, ALimitInThePlaceOfALength) {
  request_.length_rule = LengthRule::kAtMost;
  request_.content.length = 6;
  ExpectTold("bytes");
  EXPECT_THAT(Check("byte"), FailsWith(Failure::kDigest, "sha256"));
  request_.content.length = 4;
  EXPECT_THAT(Check("bytes"), FailsWith(Failure::kTooLarge, "at most 4 bytes"));
}

TEST_F(ContentCheckTest, TheSha256IsToldWhereOnlyAnotherWasPromised) {
  request_.content.digests = {};
  request_.content.digests.sha512 = crypto::Sha512Of("bytes");
  ExpectTold("bytes");
  EXPECT_THAT(Check("BYTES"), FailsWith(Failure::kDigest, "sha512"));
}

TEST_F(ContentCheckTest, NoDigestIsGoodOnlyWithLeave) {
  request_.content.digests = {};
  EXPECT_THAT(Check("bytes"), FailsWith(Failure::kMalformed, "digest"));
  request_.digest_rule = DigestRule::kNoneKnown;
  ExpectTold("bytes");
  ExpectTold("BYTES");
  EXPECT_THAT(Check("bytes+"), FailsWith(Failure::kLength));
}

TEST_F(ContentCheckTest, LeaveDoesNotSwitchOffADigestThatIsThere) {
  request_.digest_rule = DigestRule::kNoneKnown;
  EXPECT_THAT(Check("BYTES"), FailsWith(Failure::kDigest, "sha256"));
  request_.content.digests = {};
  request_.content.digests.unsupported = "md5";
  EXPECT_THAT(Check("bytes"), FailsWith(Failure::kUnsupported, "md5"));
}

TEST_F(ContentCheckTest, TheBlake2bDigestCountsToo) {
  request_.blake2b = crypto::Blake2b256Of("bytes");
  ExpectTold("bytes");
  request_.blake2b = crypto::Blake2b256Of("other");
  EXPECT_THAT(Check("bytes"),
              FailsWith(Failure::kDigest,
                        "content: expected blake2b-256 " +
                            crypto::Blake2b256Of("other").Hex() + ", got " +
                            crypto::Blake2b256Of("bytes").Hex()));
}

TEST_F(ContentCheckTest, TheBlake2bDigestAloneNeedsLeave) {
  request_.content.digests = {};
  request_.blake2b = crypto::Blake2b256Of("bytes");
  EXPECT_THAT(Check("bytes"), FailsWith(Failure::kMalformed, "digest"));
  request_.digest_rule = DigestRule::kNoneKnown;
  ExpectTold("bytes");
  EXPECT_THAT(Check("BYTES"), FailsWith(Failure::kDigest, "blake2b-256"));
}

}  // namespace
}  // namespace tufmirror::http
