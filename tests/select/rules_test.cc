// Rules that are refused, and the fingerprint of those that are not.
#include "tufmirror/select/rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "select/selection_fixture.h"

namespace tufmirror::select {
namespace {

using testing::FailsWith;

Selection Make(const Rules& rules) { return Selection::Create(rules).value(); }

struct BadRule {
  const char* name;
  std::function<void(Rules&)> set;
  const char* says;
};
class BadRuleTest : public ::testing::TestWithParam<BadRule> {};
TEST_P(BadRuleTest, IsRefusedWithItsOption) {
  Rules rules;
  GetParam().set(rules);
  EXPECT_THAT(CheckRules(rules), FailsWith(Failure::kUsage, GetParam().says));
  EXPECT_THAT(Selection::Create(rules),
              FailsWith(Failure::kUsage, GetParam().says));
}
INSTANTIATE_TEST_SUITE_P(
    Select, BadRuleTest,
    ::testing::Values(
        BadRule{"EmptyName", [](Rules& r) { r.projects = {""}; },
                "select.projects: ''"},
        BadRule{"NotAName", [](Rules& r) { r.exclude_projects = {"a b"}; },
                "select.exclude_projects: "},
        BadRule{"NotAGlobOfNames", [](Rules& r) { r.projects = {"a b*"}; },
                "select.projects: 'a b*'"},
        BadRule{"SpecifierInProjects", [](Rules& r) { r.projects = {"a>1"}; },
                "'versions' is for specifiers"},
        BadRule{"OpenExpression", [](Rules& r) { r.files = {"/abc"}; },
                "select.files: '/abc'"},
        BadRule{"BadExpression", [](Rules& r) { r.exclude_files = {"/a(/"}; },
                "select.exclude_files: '/a(/': missing )"},
        BadRule{"LookAhead",
                [](Rules& r) { r.exclude_version_patterns = {"/(?!a)/"}; },
                "select.exclude_version_patterns: "},
        BadRule{"HugeExpression",
                [](Rules& r) { r.projects = {"/((a{100}){100}){100}/"}; },
                "select.projects: "},
        BadRule{"BadSpecifier", [](Rules& r) { r.versions = {"a>=x"}; },
                "select.versions: 'a>=x'"},
        BadRule{"MarkerInVersions",
                [](Rules& r) { r.exclude_versions = {"a; os_name == 'nt'"}; },
                "select.exclude_versions: "},
        BadRule{"UnknownPlatform", [](Rules& r) { r.platforms = {"win"}; },
                "select.platforms: expected linux"},
        BadRule{"BadPlatformVersion",
                [](Rules& r) { r.exclude_platforms = {"macos-x"}; },
                "select.exclude_platforms: "},
        BadRule{"BadMachine", [](Rules& r) { r.architectures = {"x 86"}; },
                "select.architectures: "},
        BadRule{"BadPython", [](Rules& r) { r.pythons = {"py3"}; },
                "select.pythons: "},
        BadRule{"ImpossiblePython", [](Rules& r) { r.pythons = {">3,<2"}; },
                "a specifier that admits a Python"},
        BadRule{"NoPythonLeft",
                [](Rules& r) {
                  r.pythons = {"3.9"};
                  r.exclude_pythons = {"3"};
                },
                "none is left"},
        BadRule{"UnknownImplementation",
                [](Rules& r) { r.implementations = {"jython"}; },
                "select.implementations: "},
        BadRule{"RelativeList", [](Rules& r) { r.requirements = {"a.txt"}; },
                "select.requirements: "},
        BadRule{"GlobOfDirectories",
                [](Rules& r) { r.requirements = {"/srv/*/a.txt"}; },
                "behind the last slash"},
        BadRule{"NegativeNewest", [](Rules& r) { r.newest = -1; },
                "select.newest: "}),
    [](const auto& test) { return std::string(test.param.name); });

// One change of each option.
std::vector<std::function<void(Rules&)>> Changes() {
  return {
      [](Rules& r) { r.projects = {"a"}; },
      [](Rules& r) { r.exclude_projects = {"a"}; },
      [](Rules& r) { r.requirements_mode = RequirementsMode::kPinned; },
      [](Rules& r) { r.with_dependencies = true; },
      [](Rules& r) { r.archived = Keep::kDrop; },
      [](Rules& r) { r.deprecated = Keep::kDrop; },
      [](Rules& r) { r.quarantined = Keep::kKeep; },
      [](Rules& r) { r.versions = {"a"}; },
      [](Rules& r) { r.exclude_versions = {"a"}; },
      [](Rules& r) { r.exclude_version_patterns = {"a"}; },
      [](Rules& r) { r.prereleases = PrereleaseRule::kDrop; },
      [](Rules& r) { r.prereleases_keep = {"a"}; },
      [](Rules& r) { r.prereleases_if_needed = {"a"}; },
      [](Rules& r) { r.prereleases_drop = {"a"}; },
      [](Rules& r) { r.newest = 1; },
      [](Rules& r) { r.newest_by = NewestBy::kUploadTime; },
      [](Rules& r) { r.platforms = {"linux"}; },
      [](Rules& r) { r.exclude_platforms = {"linux"}; },
      [](Rules& r) { r.architectures = {"x86_64"}; },
      [](Rules& r) { r.exclude_architectures = {"x86_64"}; },
      [](Rules& r) { r.pythons = {"3.9"}; },
      [](Rules& r) { r.exclude_pythons = {"3.9"}; },
      [](Rules& r) { r.implementations = {"pypy"}; },
      [](Rules& r) { r.exclude_implementations = {"pypy"}; },
      [](Rules& r) { r.requires_python = false; },
      [](Rules& r) { r.wheels = false; },
      [](Rules& r) { r.sdists = SdistRule::kDrop; },
      [](Rules& r) { r.legacy = false; },
      [](Rules& r) { r.files = {"a"}; },
      [](Rules& r) { r.exclude_files = {"a"}; },
      [](Rules& r) { r.yanked = Keep::kDrop; },
      [](Rules& r) { r.max_file_size = 1; },
      [](Rules& r) { r.max_project_size = 1; },
      [](Rules& r) { r.max_project_size_exceptions = {"a"}; },
      [](Rules& r) { r.older_than = absl::Hours(1); },
      [](Rules& r) { r.newer_than = absl::Hours(1); },
      [](Rules& r) { r.newer_than = absl::UnixEpoch(); },
      [](Rules& r) { r.min_age = absl::Hours(1); },
      [](Rules& r) { r.min_age_exceptions = {"a"}; },
  };
}

TEST(FingerprintTest, EveryOptionCounts) {
  std::set<std::string> seen = {Make({}).fingerprint()};
  for (const auto& change : Changes()) {
    Rules rules;
    change(rules);
    EXPECT_TRUE(seen.insert(Make(rules).fingerprint()).second)
        << "change " << seen.size();
  }
}

TEST(FingerprintTest, IsTheSameForTheSameAndInAnyOrder) {
  Rules a;
  a.projects = {"a", "b"};
  Rules b;
  b.projects = {"b", "a", "b"};
  EXPECT_EQ(Make(a).fingerprint(), Make(a).fingerprint());
  EXPECT_EQ(Make(a).fingerprint(), Make(b).fingerprint());
  EXPECT_EQ(Make(a).fingerprint().find('\n'), std::string::npos);
  // Kept over releases of this program: a change of it reads every page.
  EXPECT_EQ(Make({}).fingerprint(), "7e1de0384651615ee4f03017f30a3584");
}

}  // namespace
}  // namespace tufmirror::select
