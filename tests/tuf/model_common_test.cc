// Parse rules that all four metadata types share: type, version, expiry,
// specification version, shape of the document.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/repository_fixture.h"
#include "support/status_matchers.h"
#include "tuf/metadata_text.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::testing {
namespace {

using ::testing::AnyOf;

absl::Status ParseStatus(std::string_view type, std::string_view text) {
  if (type == "root") return RootFrom(text).status();
  if (type == "timestamp") return TimestampFrom(text).status();
  if (type == "snapshot") return SnapshotFrom(text).status();
  return TargetsFrom(text).status();
}

struct TypeCase {
  std::string_view type;
  std::string_view text;
};

class EveryType : public ::testing::TestWithParam<TypeCase> {
 protected:
  absl::Status With(std::string_view from, std::string_view to) const {
    return ParseStatus(GetParam().type, Replaced(GetParam().text, from, to));
  }
  std::string Type() const { return std::string(GetParam().type); }
};

INSTANTIATE_TEST_SUITE_P(
    Model, EveryType,
    ::testing::Values(TypeCase{"root", kRootText},
                      TypeCase{"timestamp", kTimestampText},
                      TypeCase{"snapshot", kSnapshotText},
                      TypeCase{"targets", kTargetsText}),
    [](const auto& test) { return std::string(test.param.type); });

TEST_P(EveryType, ParsesTheValidDocument) {
  EXPECT_THAT(ParseStatus(GetParam().type, GetParam().text), IsOk());
}

TEST_P(EveryType, RejectsAnyOtherType) {
  const std::string own = "\"_type\":\"" + Type() + "\"";
  for (const std::string_view other :
       {R"("_type":"mirrors")", R"("_type":"")", R"("_type":"Root")",
        R"("_type":"TIMESTAMP")", R"("_type":1)", R"("_type":null)",
        R"("_type":["root"])", R"("typ":"root")"}) {
    EXPECT_THAT(With(own, other), FailsWith(Failure::kMalformed, "_type"))
        << other;
  }
  for (const std::string_view type :
       {"root", "timestamp", "snapshot", "targets"}) {
    if (type == Type()) continue;
    EXPECT_THAT(ParseStatus(type, GetParam().text),
                FailsWith(Failure::kMalformed, "_type"));
  }
}

TEST_P(EveryType, RejectsVersionsThatAreNotPositive64BitIntegers) {
  const std::string many_digits = "1" + std::string(60, '0');  // about 2^200
  for (const std::string version :
       {"0", "-1", "-0", "1.0", "7.5", "1e0", "true", "false", "null", "\"7\"",
        "[7]", "{}", "9223372036854775808", "18446744073709551616",
        "-9223372036854775808", many_digits.c_str()}) {
    EXPECT_THAT(With("\"version\":7", "\"version\":" + version),
                FailsWith(Failure::kMalformed))
        << version;
  }
  EXPECT_THAT(With("\"version\":7", "\"version_\":7"),
              FailsWith(Failure::kMalformed, "version"));
}

TEST_P(EveryType, AcceptsTheLargestVersion) {
  EXPECT_THAT(With("\"version\":7", "\"version\":9223372036854775807"), IsOk());
}

// A quadratic parser of integers takes minutes on this one.
TEST_P(EveryType, RejectsAMillionDigitVersion) {
  EXPECT_THAT(
      With("\"version\":7", "\"version\":" + std::string(1'000'000, '9')),
      FailsWith(Failure::kMalformed));
}

TEST_P(EveryType, RejectsMalformedExpiry) {
  const std::string_view good = "\"expires\":\"2030-01-01T00:00:00Z\"";
  for (const std::string_view bad :
       {R"("expires":"2030-01-01")", R"("expires":"2030-01-01T00:00:00")",
        R"("expires":"2030-01-01T00:00:00.0Z")", R"("expires":"")",
        R"("expires":1893456000)", R"("expires":null)",
        R"("expires":"infinite-future")", R"("expirez":"")"}) {
    EXPECT_THAT(With(good, bad), FailsWith(Failure::kMalformed, "expires"))
        << bad;
  }
}

TEST_P(EveryType, RejectsOtherMajorSpecificationVersions) {
  const std::string_view good = R"("spec_version":"1.0.34")";
  for (const std::string_view bad :
       {R"("spec_version":"2.0.0")", R"("spec_version":"0.9.0")",
        R"("spec_version":"10.0.0")", R"("spec_version":"1x.0.0")",
        R"("spec_version":"")", R"("spec_version":"a.b.c")",
        R"("spec_version":"-1.0.0")", R"("spec_version":"1.")",
        R"("spec_version":"1.x.0")", R"("spec_version":"1..0")",
        R"("spec_version":" 1.0.0")", R"("spec_version":1)",
        R"("spec_version":1.0)", R"("spec_version":null)",
        R"("spec":"1.0.0")"}) {
    EXPECT_THAT(With(good, bad),
                AnyOf(FailsWith(Failure::kMalformed, "spec_version"),
                      FailsWith(Failure::kUnsupported, "spec_version")))
        << bad;
  }
}

TEST_P(EveryType, AcceptsSameMajorSpecificationVersions) {
  for (const std::string_view version : {"1.0.0", "1.0", "1.0.99", "1.31.4"}) {
    EXPECT_THAT(With("\"1.0.34\"", "\"" + std::string(version) + "\""), IsOk())
        << version;
  }
}

TEST_P(EveryType, IgnoresUnknownFields) {
  EXPECT_THAT(With("{\"_type\"", R"({"x-later":{"a":[1,null,true]},"_type")"),
              IsOk());
}

TEST_P(EveryType, RejectsDocumentsOfAnotherShapeWithoutCrashing) {
  for (const std::string_view text :
       {"null", "true", "7", "\"root\"", "[]", "{}", "[null]", "[{}]",
        R"({"_type":null})", R"({"_type":{}})"}) {
    EXPECT_THAT(ParseStatus(GetParam().type, text),
                FailsWith(Failure::kMalformed))
        << text;
  }
}

TEST(ModelCommonTest, KeepsTheCommonFields) {
  ASSERT_OK_AND_ASSIGN(const tuf::Timestamp timestamp,
                       TimestampFrom(kTimestampText));
  EXPECT_EQ(timestamp.version, 7);
  EXPECT_EQ(timestamp.spec_version, "1.0.34");
  EXPECT_EQ(timestamp.expires, absl::FromCivil(absl::CivilSecond(2030, 1, 1),
                                               absl::UTCTimeZone()));
}

TEST(ModelCommonTest, RoleNames) {
  EXPECT_EQ(tuf::RoleName(tuf::TopLevelRole::kRoot), "root");
  EXPECT_EQ(tuf::RoleName(tuf::TopLevelRole::kTimestamp), "timestamp");
  EXPECT_EQ(tuf::RoleName(tuf::TopLevelRole::kSnapshot), "snapshot");
  EXPECT_EQ(tuf::RoleName(tuf::TopLevelRole::kTargets), "targets");
  for (const char* name : {"root", "timestamp", "snapshot", "targets"}) {
    EXPECT_TRUE(tuf::IsTopLevelRoleName(name)) << name;
  }
  for (const char* name : {"", "Root", "roots", "root ", "mirrors", "bin-0"}) {
    EXPECT_FALSE(tuf::IsTopLevelRoleName(name)) << name;
  }
}

TEST(ExpiryTest, ParsesExactlyOneFormat) {
  ASSERT_OK_AND_ASSIGN(const absl::Time time,
                       tuf::ParseExpiry("2026-11-21T12:34:56Z"));
  EXPECT_EQ(time, absl::FromCivil(absl::CivilSecond(2026, 11, 21, 12, 34, 56),
                                  absl::UTCTimeZone()));
  for (const std::string_view good :
       {"2024-02-29T00:00:00Z", "2000-02-29T23:59:59Z", "1970-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z"}) {
    EXPECT_THAT(tuf::ParseExpiry(good), IsOk()) << good;
  }
}

TEST(ExpiryTest, RejectsEveryOtherFormat) {
  for (const std::string bad : {"",
                                "Z",
                                "2026-11-21",
                                "2026-11-21T12:00:00",
                                "2026-11-21 12:00:00Z",
                                "2026-11-21t12:00:00Z",
                                "2026-11-21T12:00:00z",
                                "2026-11-21T12:00Z",
                                "2026-11-21T12:00:00.5Z",
                                "2026-11-21T12:00:00.000Z",
                                "2026-11-21T12:00:00+00:00",
                                "2026-11-21T12:00:00+0000",
                                "2026-11-21T12:00:00-01:00Z",
                                " 2026-11-21T12:00:00Z",
                                "2026-11-21T12:00:00Z ",
                                "2026-11-21T12:00:00Z\n",
                                "2026-1-21T12:00:00Z",
                                "2026-11-1T12:00:00Z",
                                "2026-11-21T1:00:00Z",
                                "02026-11-21T12:00:00Z",
                                "26-11-21T12:00:00Z",
                                "+026-11-21T12:00:00Z",
                                "-026-11-21T12:00:00Z",
                                "2026/11/21T12:00:00Z",
                                "20261121T120000Z",
                                "2026-00-21T12:00:00Z",
                                "2026-13-21T12:00:00Z",
                                "2026-11-00T12:00:00Z",
                                "2026-11-31T12:00:00Z",
                                "2023-02-29T12:00:00Z",
                                "1900-02-29T12:00:00Z",
                                "2026-11-21T24:00:00Z",
                                "2026-11-21T12:60:00Z",
                                "2026-11-21T12:00:61Z",
                                "2026-11-21T-1:00:00Z",
                                "2026-11-21T+1:00:00Z",
                                "2026-11-21T 1:00:00Z",
                                "infinite-future",
                                "tomorrow",
                                "2026-11-21T12:00:0AZ"}) {
    EXPECT_THAT(tuf::ParseExpiry(bad), FailsWith(Failure::kMalformed)) << bad;
  }
  EXPECT_THAT(tuf::ParseExpiry(std::string_view("2026-11-21T12:00:00Z\0", 21)),
              FailsWith(Failure::kMalformed));
}

TEST(ExpiryTest, FormatsWhatItParses) {
  for (const std::string_view text :
       {"2026-11-21T12:34:56Z", "2024-02-29T00:00:00Z",
        "1999-12-31T23:59:59Z"}) {
    ASSERT_OK_AND_ASSIGN(const absl::Time time, tuf::ParseExpiry(text));
    EXPECT_EQ(tuf::FormatExpiry(time), text);
  }
}

}  // namespace
}  // namespace tufmirror::testing
