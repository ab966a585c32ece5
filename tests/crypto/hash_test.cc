#include "tufmirror/crypto/hash.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "support/status_matchers.h"

namespace tufmirror::crypto {
namespace {

using ::tufmirror::testing::FailsWith;
using ::tufmirror::testing::IsOk;

// FIPS 180-4 examples.
constexpr std::string_view kSha256OfAbc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr std::string_view kSha512OfAbc =
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
    "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
constexpr std::string_view kSha256OfNothing =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

ExpectedContent Abc() {
  ExpectedContent expected;
  expected.length = 3;
  expected.digests.sha256 = *Sha256::FromHex(kSha256OfAbc);
  expected.digests.sha512 = *Sha512::FromHex(kSha512OfAbc);
  return expected;
}

TEST(Hash, MatchesPublishedExamples) {
  EXPECT_EQ(Sha256Of("abc").Hex(), kSha256OfAbc);
  EXPECT_EQ(Sha512Of("abc").Hex(), kSha512OfAbc);
  EXPECT_EQ(Sha256Of("").Hex(), kSha256OfNothing);
}

TEST(ContentHasher, AcceptsThePromisedBytesInAnyPieces) {
  ContentHasher hasher(Abc().digests);
  hasher.Update("a");
  hasher.Update("");
  ContentHasher moved = std::move(hasher);
  moved.Update("bc");
  EXPECT_EQ(moved.length(), 3u);
  EXPECT_THAT(moved.Finish(Abc(), "abc.txt"), IsOk());
}

TEST(ContentHasher, ComputesEveryListedDigestAndSha256WithoutAny) {
  Digests only_sha512;
  only_sha512.sha512 = Sha512();
  ContentHasher listed(only_sha512);
  const Digests from_listed = listed.FinishDigests();
  EXPECT_FALSE(from_listed.sha256.has_value());
  EXPECT_TRUE(from_listed.sha512.has_value());

  ContentHasher none((Digests()));
  none.Update("abc");
  const Digests from_none = none.FinishDigests();
  ASSERT_TRUE(from_none.sha256.has_value());
  EXPECT_EQ(from_none.sha256->Hex(), kSha256OfAbc);
}

TEST(ContentHasher, RefusesToFinishTwiceWithTheSameDigest) {
  ContentHasher hasher(Abc().digests);
  hasher.Update("abc");
  ASSERT_THAT(hasher.Finish(Abc(), "abc.txt"), IsOk());
  EXPECT_THAT(hasher.Finish(Abc(), "abc.txt"), FailsWith(Failure::kDigest));
}

// One table for the streaming and the one-shot check.
struct Refusal {
  std::string_view name;
  std::string_view bytes;
  ExpectedContent expected;
  Failure failure;
  std::string_view message;
};

std::vector<Refusal> Refusals() {
  std::vector<Refusal> refusals;
  refusals.push_back({"longer", "abcd", Abc(), Failure::kLength,
                      "x: expected 3 bytes, got 4"});
  refusals.push_back(
      {"shorter", "ab", Abc(), Failure::kLength, "x: expected 3 bytes, got 2"});
  refusals.push_back({"other bytes", "abd", Abc(), Failure::kDigest,
                      "x: expected sha256 ba7816bf"});
  ExpectedContent wrong_second = Abc();
  wrong_second.digests.sha512 = Sha512();
  refusals.push_back({"second digest wrong", "abc", wrong_second,
                      Failure::kDigest, "got ddaf35a1"});
  ExpectedContent wrong_first = Abc();
  wrong_first.digests.sha256 = Sha256();
  refusals.push_back({"first digest wrong", "abc", wrong_first,
                      Failure::kDigest, "got ba7816bf"});
  ExpectedContent unsupported = Abc();
  unsupported.digests.unsupported = "md5\n";
  refusals.push_back({"unknown algorithm beside known ones", "abc", unsupported,
                      Failure::kUnsupported, "md5\\"});
  ExpectedContent empty = Abc();
  empty.digests = Digests();
  refusals.push_back({"no digest at all", "abc", empty, Failure::kMalformed,
                      "expected at least one digest"});
  return refusals;
}

TEST(ContentHasher, RefusesOtherContent) {
  for (const Refusal& refusal : Refusals()) {
    ContentHasher hasher(refusal.expected.digests);
    hasher.Update(refusal.bytes);
    EXPECT_THAT(hasher.Finish(refusal.expected, "x"),
                FailsWith(refusal.failure, refusal.message))
        << refusal.name;
  }
}

TEST(CheckContent, RefusesOtherContent) {
  EXPECT_THAT(CheckContent("abc", Abc(), "x"), IsOk());
  for (const Refusal& refusal : Refusals()) {
    EXPECT_THAT(CheckContent(refusal.bytes, refusal.expected, "x"),
                FailsWith(refusal.failure, refusal.message))
        << refusal.name;
  }
}

}  // namespace
}  // namespace tufmirror::crypto
