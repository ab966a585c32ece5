#include "tufmirror/pypi/specifier.h"

#include <string>
#include <vector>

#include "pypi/random_text.h"
#include "support/status_matchers.h"

namespace tufmirror::pypi {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::IsEmpty;
using testing::IsOk;

Version V(std::string_view text) {
  absl::StatusOr<Version> version = Version::Parse(text);
  EXPECT_THAT(version, IsOk()) << text;
  return version.ok() ? *version : Version::Parse("0").value();
}

VersionSpecifier Spec(std::string_view text) {
  absl::StatusOr<VersionSpecifier> specifier = VersionSpecifier::Parse(text);
  EXPECT_THAT(specifier, IsOk()) << text;
  return specifier.ok() ? *specifier : VersionSpecifier();
}

struct MatchCase {
  const char* specifier;
  std::vector<const char*> inside;
  std::vector<const char*> outside;
};

// Pre-releases allowed throughout: these are PEP 440's comparisons alone.
void ExpectMatches(const std::vector<MatchCase>& cases) {
  for (const MatchCase& c : cases) {
    const VersionSpecifier specifier = Spec(c.specifier);
    for (const char* text : c.inside) {
      EXPECT_TRUE(specifier.Contains(V(text), Prereleases::kAllow))
          << c.specifier << " and " << text;
      EXPECT_TRUE(
          specifier.Contains(std::string_view(text), Prereleases::kAllow))
          << c.specifier << " and text " << text;
    }
    for (const char* text : c.outside) {
      EXPECT_FALSE(specifier.Contains(V(text), Prereleases::kAllow))
          << c.specifier << " and " << text;
    }
  }
}

TEST(VersionSpecifierTest, CompatibleReleaseKeepsAllButTheLastNumber) {
  ExpectMatches({
      {"~=2.2", {"2.2", "2.2.post1", "2.10", "2.3a1"}, {"2.1", "3", "2.2rc1"}},
      {"~=1.4.5", {"1.4.5", "1.4.9.1"}, {"1.4.4", "1.5", "1.4.5a1"}},
      {"~=2.2.post3", {"2.2.post3", "2.3"}, {"2.2", "2.2.post2", "3.0"}},
      {"~=1.4.5a4", {"1.4.5a4", "1.4.5", "1.4.6"}, {"1.4.5a3", "1.5"}},
      {"~=2.2.0", {"2.2", "2.2.9"}, {"2.3"}},
      {"~=1!2.2", {"1!2.5"}, {"2.5", "1!3.0", "2!2.5"}},
      {"~=1.0", {"1.0+local", "1"}, {"2"}},
  });
}

TEST(VersionSpecifierTest, EqualityPadsWithZerosAndIgnoresUnaskedLocalParts) {
  ExpectMatches({
      {"==1.1", {"1.1", "1.1.0", "1.1+local"}, {"1.1.post1", "1.1a1", "1.1.1"}},
      {"==1.1.post1", {"1.1.post1", "1.1-1"}, {"1.1"}},
      {"==1.1+a", {"1.1+a", "1.1.0+A"}, {"1.1", "1.1+b", "1.1+a.1"}},
      {"!=1.1", {"1.1.post1", "1.2"}, {"1.1", "1.1.0", "1.1+local"}},
      {"!=1.1+a", {"1.1", "1.1+b"}, {"1.1+a"}},
      {"==1!1.1", {"1!1.1"}, {"1.1"}},
  });
}

TEST(VersionSpecifierTest, PrefixMatchIgnoresWhatFollows) {
  ExpectMatches({
      {"==1.1.*",
       {"1.1", "1.1.0", "1.1.post1", "1.1a1", "1.1.5", "1.1.dev0", "1.1+a"},
       {"1.10", "1", "1.2", "1!1.1"}},
      {"==1.*", {"1", "1.5", "1rc1"}, {"2", "10"}},
      {"==1.0.*", {"1", "1rc1", "1.post2"}, {"1.1"}},
      {"!=1.1.*", {"1.2", "1.10"}, {"1.1", "1.1.post1", "1.1a1"}},
      {"==1.1a1.*", {"1.1a1", "1.1.0a1.post1", "1.1a1.dev2"}, {"1.1", "1.1a2"}},
      {"==1.1.post1.*", {"1.1.post1.dev1", "1.1.post1"}, {"1.1", "1.1.post10"}},
      {"==1!1.*", {"1!1.2"}, {"1.2"}},
  });
}

TEST(VersionSpecifierTest, InclusiveOrderIgnoresLocalParts) {
  ExpectMatches({
      {"<=1.1", {"1.1", "1.1+local", "1.0", "1.1rc1"}, {"1.1.post1", "1.2"}},
      {">=1.1", {"1.1", "1.1+local", "1.1.post1", "2"}, {"1.1rc1", "1.0"}},
      {">=1!0", {"1!0", "1!1"}, {"1!0.dev1", "2000"}},
  });
}

TEST(VersionSpecifierTest, ExclusiveOrderLeavesOutItsOwnReleases) {
  ExpectMatches({
      {">1.7",
       {"1.7.1", "1.8", "1.7.0.1", "1.8.post1", "1.8+a"},
       {"1.7", "1.7.0.post1", "1.7+a", "1.7.post1.dev1"}},
      {">1.7.post2",
       {"1.7.post3", "1.7.1"},
       {"1.7.post2", "1.7", "1.7.0.post1"}},
      {">1.7.post2", {}, {"1.7.post2+a", "1.7.post3+a"}},
      {">1.7rc1", {"1.7", "1.7rc2"}, {"1.7rc1", "1.7rc1.post1", "1.7+a"}},
      {"<1.7",
       {"1.6", "1.6.post1", "1.6rc1", "1.6+a"},
       {"1.7", "1.7rc1", "1.7.0.dev1", "1.7+a"}},
      {"<1.7rc1", {"1.7a1", "1.7.dev1", "1.6"}, {"1.7rc1", "1.7"}},
      {"<1.7.post1", {"1.7", "1.7+a", "1.6rc1"}, {"1.7.post1", "1.7rc1"}},
  });
}

TEST(VersionSpecifierTest, ArbitraryEqualityComparesText) {
  const VersionSpecifier specifier = Spec("===1.0");
  EXPECT_TRUE(specifier.Contains(V("1.0")));
  EXPECT_FALSE(specifier.Contains(V("1.0.0")));
  EXPECT_FALSE(specifier.Contains(V("1.0+a")));
  EXPECT_TRUE(Spec("===1.0-ALPHA1").Contains("1.0-alpha1"));
  EXPECT_TRUE(Spec("===1.0a1").Contains("1.0-alpha1"));
  EXPECT_FALSE(Spec("===1.0-ALPHA1").Contains(V("1.0-alpha1")));
}

TEST(VersionSpecifierTest, AllClausesMustHold) {
  const VersionSpecifier specifier = Spec("~= 0.9, >= 1.0, != 1.3.4.*, < 2.0");
  EXPECT_FALSE(specifier.Contains(V("0.9")));
  EXPECT_FALSE(Spec(">=1,<2,!=1.5").Contains(V("1.5")));
  EXPECT_TRUE(Spec(">=1,<2,!=1.5").Contains(V("1.6")));
  EXPECT_TRUE(Spec("").Contains(V("7")));
}

TEST(VersionSpecifierTest, LegacyVersionsMatchTheirTextOnly) {
  EXPECT_TRUE(Spec("===2004d").Contains("2004D"));
  EXPECT_FALSE(Spec("===2004d,>=1").Contains("2004d"));
  for (const char* text : {"", ">=0", "!=1", "==2004.*"}) {
    EXPECT_FALSE(Spec(text).Contains("2004d", Prereleases::kAllow)) << text;
  }
}

TEST(VersionSpecifierTest, PrereleasesNeedToBeAskedFor) {
  struct Case {
    const char* specifier;
    const char* candidate;
    bool by_default;
  };
  const Case cases[] = {
      {">=1.0", "1.1a1", false},     {">=1.0a1", "1.1a1", true},
      {"==1.1a1", "1.1a1", true},    {"===1.1a1", "1.1a1", true},
      {"~=1.0.dev1", "1.1b2", true}, {"<2.0rc1", "1.1a1", true},
      {">1.0a1", "1.1.dev1", true},  {"<=2.dev0", "1.1a1", true},
      {"!=1.0a1", "1.1a1", false},   {"", "1.1a1", false},
      {">=1.0", "1.1.post1", true},  {">=1.0", "1.1.post1.dev2", false},
      {">=1,<2.0b1", "1.5a1", true},
  };
  for (const Case& c : cases) {
    const VersionSpecifier specifier = Spec(c.specifier);
    const Version candidate = V(c.candidate);
    EXPECT_EQ(specifier.Contains(candidate), c.by_default)
        << c.specifier << " " << c.candidate;
    EXPECT_EQ(specifier.Contains(c.candidate), c.by_default) << c.specifier;
    EXPECT_TRUE(specifier.Contains(candidate, Prereleases::kAllow));
    EXPECT_EQ(specifier.Contains(candidate, Prereleases::kForbid),
              !candidate.is_prerelease())
        << c.specifier << " " << c.candidate;
  }
}

TEST(VersionSpecifierTest, FilterFallsBackToPrereleases) {
  const std::vector<Version> mixed = {V("1.0"), V("1.1a1"), V("0.9"), V("2.0"),
                                      V("2.1.dev1")};
  EXPECT_THAT(Spec(">=1").Filter(mixed), ElementsAre(0, 3));
  EXPECT_THAT(Spec(">=1a1").Filter(mixed), ElementsAre(0, 1, 3, 4));
  EXPECT_THAT(Spec(">1.0,<2").Filter(mixed), ElementsAre(1));
  EXPECT_THAT(Spec(">2").Filter(mixed), ElementsAre(4));
  EXPECT_THAT(Spec(">2").Filter(mixed, Prereleases::kForbid), IsEmpty());
  EXPECT_THAT(Spec(">=1").Filter(mixed, Prereleases::kAllow),
              ElementsAre(0, 1, 3, 4));
  EXPECT_THAT(Spec("").Filter({V("1a1"), V("1b1")}), ElementsAre(0, 1));
  EXPECT_THAT(Spec(">3").Filter(mixed), IsEmpty());
}

TEST(VersionSpecifierTest, WritesNormalForm) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"", ""},
      {" >= 1.0 , < 2 ", "<2,>=1.0"},
      {">=1.0,>=1.0,", ">=1.0"},
      {"~=1.0.0", "~=1.0.0"},
      {"== v1.0-RC.1", "==1.0rc1"},
      {"==01.*", "==1.*"},
      {"!=1!1.0-1", "!=1!1.0.post1"},
      {"=== Odd-One", "===Odd-One"},
      {",,>1,", ">1"},
  };
  for (const auto& [text, normal] : cases) {
    EXPECT_EQ(Spec(text).str(), normal) << text;
  }
  EXPECT_EQ(Spec("<2,>=1"), Spec(">= 1 , < 2"));
  EXPECT_FALSE(Spec("~=1.0") == Spec("~=1.0.0"));
}

TEST(VersionSpecifierTest, RefusesWhatPep440DoesNotHave) {
  const std::vector<std::pair<std::string, const char*>> cases = {
      {"1.0", "one of ~= == != <= >= < > === expected"},
      {"=1.0", "one of ~="},
      {"=>1.0", "one of ~="},
      {">=", "a version expected after '>='"},
      {">=1.0 2.0", "PEP 440 version expected after '>='"},
      {">>1", "got '>1'"},
      {"==foo", "got 'foo'"},
      {"== 1.0 .*", "PEP 440 version expected"},
      {">=1.0.*", "'.*' is for '==' and '!=' only"},
      {"~=1.0.*", "'.*' is for"},
      {"==1.0.dev1.*", "'.*' cannot follow"},
      {"==1.0+a.*", "'.*' cannot follow"},
      {"==.*", "PEP 440 version expected"},
      {"==*", "PEP 440 version expected"},
      {">=1.0+a", "local version"},
      {"~=1.0+a", "local version"},
      {"<1+1", "local version"},
      {"~=1", "two or more numbers"},
      {"~=1rc1", "two or more numbers"},
      {"===a b", "text without blanks"},
      {"===a;b", "text without blanks"},
      {"===\xFF", "UTF-8"},
      {">=1,<2,x", "version clause 'x'"},
      {std::string(9000, ','), "9000 bytes"},
  };
  for (const auto& [text, why] : cases) {
    EXPECT_THAT(VersionSpecifier::Parse(text),
                FailsWith(Failure::kMalformed, why))
        << text;
  }
}

TEST(VersionSpecifierTest, KnowsPins) {
  EXPECT_EQ(Spec("==1.0").Pinned(), V("1.0"));
  EXPECT_EQ(Spec("===1.0").Pinned(), V("1.0"));
  for (const char* text : {"", "==1.*", ">=1", "==1,==2", "===odd"}) {
    EXPECT_EQ(Spec(text).Pinned(), std::nullopt) << text;
  }
}

TEST(MayContainPythonTest, AsksForSomePatchRelease) {
  struct Case {
    const char* requires_python;
    std::vector<uint32_t> minors;  // of 3.7 to 3.14 those that may run it
  };
  const Case cases[] = {
      {"", {7, 8, 9, 10, 11, 12, 13, 14}},
      {">=3.8.1", {8, 9, 10, 11, 12, 13, 14}},
      {">=3.8.1,!=3.9.*", {8, 10, 11, 12, 13, 14}},
      {"<3.13,>=3.9", {9, 10, 11, 12}},
      {"~=3.8", {8, 9, 10, 11, 12, 13, 14}},
      {"~=3.8.2", {8}},
      {">3.8,<3.9", {8}},
      {">3.8.0,<3.8.1", {}},
      {">3.8.0,<=3.8.1", {8}},
      {"<3.9,>=3.8,!=3.8.0,!=3.8.1", {8}},
      {"<=3.8", {7, 8}},
      {"==3.8", {8}},
      {"==3.8.*", {8}},
      {"==3.10.4", {10}},
      {"===3.10.4", {10}},
      {"==3.10.4,!=3.10.4", {}},
      {"==3.8.1.post1", {}},
      {">=3.8.999999", {8, 9, 10, 11, 12, 13, 14}},
      {"<3.8.0", {7}},
      {">=3.14.0a1", {14}},
      {">=3.12.0rc1,<3.12", {}},
      {"==3.*", {7, 8, 9, 10, 11, 12, 13, 14}},
      {">=2.7,!=3.0.*,!=3.1.*,<4", {7, 8, 9, 10, 11, 12, 13, 14}},
      {"<3", {}},
      {">=999999999999999999", {}},
      {"!=3.9.999999999999999999", {7, 8, 9, 10, 11, 12, 13, 14}},
  };
  for (const Case& c : cases) {
    std::vector<uint32_t> minors;
    for (uint32_t minor = 7; minor <= 14; ++minor) {
      if (MayContainPython(Spec(c.requires_python),
                           {.major = 3, .minor = minor})) {
        minors.push_back(minor);
      }
    }
    EXPECT_EQ(minors, c.minors) << c.requires_python;
  }
}

TEST(MayContainPythonTest, AgreesWithTryingManyPatchReleases) {
  RandomText random(20240607);
  for (int round = 0; round < 3000; ++round) {
    std::string text = random.OneOf({">=", "<", "!=", ">", "<=", "=="});
    text += "3.8." + std::to_string(random.Below(9));
    text += "," + random.Clause() + ",!=3.8.0";
    const VersionSpecifier specifier = Spec(text);
    bool any = false;
    for (int patch = 0; patch < 20; ++patch) {
      any = any || specifier.Contains(V("3.8." + std::to_string(patch)),
                                      Prereleases::kAllow);
    }
    ASSERT_EQ(MayContainPython(specifier, {.major = 3, .minor = 8}), any)
        << text;
  }
}

TEST(VersionSpecifierTest, NormalFormMeansTheSame) {
  RandomText random(1);
  for (int round = 0; round < 5000; ++round) {
    const std::string text = random.Specifier();
    const VersionSpecifier specifier = Spec(text);
    const VersionSpecifier again = Spec(specifier.str());
    ASSERT_EQ(again, specifier) << text;
    ASSERT_EQ(again.str(), specifier.str());
    const Version candidate = V(random.Version());
    ASSERT_EQ(again.Contains(candidate), specifier.Contains(candidate)) << text;
  }
}

TEST(VersionSpecifierTest, OperatorsAgreeWithTheOrderOfVersions) {
  RandomText random(2);
  for (int round = 0; round < 20000; ++round) {
    const Version wanted = V(random.PublicVersion());
    const Version candidate = V(random.Version());
    const auto holds = [&](std::string_view op) {
      return Spec(std::string(op) + wanted.str())
          .Contains(candidate, Prereleases::kAllow);
    };
    const std::string what = candidate.str() + " and " + wanted.str();
    ASSERT_EQ(holds(">="), candidate.public_part() >= wanted) << what;
    ASSERT_EQ(holds("<="), candidate.public_part() <= wanted) << what;
    ASSERT_EQ(holds("=="), holds("<=") && holds(">=")) << what;
    ASSERT_EQ(holds("!="), !holds("==")) << what;
    // The exclusive ones are stricter than the complement, never laxer.
    ASSERT_FALSE(holds(">") && holds("<=")) << what;
    ASSERT_FALSE(holds("<") && holds(">=")) << what;
    if (!candidate.HasReleaseOf(wanted)) {
      ASSERT_EQ(holds(">"), !holds("<=")) << what;
      ASSERT_EQ(holds("<"), !holds(">=")) << what;
    }
  }
}

}  // namespace
}  // namespace tufmirror::pypi
