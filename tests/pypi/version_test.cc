#include "tufmirror/pypi/version.h"

#include <string>
#include <vector>

#include "fmt/format.h"
#include "support/status_matchers.h"

namespace tufmirror::pypi {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using testing::IsOk;

Version Parsed(std::string_view text) {
  absl::StatusOr<Version> version = Version::Parse(text);
  EXPECT_THAT(version, IsOk()) << text;
  return version.ok() ? *version : Version::Parse("0").value();
}

// The orders that PEP 440 prints, and one that mixes them all.
const std::vector<std::vector<std::string>> kOrders = {
    {"0.9", "0.9.1", "0.9.2", "0.9.10", "0.9.11", "1.0", "1.0.1", "1.1", "2.0",
     "2.0.1"},
    {"1.0a1", "1.0a2", "1.0b1", "1.0rc1", "1.0"},
    {"1.0.dev1", "1.0.dev2", "1.0.dev3", "1.0.dev4", "1.0c1", "1.0c2", "1.0",
     "1.0.post1", "1.1.dev1"},
    {"2012.1", "2012.2", "2012.15", "2013.1", "2013.2"},
    {"2013.10", "2014.4", "1!1.0", "1!1.1", "1!2.0"},
    {"1.dev0",
     "1.0.dev456",
     "1.0a1",
     "1.0a2.dev456",
     "1.0a12.dev456",
     "1.0a12",
     "1.0b1.dev456",
     "1.0b2",
     "1.0b2.post345.dev456",
     "1.0b2.post345",
     "1.0rc1.dev456",
     "1.0rc1",
     "1.0",
     "1.0+abc.5",
     "1.0+abc.7",
     "1.0+5",
     "1.0+5.2",
     "1.0+10",
     "1.0.post456.dev34",
     "1.0.post456",
     "1.0.15",
     "1.1.dev1"},
};

TEST(VersionTest, OrdersAsThePepTablesDo) {
  for (const std::vector<std::string>& order : kOrders) {
    for (size_t i = 0; i < order.size(); ++i) {
      for (size_t j = 0; j < order.size(); ++j) {
        EXPECT_EQ(Parsed(order[i]) <=> Parsed(order[j]), i <=> j)
            << order[i] << " and " << order[j];
      }
    }
  }
}

TEST(VersionTest, BringsEverySpellingToNormalForm) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"1.0", "1.0"},
      {" 1.0\n", "1.0"},
      {"v1.0", "1.0"},
      {"V1.0", "1.0"},
      {"1.1RC1", "1.1rc1"},
      {"00", "0"},
      {"09000", "9000"},
      {"1.0+foo0100", "1.0+foo0100"},
      {"1.0+0100foo", "1.0+0100foo"},
      {"1.0+0100", "1.0+100"},
      {"1.1.a1", "1.1a1"},
      {"1.1-a1", "1.1a1"},
      {"1.1_a1", "1.1a1"},
      {"1.1a.1", "1.1a1"},
      {"1.1a-1", "1.1a1"},
      {"1.1a_1", "1.1a1"},
      {"1.1alpha1", "1.1a1"},
      {"1.1beta2", "1.1b2"},
      {"1.1c3", "1.1rc3"},
      {"1.1pre4", "1.1rc4"},
      {"1.1preview5", "1.1rc5"},
      {"1.2a", "1.2a0"},
      {"1.2.post2", "1.2.post2"},
      {"1.2-post2", "1.2.post2"},
      {"1.2post2", "1.2.post2"},
      {"1.2.post-2", "1.2.post2"},
      {"1.0-r4", "1.0.post4"},
      {"1.0.rev4", "1.0.post4"},
      {"1.2.post", "1.2.post0"},
      {"1.0-1", "1.0.post1"},
      {"1.0a-.dev1", "1.0a0.dev1"},
      {"1.0a.dev1", "1.0a0.dev1"},
      {"1.0a--1", "1.0a0.post1"},
      {"1.2.dev", "1.2.dev0"},
      {"1.2-dev2", "1.2.dev2"},
      {"1.2dev2", "1.2.dev2"},
      {"1.0+ubuntu-1", "1.0+ubuntu.1"},
      {"1.0+ubuntu_1", "1.0+ubuntu.1"},
      {"1!2.0c1.post2.dev3+Local.1", "1!2.0rc1.post2.dev3+local.1"},
      {"0!1", "1"},
  };
  for (const auto& [text, normal] : cases) {
    EXPECT_EQ(Parsed(text).str(), normal) << text;
    EXPECT_EQ(Parsed(normal), Parsed(text)) << text;
  }
}

TEST(VersionTest, RefusesWhatIsNotAVersion) {
  for (const char* text : {"",
                           " ",
                           "v",
                           "foo",
                           "1.",
                           ".1",
                           "1..0",
                           "1.0+",
                           "1.0+a+b",
                           "1.0+a..b",
                           "1.0+_x",
                           "1.0 1",
                           "1!",
                           "!1",
                           "1!!1",
                           "1.0-",
                           "1.0rc1a1",
                           "1.0.post1a1",
                           "1.0.dev1.post1",
                           "1.0x",
                           "2004d",
                           "1.0\xC3\xA9",
                           "1.0-1-1",
                           "1.0.dev1.dev2",
                           "vv1",
                           "1.*"}) {
    EXPECT_THAT(Version::Parse(text),
                FailsWith(Failure::kMalformed, "not one of PEP 440"))
        << text;
  }
  EXPECT_THAT(Version::Parse(std::string(2000, '1')),
              FailsWith(Failure::kMalformed, "2000 bytes"));
}

TEST(VersionTest, RefusesNumbersThatWouldOverflow) {
  EXPECT_EQ(Parsed("999999999999999999").str(), "999999999999999999");
  EXPECT_EQ(Parsed("0000000000000000000001").str(), "1");
  for (const char* text :
       {"1000000000000000000", "1.1000000000000000000", "1a1000000000000000000",
        "1.post1000000000000000000", "1.dev1000000000000000000",
        "1000000000000000000!1", "1-1000000000000000000"}) {
    EXPECT_THAT(Version::Parse(text), FailsWith(Failure::kMalformed)) << text;
  }
}

TEST(VersionTest, ComparesLongLocalNumbersByValue) {
  EXPECT_LT(Parsed("1+99999999999999999999"),
            Parsed("1+100000000000000000000"));
  EXPECT_EQ(Parsed("1+007"), Parsed("1+7"));
}

TEST(VersionTest, TreatsTrailingZerosAsAbsent) {
  EXPECT_EQ(Parsed("1.0"), Parsed("1.0.0"));
  EXPECT_EQ(Parsed("1"), Parsed("1.0"));
  EXPECT_LT(Parsed("1.0.0"), Parsed("1.0.0.1"));
  EXPECT_EQ(Parsed("1.0.0").str(), "1.0.0");
}

TEST(VersionTest, KnowsPrereleases) {
  for (const char* text : {"1a1", "1b1", "1rc1", "1.dev1", "1.post1.dev1"}) {
    EXPECT_TRUE(Parsed(text).is_prerelease()) << text;
  }
  for (const char* text : {"1", "1.post1", "1+local", "1!1"}) {
    EXPECT_FALSE(Parsed(text).is_prerelease()) << text;
  }
}

TEST(VersionTest, GivesItsParts) {
  const Version full = Parsed("1!2.0rc1.post2.dev3+Local-01");
  EXPECT_EQ(full.epoch(), 1u);
  EXPECT_THAT(full.release(), ElementsAre(2, 0));
  EXPECT_TRUE(full.is_postrelease());
  EXPECT_TRUE(full.is_devrelease());
  EXPECT_TRUE(full.has_local());
  EXPECT_EQ(full.local(), "local.1");
  EXPECT_EQ(full.public_part().str(), "1!2.0rc1.post2.dev3");
  EXPECT_TRUE(Version::ComparePublic(full, full.public_part()) == 0);
  EXPECT_GT(full, full.public_part());
  EXPECT_TRUE(full.HasReleaseOf(Parsed("1!2")));
  EXPECT_FALSE(full.HasReleaseOf(Parsed("2.0")));
  EXPECT_FALSE(Parsed("1").has_local());
  EXPECT_EQ(Parsed("1").local(), "");
}

// Every combination of parts: the order is total and transitive, and the
// normal form keeps a version's place in it.
TEST(VersionTest, OrderIsTotal) {
  std::vector<Version> versions;
  for (const char* epoch : {"", "1!"}) {
    for (const char* release : {"0", "1", "1.0", "1.0.1", "1.10"}) {
      for (const char* pre : {"", "a0", "a1", "rc1"}) {
        for (const char* post : {"", ".post0", ".post1"}) {
          for (const char* dev : {"", ".dev0"}) {
            for (const char* local : {"", "+a", "+1"}) {
              versions.push_back(Parsed(std::string(epoch) + release + pre +
                                        post + dev + local));
            }
          }
        }
      }
    }
  }
  std::vector<Version> sorted = versions;
  std::sort(sorted.begin(), sorted.end());
  for (size_t i = 0; i < sorted.size(); ++i) {
    EXPECT_EQ(Parsed(sorted[i].str()), sorted[i]);
    for (size_t j = i; j < sorted.size(); ++j) {
      ASSERT_LE(sorted[i], sorted[j])
          << sorted[i].str() << " " << sorted[j].str();
      ASSERT_EQ(sorted[i] <=> sorted[j], 0 <=> (sorted[j] <=> sorted[i]));
    }
  }
}

// Numbers below, at and above what each part has room for in the packed sort
// key, each with an end that must count less than the part before it.
TEST(VersionTest, OrdersNumbersOfAnySize) {
  const std::vector<std::string> numbers = {
      "0",     "1",     "2",     "6",        "7",
      "8",     "126",   "127",   "128",      "4094",
      "4095",  "4096",  "8190",  "8191",     "8192",
      "65534", "65535", "65536", "20241231", "999999999999999999"};
  const std::vector<std::string> ends = {".dev0", "a1", "", ".post1", ".1"};
  for (const char* pattern :
       {"{}!1.2.3", "{}.2.3", "1.{}.3", "1.2.{}", "1.2.3.{}", "1.2.3.0.{}",
        "1.2.3rc{}", "1.2.3a1.post{}", "1.2.3.post{}", "1.2.3b1.dev{}",
        "1.2.3.dev{}", "1.2.3+{}"}) {
    std::vector<Version> rising;
    for (const std::string& number : numbers) {
      const std::string version = fmt::format(fmt::runtime(pattern), number);
      // Only a release can be followed by any of the ends.
      const bool is_release =
          version.find_first_not_of("0123456789.!") == std::string::npos;
      if (!is_release) rising.push_back(Parsed(version));
      for (const std::string& end : ends) {
        if (is_release) rising.push_back(Parsed(version + end));
      }
    }
    for (size_t i = 0; i < rising.size(); ++i) {
      for (size_t j = 0; j < rising.size(); ++j) {
        // "1.2" ends with what "1.2.0" has.
        if (i == j) continue;
        EXPECT_EQ(rising[i] <=> rising[j], i <=> j)
            << rising[i].str() << " and " << rising[j].str();
      }
    }
  }
}

TEST(SortVersionsTest, PutsUnparsableOnesFirstAndEachSpellingOnce) {
  std::vector<std::string> versions = {"1.10", "1.9",   "zzz", "1.0.0", "1.0",
                                       "1.9",  "2004d", "1.0", "1.0rc1"};
  SortVersions(versions);
  EXPECT_THAT(versions, ElementsAre("2004d", "zzz", "1.0rc1", "1.0", "1.0.0",
                                    "1.9", "1.10"));
}

}  // namespace
}  // namespace tufmirror::pypi
