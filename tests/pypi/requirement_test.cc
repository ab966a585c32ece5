#include "tufmirror/pypi/requirement.h"

#include <string>
#include <vector>

#include "pypi/random_text.h"
#include "support/status_matchers.h"

namespace tufmirror::pypi {
namespace {

using testing::FailsWith;
using ::testing::HasSubstr;
using testing::IsOk;
using ::testing::Not;

TEST(RequirementTest, ReadsEveryPartAndWritesNormalForm) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"A", "a"},
      {"A.B-C_D", "a-b-c-d"},
      {"aa", "aa"},
      {" name ", "name"},
      {"name<=1", "name<=1"},
      {"name>=3", "name>=3"},
      {"name>=3,<2", "name<2,>=3"},
      {"name >= 3 , < 2 ,", "name<2,>=3"},
      {"name (>=3,<2)", "name<2,>=3"},
      {"name(==1.*)", "name==1.*"},
      {"name ( )", "name"},
      {"name[]", "name"},
      {"name[ Bar , foo_b,bar ] ~=1.0", "name[bar,foo-b]~=1.0"},
      {"name===1.0-odd;os_name=='nt'", "name===1.0-odd; os_name == \"nt\""},
      {"name@http://foo.com", "name @ http://foo.com"},
      {"name [a] @ http://foo.com ; os_name=='a'",
       "name[a] @ http://foo.com ; os_name == \"a\""},
      {"name @ file:///a;b", "name @ file:///a;b"},
      {"name;os_name=='a'", "name; os_name == \"a\""},
      {"name[quux]>1;(os_name=='a')", "name[quux]>1; os_name == \"a\""},
      {"requests [security,tests] >= 2.8.1, == 2.8.* ; python_version < '2.7'",
       "requests[security,tests]==2.8.*,>=2.8.1; python_version < \"2.7\""},
  };
  for (const auto& [text, normal] : cases) {
    ASSERT_OK_AND_ASSIGN(const Requirement requirement,
                         Requirement::Parse(text));
    EXPECT_EQ(requirement.str(), normal) << text;
    ASSERT_OK_AND_ASSIGN(const Requirement again, Requirement::Parse(normal));
    EXPECT_EQ(again, requirement) << text;
  }
}

TEST(RequirementTest, GivesThePartsTyped) {
  ASSERT_OK_AND_ASSIGN(
      const Requirement requirement,
      Requirement::Parse("Flask[Async] (>=2) ; python_version > '3.8'"));
  EXPECT_EQ(requirement.name.str(), "flask");
  ASSERT_EQ(requirement.extras.size(), 1u);
  EXPECT_EQ(requirement.extras[0].str(), "async");
  ASSERT_OK_AND_ASSIGN(const Version two, Version::Parse("2.3"));
  EXPECT_TRUE(requirement.specifier.Contains(two));
  ASSERT_TRUE(requirement.marker.has_value());
  const MarkerEnvironment old =
      MarkerEnvironment::Of({}, {.version = {.major = 3, .minor = 8}});
  const MarkerEnvironment recent =
      MarkerEnvironment::Of({}, {.version = {.major = 3, .minor = 9}});
  EXPECT_FALSE(requirement.AppliesIn(old));
  EXPECT_TRUE(requirement.AppliesIn(recent));
  ASSERT_OK_AND_ASSIGN(const Requirement always, Requirement::Parse("flask"));
  EXPECT_TRUE(always.AppliesIn(old));
}

TEST(RequirementTest, RefusesWhatPep508DoesNotHaveAndSaysWhere) {
  const std::vector<std::pair<std::string, const char*>> cases = {
      {"", "column 1: the name of a project expected, got the end"},
      {"-name", "column 1: the name of a project"},
      {"name-", "column 1: the name of a project"},
      {"name 1.0", "column 6: '[', '(', '@', ';', a version clause"},
      {"name (1.0)", "column 7: version clause '1.0': one of ~="},
      {"name >= foo", "column 6: version clause '>= foo': a PEP 440 version"},
      {"name (>=1", "column 10: ')' expected, got the end"},
      {"name (>=1) <2", "column 12: ';' or the end"},
      {"name (,>=1)", "before ','"},
      {"name >=1,,<2", "before ','"},
      {"name[a", "column 7: ',' or ']' expected"},
      {"name[a b]", "column 8: ',' or ']' expected"},
      {"name[a,]", "column 8: the name of an extra"},
      {"name[,a]", "column 6: the name of an extra"},
      {"name[-]", "column 6: the name of an extra"},
      {"name]", "column 5"},
      {"name @", "column 7: a URL after '@'"},
      {"name @ \x01", "column 8: UTF-8 text expected as URL"},
      {"name @ \xFF", "column 8: UTF-8 text expected as URL"},
      {"name;", "column 6: a marker variable"},
      {"name; nope == 'a'", "column 7: a marker variable"},
      {"name>=1 ; os_name == 'a' and", "column 29: a marker variable"},
      {"name @ http://x; os_name == 'a'", "column 18: ';' or the end"},
      {"name\n>=1", "column 5"},
      {std::string(33000, 'a'), "33000 bytes"},
  };
  for (const auto& [text, why] : cases) {
    EXPECT_THAT(Requirement::Parse(text), FailsWith(Failure::kMalformed, why))
        << text;
  }
}

TEST(RequirementTest, NeverShowsWhatAUrlHolds) {
  for (const char* text :
       {"name @ https://user:secret@host/a.zip x",
        "name @ https://user:secret@host/a.zip ; nope",
        "https://user:secret@host/a.zip", "name[ @ https://user:secret@host",
        "name>=1 @ https://user:secret@host/ ; nope"}) {
    const absl::StatusOr<Requirement> requirement = Requirement::Parse(text);
    EXPECT_THAT(requirement, FailsWith(Failure::kMalformed, "column")) << text;
    EXPECT_THAT(requirement.status().ToString(), Not(HasSubstr("secret")))
        << text;
  }
}

TEST(RequirementTest, NormalFormIsTheSameRequirement) {
  RandomText random(5);
  for (int round = 0; round < 5000; ++round) {
    const std::string text = random.Requirement();
    ASSERT_OK_AND_ASSIGN(const Requirement requirement,
                         Requirement::Parse(text));
    ASSERT_OK_AND_ASSIGN(const Requirement again,
                         Requirement::Parse(requirement.str()));
    ASSERT_EQ(again, requirement) << text;
    ASSERT_EQ(again.str(), requirement.str()) << text;
  }
}

// Any cut of a requirement is read or refused, never more.
TEST(RequirementTest, SurvivesCutsAndSplices) {
  RandomText random(6);
  for (int round = 0; round < 5000; ++round) {
    const std::string a = random.Requirement();
    const std::string b = random.Requirement();
    const std::string text = a.substr(0, random.Below(a.size() + 1)) +
                             b.substr(random.Below(b.size()));
    const absl::StatusOr<Requirement> requirement = Requirement::Parse(text);
    if (!requirement.ok()) {
      ASSERT_THAT(requirement, FailsWith(Failure::kMalformed)) << text;
      continue;
    }
    ASSERT_OK_AND_ASSIGN(const Requirement again,
                         Requirement::Parse(requirement->str()));
    ASSERT_EQ(again, *requirement) << text;
  }
}

}  // namespace
}  // namespace tufmirror::pypi
