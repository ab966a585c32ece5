// Which projects are in, what they need, and what lists add.
#include "tufmirror/select/selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "select/selection_fixture.h"
#include "support/temp_directory.h"

namespace tufmirror::select {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

Selection Make(const Rules& rules) { return Selection::Create(rules).value(); }

std::vector<std::string> Allowed(const Selection& selection) {
  std::vector<std::string> names;
  for (const auto& name : selection.AllowedProjects()) {
    names.push_back(name.str());
  }
  return names;
}

Verdict Of(const Rules& rules, std::string_view project,
           const Dependencies& dependencies = {}) {
  return Make(rules).OfProject(Name(project), dependencies);
}

TEST(ProjectRuleTest, WithoutRulesEverythingIsIn) {
  const Selection selection = Make({});
  EXPECT_TRUE(selection.NeedsRootList());
  EXPECT_FALSE(selection.FollowsDependencies());
  EXPECT_TRUE(Of({}, "anything").selected);
  EXPECT_EQ(Of({}, "anything").rule, "no rule is against it");
}

TEST(ProjectRuleTest, NamesAreComparedNormalized) {
  Rules rules;
  rules.projects = {"Zope.Interface", "a_b"};
  EXPECT_TRUE(Of(rules, "zope-interface").selected);
  EXPECT_TRUE(Of(rules, "A.B").selected);
  EXPECT_FALSE(Of(rules, "zope").selected);
  EXPECT_FALSE(Make(rules).NeedsRootList());
  EXPECT_THAT(Allowed(Make(rules)), ElementsAre("a-b", "zope-interface"));
}

TEST(ProjectRuleTest, GlobsMatchTheWholeNameAndNeedTheRootList) {
  Rules rules;
  rules.projects = {"Django_*", "six"};
  EXPECT_TRUE(Make(rules).NeedsRootList());
  EXPECT_THAT(Allowed(Make(rules)), ElementsAre("six"));
  EXPECT_EQ(Of(rules, "django-filter").rule, "projects 'Django_*'");
  EXPECT_FALSE(Of(rules, "my-django-filter").selected);
  EXPECT_FALSE(Of(rules, "django").selected);
  rules.projects = {"s?x"};
  EXPECT_TRUE(Of(rules, "six").selected);
  EXPECT_FALSE(Of(rules, "siix").selected);
}

TEST(ProjectRuleTest, ExpressionsAreFoundAnywhere) {
  Rules rules;
  rules.projects = {"/^lib.*-dev$/", "/[0-9]{3}/"};
  EXPECT_TRUE(Of(rules, "libfoo-dev").selected);
  EXPECT_TRUE(Of(rules, "a1234b").selected);
  EXPECT_FALSE(Of(rules, "mylibfoo-dev").selected);
}

TEST(ProjectRuleTest, AnExpressionThatIsHardToMatchIsNot) {
  Rules rules;
  rules.projects = {"/^(a+)+$/", "/(x*)*y/"};
  EXPECT_FALSE(Of(rules, std::string(199, 'a') + "b").selected);
}

TEST(ProjectRuleTest, ExclusionWins) {
  Rules rules;
  rules.projects = {"six", "django-*"};
  rules.exclude_projects = {"six", "*-evil"};
  rules.with_dependencies = true;
  EXPECT_EQ(Of(rules, "six").rule, "exclude_projects 'six'");
  EXPECT_FALSE(Of(rules, "django-evil").selected);
  EXPECT_FALSE(Of(rules, "other-evil", {{Name("other-evil"), {}}}).selected);
  EXPECT_THAT(Allowed(Make(rules)), IsEmpty());
}

TEST(ProjectRuleTest, WhatIsNamedNowhereIsOut) {
  Rules rules;
  rules.projects = {"six"};
  EXPECT_EQ(Of(rules, "seven").rule,
            "neither projects nor requirements name it");
  const PageVerdict page =
      Make(rules).OfPage(Name("seven"), Page({"seven-1.tar.gz"}), {}, kNow);
  EXPECT_FALSE(page.project.selected);
  EXPECT_FALSE(page.files[0].selected);
}

TEST(ProjectRuleTest, DependenciesAreInIfTheyAreFollowed) {
  Rules rules;
  rules.projects = {"six"};
  const Dependencies found = {{Name("seven"), {}}};
  EXPECT_FALSE(Of(rules, "seven", found).selected);
  rules.with_dependencies = true;
  EXPECT_EQ(Of(rules, "seven", found).rule, "with_dependencies");
  EXPECT_THAT(Of(rules, "eight", found).rule, HasSubstr("nothing selected"));
}

class ListTest : public ::testing::Test {
 protected:
  Rules WithList(const std::string& text) {
    Rules rules;
    rules.requirements = {directory_.Write("requirements.txt", text)};
    return rules;
  }
  testing::TempDirectory directory_;
};

TEST_F(ListTest, ProjectsOfListsAndNamesAreOneAllowList) {
  Rules rules = WithList("requests[socks]\nblack==24.1\n");
  rules.projects = {"six", "uvicorn[standard]"};
  const Selection selection = Make(rules);
  EXPECT_FALSE(selection.NeedsRootList());
  EXPECT_THAT(Allowed(selection),
              ElementsAre("black", "requests", "six", "uvicorn"));
  EXPECT_EQ(Of(rules, "black").rule, directory_.Join("requirements.txt:2"));
  EXPECT_THAT(selection.ExtrasOf(Name("requests")), ElementsAre("socks"));
  EXPECT_THAT(selection.ExtrasOf(Name("uvicorn")), ElementsAre("standard"));
  EXPECT_THAT(selection.ExtrasOf(Name("six")), IsEmpty());
}

TEST_F(ListTest, AnEmptyListSelectsNothing) {
  const Selection selection = Make(WithList("# nothing yet\n"));
  EXPECT_FALSE(selection.NeedsRootList());
  EXPECT_THAT(Allowed(selection), IsEmpty());
  EXPECT_FALSE(selection.OfProject(Name("six"), {}).selected);
}

TEST_F(ListTest, MarkersAreThoseOfTheSelectedPlatformsAndPythons) {
  Rules rules = WithList(
      "a; sys_platform == 'win32'\nb; python_version < '3.8'\n"
      "c; implementation_name == 'pypy'\nd; platform_machine == 'aarch64'\n");
  EXPECT_THAT(Allowed(Make(rules)), ElementsAre("a", "b", "c", "d"));
  rules.platforms = {"linux"};
  EXPECT_THAT(Allowed(Make(rules)), ElementsAre("b", "c", "d"));
  rules.pythons = {">=3.9"};
  EXPECT_THAT(Allowed(Make(rules)), ElementsAre("c", "d"));
  rules.exclude_implementations = {"pypy"};
  EXPECT_THAT(Allowed(Make(rules)), ElementsAre("d"));
  rules.exclude_architectures = {"arm64"};
  EXPECT_THAT(Allowed(Make(rules)), IsEmpty());
}

TEST_F(ListTest, ExcludedPlatformsAreNotThoseOfMarkers) {
  Rules rules = WithList("a; os_name == 'nt'\nb; sys_platform == 'linux'\n");
  rules.exclude_platforms = {"windows", "musllinux"};
  EXPECT_THAT(Allowed(Make(rules)), ElementsAre("b"));
}

TEST_F(ListTest, GlobsOfFilesAreAllRead) {
  directory_.Write("teams/a.txt", "six\n");
  directory_.Write("teams/b.txt", "seven\n");
  directory_.Write("teams/.hidden.txt", "eight\n");
  directory_.Write("teams/c.md", "nine\n");
  Rules rules;
  rules.requirements = {directory_.Join("teams/*.txt")};
  EXPECT_THAT(Allowed(Make(rules)), ElementsAre("seven", "six"));
  rules.requirements = {directory_.Join("teams/*.lock")};
  EXPECT_THAT(Selection::Create(rules),
              FailsWith(Failure::kNotFound, "select.requirements"));
}

TEST_F(ListTest, AMissingOrBrokenListFailsAndNamesTheOption) {
  Rules rules;
  rules.requirements = {directory_.Join("absent.txt")};
  EXPECT_THAT(Selection::Create(rules),
              FailsWith(Failure::kNotFound, "select.requirements: "));
  rules.requirements = {directory_.Write("uv.lock", "version = \n")};
  EXPECT_THAT(Selection::Create(rules),
              FailsWith(Failure::kMalformed, "select.requirements: "));
}

TEST_F(ListTest, LinesThatListsDoWithoutAreNoted) {
  const Selection selection = Make(WithList("six\n-e ./here\n"));
  ASSERT_EQ(selection.notes().size(), 1u);
  EXPECT_EQ(selection.notes()[0].line, 2u);
}

Rules LinuxOn312() {
  Rules rules;
  rules.projects = {"six"};
  rules.with_dependencies = true;
  rules.platforms = {"linux"};
  rules.pythons = {"3.12"};
  return rules;
}

TEST(DependencyTest, MarkersAndExtrasDecide) {
  const Selection selection = Make(LinuxOn312());
  const std::vector<std::string> requires_dist = {
      "plain>=1",
      "Other.Name[Some_Extra]; python_version >= '3.8'",
      "old; python_version < '3'",
      "win; sys_platform == 'win32'",
      "pytest; extra == 'test'",
      "tox; extra == 'Test' and os_name == 'nt'"};
  EXPECT_THAT(selection.DependenciesOf(requires_dist, {}),
              ElementsAre(Pair(Name("other-name"), ElementsAre("some-extra")),
                          Pair(Name("plain"), IsEmpty())));
  EXPECT_THAT(selection.DependenciesOf(requires_dist, {"test"}),
              ElementsAre(Pair(Name("other-name"), ::testing::_),
                          Pair(Name("plain"), IsEmpty()),
                          Pair(Name("pytest"), IsEmpty())));
}

TEST(DependencyTest, OneProjectTwiceHasTheExtrasOfBoth) {
  EXPECT_THAT(Make(LinuxOn312()).DependenciesOf({"a[x]", "a[y]>2", "a"}, {}),
              ElementsAre(Pair(Name("a"), ElementsAre("x", "y"))));
}

TEST(DependencyTest, WhatDoesNotParseIsFollowedRatherThanLost) {
  EXPECT_THAT(
      Make(LinuxOn312())
          .DependenciesOf({"a; python_version = '3'", "b>=1.*",
                           "c[x] (>=one); extra ===", "!!!", ""},
                          {}),
      ElementsAre(Pair(Name("a"), IsEmpty()), Pair(Name("b"), IsEmpty()),
                  Pair(Name("c"), ElementsAre("x"))));
}

TEST(DependencyTest, WithoutAnAllowListThereIsNothingToFollow) {
  Rules rules;
  rules.with_dependencies = true;
  EXPECT_FALSE(Make(rules).FollowsDependencies());
  rules.projects = {"six"};
  EXPECT_TRUE(Make(rules).FollowsDependencies());
}

TEST_F(ListTest, FingerprintIsOfTheContentOfLists) {
  const std::string empty = Make({}).fingerprint();
  const std::string listed = Make(WithList("a==1\nb\n")).fingerprint();
  EXPECT_NE(listed, empty);
  EXPECT_NE(Make(WithList("")).fingerprint(), empty);
  EXPECT_EQ(Make(WithList("# why\nb\n\na==1\n")).fingerprint(), listed);
  EXPECT_NE(Make(WithList("a==2\nb\n")).fingerprint(), listed);
  EXPECT_NE(Make(WithList("a==1\nb[x]\n")).fingerprint(), listed);
  EXPECT_NE(Make(WithList("a==1\nb; os_name == 'nt'\n")).fingerprint(), listed);
}

}  // namespace
}  // namespace tufmirror::select
