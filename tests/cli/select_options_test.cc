// [select]: every option is read, written and read back; what is wrong is named
// with what was expected.
#include "cli/select_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "cli/config_file.h"
#include "fmt/format.h"
#include "support/status_matchers.h"

namespace tufmirror::cli {
namespace {

using select::AgeLimit;
using select::Keep;
using select::Rules;
using ::testing::ElementsAre;
using testing::FailsWith;

constexpr char kUpstream[] =
    "[upstream]\nkind = \"index\"\nurl = "
    "\"https://a.example/simple/\"\n[select]\n";

absl::StatusOr<Rules> Parse(const std::string& lines) {
  const auto config = ParseConfig(kUpstream + lines, "t.toml");
  if (!config.ok()) return config.status();
  return config->select;
}

// Every option with a value that is not its default.
Rules AllRules() {
  Rules rules;
  rules.projects = {"requests[socks]", "django-*", "/^lib/"};
  rules.exclude_projects = {"evil"};
  rules.requirements = {"/srv/requirements.txt"};
  rules.requirements_mode = select::RequirementsMode::kPinned;
  rules.with_dependencies = true;
  rules.archived = Keep::kDrop;
  rules.deprecated = Keep::kDrop;
  rules.quarantined = Keep::kKeep;
  rules.versions = {"numpy>=1.20,<2"};
  rules.exclude_versions = {"numpy==1.21"};
  rules.exclude_version_patterns = {"/\\.dev[0-9]+$/"};
  rules.prereleases = select::PrereleaseRule::kIfNeeded;
  rules.prereleases_keep = {"black"};
  rules.prereleases_if_needed = {"a"};
  rules.prereleases_drop = {"b"};
  rules.newest = 3;
  rules.newest_by = select::NewestBy::kUploadTime;
  rules.platforms = {"manylinux_2_17", "macos-11"};
  rules.exclude_platforms = {"windows"};
  rules.architectures = {"x86_64"};
  rules.exclude_architectures = {"i686"};
  rules.pythons = {">=3.9"};
  rules.exclude_pythons = {"3.10"};
  rules.implementations = {"cpython"};
  rules.exclude_implementations = {"pypy"};
  rules.requires_python = false;
  rules.wheels = false;
  rules.sdists = select::SdistRule::kIfNoWheel;
  rules.legacy = false;
  rules.files = {"*.whl"};
  rules.exclude_files = {"*-win32.whl"};
  rules.yanked = Keep::kDrop;
  rules.max_file_size = 1'000'000;
  rules.max_project_size = uint64_t{1} << 40;
  rules.max_project_size_exceptions = {"torch"};
  rules.older_than = absl::Hours(48);
  rules.newer_than = absl::FromUnixSeconds(1'700'000'000);
  rules.min_age = absl::Hours(7 * 24);
  rules.min_age_exceptions = {"our-*"};
  return rules;
}

TEST(SelectOptionsTest, DefaultsAreThoseOfTheRules) {
  ASSERT_OK_AND_ASSIGN(const Rules rules, Parse(""));
  EXPECT_EQ(rules, Rules());
}

TEST(SelectOptionsTest, WhatIsWrittenIsReadBackUnchanged) {
  for (const Rules& rules : {Rules(), AllRules()}) {
    sync::Config config;
    config.upstream.kind = sync::UpstreamKind::kIndex;
    config.upstream.urls = {"https://a.example/simple/"};
    config.select = rules;
    ASSERT_OK_AND_ASSIGN(const sync::Config read,
                         ParseConfig(WriteConfig(config), "t.toml"));
    EXPECT_EQ(read.select, rules);
  }
}

TEST(SelectOptionsTest, EveryOptionWritesAValueThatIsNotItsDefault) {
  sync::Config set;
  set.select = AllRules();
  for (const Option& option : SelectOptions()) {
    EXPECT_NE(option.write(set), option.write(sync::Config())) << option.Name();
  }
}

TEST(SelectOptionsTest, VersionsAreLinesOrATable) {
  ASSERT_OK_AND_ASSIGN(
      const Rules rules,
      Parse("versions = { numpy = \">=1.20,<2\", \"django-*\" = [\"<4\", "
            "\"==5.0\"] }\nexclude_versions = { evil = \"*\" }\n"));
  EXPECT_THAT(rules.versions,
              ::testing::UnorderedElementsAre("numpy >=1.20,<2", "django-* <4",
                                              "django-* ==5.0"));
  EXPECT_THAT(rules.exclude_versions, ElementsAre("evil"));
}

TEST(SelectOptionsTest, SdistsAreABooleanOrAWord) {
  ASSERT_OK_AND_ASSIGN(const Rules none, Parse("sdists = false\n"));
  EXPECT_EQ(none.sdists, select::SdistRule::kDrop);
  ASSERT_OK_AND_ASSIGN(const Rules all, Parse("sdists = true\n"));
  EXPECT_EQ(all.sdists, select::SdistRule::kKeep);
}

TEST(SelectOptionsTest, AgesAreDurationsDaysOrTimes) {
  ASSERT_OK_AND_ASSIGN(const Rules rules,
                       Parse("older_than = \"2024-01-31\"\n"
                             "newer_than = \"2020-02-03T04:05:06Z\"\n"));
  EXPECT_EQ(rules.older_than, AgeLimit(absl::FromUnixSeconds(1'706'659'200)));
  EXPECT_EQ(rules.newer_than, AgeLimit(absl::FromUnixSeconds(1'580'702'706)));
  ASSERT_OK_AND_ASSIGN(const Rules days, Parse("newer_than = \"730d\"\n"));
  EXPECT_EQ(days.newer_than, AgeLimit(absl::Hours(730 * 24)));
}

struct BadRule {
  const char* name;
  const char* line;
  const char* says;
};
class RefusedRule : public ::testing::TestWithParam<BadRule> {};
TEST_P(RefusedRule, SaysWhatWasExpected) {
  EXPECT_THAT(Parse(GetParam().line),
              FailsWith(Failure::kUsage, GetParam().says));
}
INSTANTIATE_TEST_SUITE_P(
    Cli, RefusedRule,
    ::testing::Values(
        BadRule{"UnknownOption", "project = \"a\"", "'select.projects'"},
        BadRule{"UnknownWord", "prereleases = \"no\"",
                "select.prereleases: expected \"keep\", \"drop\" or "
                "\"if-needed\", got \"no\""},
        BadRule{"BooleanForWord", "yanked = false",
                "select.yanked: expected a string"},
        BadRule{"WordForBoolean", "wheels = \"no\"",
                "select.wheels: expected true or false, got a string"},
        BadRule{"IntegerForSdists", "sdists = 1",
                "expected true, false or \"if-no-wheel\", got an integer"},
        BadRule{"UnknownSdists", "sdists = \"never\"",
                "expected true, false or \"if-no-wheel\", got \"never\""},
        BadRule{"UnknownPlatform", "platforms = [\"beos\"]",
                "select.platforms: expected linux, manylinux"},
        BadRule{"UnknownPython", "pythons = [\"three\"]",
                "select.pythons: expected a version"},
        BadRule{"ForgottenOperator", "versions = { numpy = \"1.20\" }",
                "select.versions: 'numpy 1.20'"},
        BadRule{"BadExpression", "projects = \"/(/\"", "select.projects: "},
        BadRule{"BadAge", "newer_than = \"last year\"",
                "select.newer_than: expected an age"},
        BadRule{"NegativeNewest", "newest = -1",
                "select.newest: expected 0 to 1000000, got -1"},
        BadRule{"RelativeList", "requirements = \"requirements.txt\"",
                "select.requirements: expected the absolute path"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(SelectOptionsTest, AReplicaChoosesNothing) {
  EXPECT_THAT(ParseConfig("[upstream]\nurl = \"https://a.example/\"\n[select]\n"
                          "projects = \"a\"\n",
                          "t.toml"),
              FailsWith(Failure::kUsage, "for a replica"));
}

TEST(SelectOptionsTest, ADirectoryIsPublishedAsItIs) {
  EXPECT_THAT(ParseConfig("[upstream]\nkind = \"directory\"\n"
                          "directory = \"/srv/wheels\"\n[select]\n"
                          "projects = \"a\"\n",
                          "t.toml"),
              FailsWith(Failure::kUsage, "for a directory"));
}

}  // namespace
}  // namespace tufmirror::cli
