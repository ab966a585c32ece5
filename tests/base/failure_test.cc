#include "tufmirror/base/failure.h"

#include <gtest/gtest.h>

#include <string>

#include "support/status_matchers.h"
#include "tufmirror/base/digest.h"
#include "tufmirror/base/strings.h"

namespace tufmirror {
namespace {

using ::tufmirror::testing::FailsWith;

TEST(FailureTest, AnnotateKeepsTheFailure) {
  const absl::Status status = Annotate(
      MakeFailure(Failure::kRollback, "version 3, trusted 4"), "timestamp");
  EXPECT_THAT(status,
              FailsWith(Failure::kRollback, "timestamp: version 3, trusted 4"));
}

TEST(FailureTest, ForeignStatusIsInternal) {
  EXPECT_EQ(FailureOf(absl::NotFoundError("x")), Failure::kInternal);
}

TEST(PrintableTest, EscapesWhatCouldForgeALogLine) {
  EXPECT_EQ(Printable("a\nb\x1b[31m"), "a\\x0ab\\x1b[31m");
  EXPECT_EQ(Printable("\xff\xc2\x9b"), "\\xff\\xc2\\x9b");
  EXPECT_EQ(Printable("naïve"), "naïve");
  EXPECT_EQ(Printable("abcdef", 3), "abc...");
}

TEST(HexTest, RoundTripsAndRefusesOtherText) {
  EXPECT_EQ(*HexDecode("00fFa0"), std::string("\x00\xff\xa0", 3));
  EXPECT_THAT(HexDecode("0"), FailsWith(Failure::kMalformed));
  EXPECT_THAT(HexDecode("0g"), FailsWith(Failure::kMalformed));
}

TEST(DigestTest, NeedsTheExactLength) {
  const std::string hex(64, 'a');
  EXPECT_EQ(Sha256::FromHex(hex)->Hex(), hex);
  EXPECT_THAT(Sha256::FromHex(hex + "aa"), FailsWith(Failure::kMalformed));
  EXPECT_THAT(Sha512::FromHex(hex), FailsWith(Failure::kMalformed));
}

}  // namespace
}  // namespace tufmirror
