// Each rule that looks at one file alone: a row says what it leaves of a page.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "select/file_rule_row.h"
#include "select/selection_fixture.h"

namespace tufmirror::select {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class FileRuleTest : public ::testing::TestWithParam<FileRule> {};
TEST_P(FileRuleTest, LeavesWhatItShould) { CheckRow(GetParam()); }

const Names kReleases = {"foo-1.0.tar.gz", "foo-1.5.tar.gz", "foo-2.0.tar.gz",
                         "foo-2.1rc1.tar.gz", "foo-nightly.tar.gz"};
INSTANTIATE_TEST_SUITE_P(
    Releases, FileRuleTest,
    ::testing::Values(
        FileRule{"Versions",
                 kReleases,
                 [](Rules& r) { r.versions = {"foo>=1.2,<3"}; },
                 {"foo-1.5.tar.gz", "foo-2.0.tar.gz", "foo-2.1rc1.tar.gz"},
                 "versions 'foo>=1.2,<3'"},
        FileRule{"SeveralLinesAreOneOrTheOther",
                 kReleases,
                 [](Rules& r) {
                   r.versions = {"foo<1.2", "Foo ~=2.0"};
                 },
                 {"foo-1.0.tar.gz", "foo-2.0.tar.gz", "foo-2.1rc1.tar.gz"},
                 "versions 'foo<1.2', 'Foo ~=2.0'"},
        FileRule{"VersionsOfAGlob",
                 kReleases,
                 [](Rules& r) { r.versions = {"f*<1.2"}; },
                 {"foo-1.0.tar.gz"},
                 "versions 'f*<1.2'"},
        FileRule{"VersionsOfAnExpression",
                 kReleases,
                 [](Rules& r) { r.versions = {"/^fo+$/ <1.2"}; },
                 {"foo-1.0.tar.gz"},
                 "versions"},
        FileRule{"VersionsOfAnotherProjectSayNothing",
                 {"foo-1.0.tar.gz"},
                 [](Rules& r) {
                   r.versions = {"bar>=2", "fo>=2"};
                 },
                 {"foo-1.0.tar.gz"},
                 ""},
        FileRule{"ArbitraryEquality",
                 kReleases,
                 [](Rules& r) { r.exclude_versions = {"foo===nightly"}; },
                 {"foo-1.0.tar.gz", "foo-1.5.tar.gz", "foo-2.0.tar.gz",
                  "foo-2.1rc1.tar.gz"},
                 "exclude_versions 'foo===nightly'"},
        FileRule{"ExcludeVersionsHasPrereleasesToo",
                 kReleases,
                 [](Rules& r) { r.exclude_versions = {"foo>1.5"}; },
                 {"foo-1.0.tar.gz", "foo-1.5.tar.gz", "foo-nightly.tar.gz"},
                 "exclude_versions 'foo>1.5'"},
        FileRule{"ExcludeVersionsWithoutSpecifierIsAll",
                 kReleases,
                 [](Rules& r) { r.exclude_versions = {"foo"}; },
                 {},
                 "exclude_versions 'foo'"},
        FileRule{"ExclusionWinsOverPin",
                 kReleases,
                 [](Rules& r) {
                   r.versions = {"foo==1.5"};
                   r.exclude_versions = {"foo<2"};
                 },
                 {},
                 ""},
        FileRule{"ExcludeVersionPatterns",
                 kReleases,
                 [](Rules& r) {
                   r.exclude_version_patterns = {"/rc[0-9]+$/", "night*"};
                 },
                 {"foo-1.0.tar.gz", "foo-1.5.tar.gz", "foo-2.0.tar.gz"},
                 "exclude_version_patterns"},
        FileRule{"PrereleasesDrop",
                 kReleases,
                 [](Rules& r) { r.prereleases = PrereleaseRule::kDrop; },
                 {"foo-1.0.tar.gz", "foo-1.5.tar.gz", "foo-2.0.tar.gz",
                  "foo-nightly.tar.gz"},
                 "prereleases = \"drop\""},
        FileRule{"PrereleasesDropOfOneProject",
                 kReleases,
                 [](Rules& r) { r.prereleases_drop = {"f*"}; },
                 {"foo-1.0.tar.gz", "foo-1.5.tar.gz", "foo-2.0.tar.gz",
                  "foo-nightly.tar.gz"},
                 "prereleases = \"drop\""},
        FileRule{"PrereleasesKeepIsAnException",
                 {"foo-2.1rc1.tar.gz"},
                 [](Rules& r) {
                   r.prereleases = PrereleaseRule::kDrop;
                   r.prereleases_drop = {"foo"};
                   r.prereleases_keep = {"foo"};
                 },
                 {"foo-2.1rc1.tar.gz"},
                 ""}),
    [](const auto& test) { return std::string(test.param.name); });

const Names kKinds = {"foo-1-py3-none-any.whl", "foo-1-py3.6.egg",
                      "foo-1.tar.gz", "foo-1.zip"};
INSTANTIATE_TEST_SUITE_P(
    Kinds, FileRuleTest,
    ::testing::Values(FileRule{"NoWheels",
                               kKinds,
                               [](Rules& r) { r.wheels = false; },
                               {kKinds[1], kKinds[2], kKinds[3]},
                               "wheels = false"},
                      FileRule{"NoSdists",
                               kKinds,
                               [](Rules& r) { r.sdists = SdistRule::kDrop; },
                               {kKinds[0], kKinds[1]},
                               "sdists = false"},
                      FileRule{"NoLegacy",
                               kKinds,
                               [](Rules& r) { r.legacy = false; },
                               {kKinds[0], kKinds[2], kKinds[3]},
                               "legacy = false"},
                      FileRule{"Files",
                               kKinds,
                               [](Rules& r) {
                                 r.files = {"*.whl", "/\\.zip$/"};
                               },
                               {kKinds[0], kKinds[3]},
                               "files '*.whl'"},
                      FileRule{"ExclusionWinsOverFiles",
                               kKinds,
                               [](Rules& r) {
                                 r.files = {"*"};
                                 r.exclude_files = {"*.egg"};
                               },
                               {kKinds[0], kKinds[2], kKinds[3]},
                               "exclude_files '*.egg'"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(FileFactsTest, RequiresPythonMustAdmitOneOfThePythons) {
  pypi::UpstreamPage page = Page({"a", "b", "c", "d"});
  page.files[0].requires_python = ">=3.10";
  page.files[1].requires_python = "<3.0";
  page.files[2].requires_python = "three or more";
  page.files[3].requires_python = "";
  Rules rules;
  EXPECT_EQ(SelectedFiles(rules, page).size(), 4u);
  rules.pythons = {"3.8", "3.11"};
  EXPECT_THAT(SelectedFiles(rules, page), ElementsAre("a", "c", "d"));
  EXPECT_THAT(VerdictOn(rules, page).files[1].rule,
              HasSubstr("Requires-Python '<3.0' admits none"));
  rules.requires_python = false;
  EXPECT_EQ(SelectedFiles(rules, page).size(), 4u);
}

TEST(FileFactsTest, SizesOverTheLimitAreOutAndUnknownOnesIn) {
  pypi::UpstreamPage page = Page({"a", "b", "c"});
  page.files[0].size = 1000;
  page.files[1].size = 1001;
  Rules rules;
  rules.max_file_size = 1000;
  EXPECT_THAT(SelectedFiles(rules, page), ElementsAre("a", "c"));
}

TEST(FileFactsTest, YankedFilesAreKeptUnlessDropped) {
  pypi::UpstreamPage page = Page({"foo-1.tar.gz", "foo-2.tar.gz"});
  page.files[0].yanked = "";
  Rules rules;
  EXPECT_EQ(SelectedFiles(rules, page).size(), 2u);
  rules.yanked = Keep::kDrop;
  EXPECT_THAT(SelectedFiles(rules, page), ElementsAre("foo-2.tar.gz"));
}

pypi::UpstreamPage AgedPage() {
  pypi::UpstreamPage page =
      Page({"foo-1.tar.gz", "foo-2.tar.gz", "foo-3.tar.gz", "foo-4.tar.gz"});
  page.files[0].upload_time = DaysAgo(100);
  page.files[1].upload_time = DaysAgo(10);
  page.files[2].upload_time = DaysAgo(1);
  return page;
}

TEST(AgeTest, OlderThanKeepsTheOld) {
  Rules rules;
  rules.older_than = absl::Hours(24 * 10);
  EXPECT_THAT(SelectedFiles(rules, AgedPage()),
              ElementsAre("foo-1.tar.gz", "foo-2.tar.gz", "foo-4.tar.gz"));
  EXPECT_EQ(VerdictOn(rules, AgedPage()).changes_at,
            DaysAgo(1) + absl::Hours(24 * 10));
  rules.older_than = DaysAgo(10);
  EXPECT_THAT(SelectedFiles(rules, AgedPage()),
              ElementsAre("foo-1.tar.gz", "foo-4.tar.gz"));
  EXPECT_EQ(VerdictOn(rules, AgedPage()).changes_at, std::nullopt);
}

TEST(AgeTest, NewerThanKeepsTheNew) {
  Rules rules;
  rules.newer_than = absl::Hours(24 * 10);
  EXPECT_THAT(SelectedFiles(rules, AgedPage()),
              ElementsAre("foo-3.tar.gz", "foo-4.tar.gz"));
  EXPECT_EQ(VerdictOn(rules, AgedPage()).changes_at,
            DaysAgo(1) + absl::Hours(24 * 10));
  rules.newer_than = DaysAgo(10);
  EXPECT_THAT(SelectedFiles(rules, AgedPage()),
              ElementsAre("foo-2.tar.gz", "foo-3.tar.gz", "foo-4.tar.gz"));
  EXPECT_EQ(VerdictOn(rules, AgedPage()).changes_at, std::nullopt);
}

TEST(AgeTest, MinAgeWaitsAndTrustsNoMissingTime) {
  Rules rules;
  rules.min_age = absl::Hours(24 * 7);
  EXPECT_THAT(SelectedFiles(rules, AgedPage()),
              ElementsAre("foo-1.tar.gz", "foo-2.tar.gz"));
  const PageVerdict verdict = VerdictOn(rules, AgedPage());
  EXPECT_THAT(verdict.files[2].rule, HasSubstr("min_age: not before 2027-01-"));
  EXPECT_THAT(verdict.files[3].rule, HasSubstr("no upload time"));
  ASSERT_TRUE(verdict.changes_at.has_value());
  // Not a moment before, and then for good.
  EXPECT_THAT(SelectedFiles(rules, AgedPage(),
                            *verdict.changes_at - absl::Nanoseconds(1)),
              ElementsAre("foo-1.tar.gz", "foo-2.tar.gz"));
  EXPECT_THAT(SelectedFiles(rules, AgedPage(), *verdict.changes_at),
              ElementsAre("foo-1.tar.gz", "foo-2.tar.gz", "foo-3.tar.gz"));
  EXPECT_EQ(VerdictOn(rules, AgedPage(), *verdict.changes_at).changes_at,
            std::nullopt);
  rules.min_age_exceptions = {"f*"};
  EXPECT_EQ(SelectedFiles(rules, AgedPage()).size(), 4u);
  EXPECT_EQ(VerdictOn(rules, AgedPage()).changes_at, std::nullopt);
}

TEST(AgeTest, WhatIsExcludedAnywayIsNotWaitedFor) {
  Rules rules;
  rules.min_age = absl::Hours(24 * 7);
  rules.exclude_versions = {"foo==3"};
  EXPECT_EQ(VerdictOn(rules, AgedPage()).changes_at, std::nullopt);
}

TEST(PinTest, ProtectsFromAgeYankAndPrereleaseRulesOnly) {
  pypi::UpstreamPage page = Page({"foo-1rc1-py3-none-any.whl"});
  page.files[0].yanked = "broken";
  page.files[0].upload_time = DaysAgo(1);
  Rules rules;
  rules.yanked = Keep::kDrop;
  rules.prereleases = PrereleaseRule::kDrop;
  rules.min_age = absl::Hours(24 * 7);
  rules.older_than = absl::Hours(24 * 7);
  rules.newer_than = absl::Hours(1);
  EXPECT_THAT(SelectedFiles(rules, page), IsEmpty());
  rules.versions = {"foo>=1rc1"};
  EXPECT_THAT(SelectedFiles(rules, page), IsEmpty());
  rules.versions = {"foo==1.0rc1"};
  EXPECT_EQ(SelectedFiles(rules, page).size(), 1u);
  EXPECT_EQ(VerdictOn(rules, page).files[0].rule,
            "pinned by versions 'foo==1.0rc1'");
  EXPECT_EQ(VerdictOn(rules, page).changes_at, std::nullopt);
  rules.wheels = false;
  EXPECT_THAT(SelectedFiles(rules, page), IsEmpty());
}

}  // namespace
}  // namespace tufmirror::select
