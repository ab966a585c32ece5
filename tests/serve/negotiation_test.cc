// Accept headers as installers, browsers and RFC 9110 write them.
#include "tufmirror/serve/negotiation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tufmirror::serve {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Representation kJson = Representation::kJsonV1;
constexpr Representation kHtml = Representation::kHtmlV1;
constexpr Representation kText = Representation::kTextHtml;

TEST(NegotiateTest, PipGetsJson) {
  EXPECT_THAT(Negotiate("application/vnd.pypi.simple.v1+json, "
                        "application/vnd.pypi.simple.v1+html; q=0.1, "
                        "text/html; q=0.01"),
              ElementsAre(kJson, kHtml, kText));
}

TEST(NegotiateTest, UvGetsJson) {
  EXPECT_THAT(Negotiate("application/vnd.pypi.simple.v1+json, "
                        "application/vnd.pypi.simple.v1+html;q=0.2, "
                        "text/html;q=0.01"),
              ElementsAre(kJson, kHtml, kText));
}

TEST(NegotiateTest, BrowserGetsTextHtml) {
  EXPECT_THAT(Negotiate("text/html,application/xhtml+xml,application/xml;q=0.9,"
                        "image/avif,*/*;q=0.8"),
              ElementsAre(kText, kHtml, kJson));
}

TEST(NegotiateTest, NothingSaidMeansTextHtml) {
  EXPECT_THAT(Negotiate(""), ElementsAre(kText, kHtml, kJson));
  EXPECT_THAT(Negotiate("  "), ElementsAre(kText, kHtml, kJson));
  EXPECT_THAT(Negotiate("*/*"), ElementsAre(kText, kHtml, kJson));
}

TEST(NegotiateTest, LatestIsAnAliasOfVersionOne) {
  EXPECT_THAT(Negotiate("application/vnd.pypi.simple.latest+json"),
              ElementsAre(kJson));
  EXPECT_THAT(Negotiate("application/vnd.pypi.simple.latest+html"),
              ElementsAre(kHtml));
}

TEST(NegotiateTest, UnknownVersionsAreNotAcceptable) {
  EXPECT_THAT(Negotiate("application/vnd.pypi.simple.v2+json"), IsEmpty());
  EXPECT_THAT(Negotiate("application/json"), IsEmpty());
  EXPECT_THAT(Negotiate("image/png"), IsEmpty());
}

TEST(NegotiateTest, QualityOrders) {
  EXPECT_THAT(Negotiate("text/html;q=0.9, "
                        "application/vnd.pypi.simple.v1+json;q=0.85"),
              ElementsAre(kText, kJson));
  EXPECT_THAT(Negotiate("text/html;q=0.001, "
                        "application/vnd.pypi.simple.v1+html;Q=0.002"),
              ElementsAre(kHtml, kText));
}

TEST(NegotiateTest, EqualQualityPrefersJson) {
  EXPECT_THAT(Negotiate("text/html, application/vnd.pypi.simple.v1+json"),
              ElementsAre(kJson, kText));
  EXPECT_THAT(Negotiate("application/*"), ElementsAre(kJson, kHtml));
  EXPECT_THAT(Negotiate("text/*"), ElementsAre(kText));
}

TEST(NegotiateTest, ExactTypeBeatsWildcardOfEqualQuality) {
  EXPECT_THAT(Negotiate("*/*, application/vnd.pypi.simple.v1+json"),
              ElementsAre(kJson, kText, kHtml));
}

TEST(NegotiateTest, ZeroQualityExcludesDespiteWildcard) {
  EXPECT_THAT(Negotiate("*/*, text/html;q=0"), ElementsAre(kHtml, kJson));
  EXPECT_THAT(Negotiate("application/vnd.pypi.simple.v1+json;q=0.0"),
              IsEmpty());
}

TEST(NegotiateTest, IgnoresCaseSpaceAndOtherParameters) {
  EXPECT_THAT(Negotiate(" Text/HTML ; charset=utf-8 ; q=0.5 "),
              ElementsAre(kText));
}

TEST(NegotiateTest, PassesOverMalformedElements) {
  EXPECT_THAT(Negotiate(",,;q=1,html,text/html;q=2,text/html;q=0.1234,"
                        "text/html;q=a,"
                        "application/vnd.pypi.simple.v1+json"),
              ElementsAre(kJson));
}

TEST(NegotiateFormatTest, TakesExactTypesOnly) {
  EXPECT_THAT(NegotiateFormat("application/vnd.pypi.simple.v1+json"),
              ElementsAre(kJson));
  EXPECT_THAT(NegotiateFormat("application/vnd.pypi.simple.latest+html"),
              ElementsAre(kHtml));
  EXPECT_THAT(NegotiateFormat("text/html"), ElementsAre(kText));
  EXPECT_THAT(NegotiateFormat("*/*"), IsEmpty());
  EXPECT_THAT(NegotiateFormat("text/*"), IsEmpty());
  EXPECT_THAT(NegotiateFormat("malformed"), IsEmpty());
}

}  // namespace
}  // namespace tufmirror::serve
