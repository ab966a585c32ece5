// What must hold for all rules and pages: a rule more, or a stricter one, never
// selects more; asked twice, a selection says the same; nothing changes with
// time before it says so.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "fmt/format.h"
#include "select/selection_fixture.h"

namespace tufmirror::select {
namespace {

class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}
  size_t Below(size_t n) { return engine_() % n; }
  bool Chance(size_t percent) { return Below(100) < percent; }
  std::string OneOf(const std::vector<std::string>& words) {
    return words[Below(words.size())];
  }

 private:
  std::mt19937 engine_;
};

pypi::UpstreamPage RandomPage(Random& random) {
  std::set<std::string> names;
  for (size_t i = random.Below(20); i > 0; --i) {
    const std::string version =
        fmt::format("{}.{}{}", random.Below(4), random.Below(3),
                    random.OneOf({"", "", "", "rc1", ".dev2", ".post1"}));
    switch (random.Below(4)) {
      case 0:
        names.insert(fmt::format("foo-{}.tar.gz", version));
        break;
      case 1:
        names.insert(fmt::format("foo-{}{}", version,
                                 random.OneOf({".exe", "-py3.8.egg", ".rpm"})));
        break;
      default:
        names.insert(fmt::format(
            "foo-{}-{}-{}.whl", version,
            random.OneOf({"py3-none", "cp39-cp39", "cp38-abi3", "cp313-cp313t",
                          "pp310-pypy310_pp73", "py2-none"}),
            random.OneOf({"any", "win_amd64", "manylinux_2_17_x86_64",
                          "manylinux_2_28_aarch64", "musllinux_1_2_x86_64",
                          "macosx_11_0_universal2", "macosx_10_9_x86_64"})));
    }
  }
  pypi::UpstreamPage page = Page({names.begin(), names.end()});
  for (pypi::OfferedFile& file : page.files) {
    if (random.Chance(80)) file.size = random.Below(2000);
    if (random.Chance(90)) {
      file.upload_time = DaysAgo(static_cast<int>(random.Below(60)));
    }
    if (random.Chance(10)) file.yanked = "";
    if (random.Chance(30)) {
      file.requires_python = random.OneOf({">=3.9", "<3", ">=3.8,<4", "?"});
    }
  }
  page.status = random.OneOf({"", "", "", "archived", "quarantined"});
  return page;
}

using Change = std::function<void(Rules&)>;

// Rules on files by themselves: each takes away, whatever the others do.
std::vector<Change> Restrictions() {
  return {
      [](Rules& r) { r.exclude_projects.push_back("f*"); },
      [](Rules& r) { r.archived = Keep::kDrop; },
      [](Rules& r) { r.exclude_versions.push_back("foo<1"); },
      [](Rules& r) { r.exclude_versions.push_back("*==2.*"); },
      [](Rules& r) { r.exclude_version_patterns.push_back("*.post*"); },
      [](Rules& r) { r.prereleases = PrereleaseRule::kDrop; },
      [](Rules& r) { r.exclude_platforms.push_back("windows"); },
      [](Rules& r) { r.exclude_platforms.push_back("manylinux_2_17"); },
      [](Rules& r) { r.exclude_architectures.push_back("x86_64"); },
      [](Rules& r) { r.exclude_pythons.push_back("2"); },
      [](Rules& r) { r.exclude_implementations.push_back("pypy"); },
      [](Rules& r) { r.wheels = false; },
      [](Rules& r) { r.sdists = SdistRule::kDrop; },
      [](Rules& r) { r.legacy = false; },
      [](Rules& r) { r.exclude_files.push_back("*.exe"); },
      [](Rules& r) { r.yanked = Keep::kDrop; },
      [](Rules& r) { r.max_file_size = 700; },
      [](Rules& r) { r.older_than = absl::Hours(24 * 5); },
      [](Rules& r) { r.newer_than = absl::Hours(24 * 50); },
      [](Rules& r) { r.min_age = absl::Hours(24 * 14); },
      // Of lists, empty ones are the widest.
      [](Rules& r) {
        r.platforms = {"linux", "macos"};
      },
      [](Rules& r) { r.architectures = {"aarch64"}; },
      [](Rules& r) { r.pythons = {">=3.9"}; },
      [](Rules& r) { r.implementations = {"cpython"}; },
      [](Rules& r) {
        r.files = {"*.whl", "*.tar.gz"};
      },
      [](Rules& r) { r.versions = {"foo>=1"}; },
  };
}

void ApplySome(Random& random, size_t percent,
               const std::vector<Change>& changes, Rules& rules) {
  for (const Change& change : changes) {
    if (random.Chance(percent)) change(rules);
  }
}

bool IsSubset(const std::set<std::string>& small,
              const std::set<std::string>& large) {
  return std::includes(large.begin(), large.end(), small.begin(), small.end());
}

TEST(SelectionPropertyTest, AStricterRuleNeverSelectsMore) {
  const std::vector<Change> restrictions = Restrictions();
  for (uint32_t seed = 0; seed < 400; ++seed) {
    Random random(seed);
    const pypi::UpstreamPage page = RandomPage(random);
    Rules loose;
    ApplySome(random, 8, restrictions, loose);
    Rules strict = loose;
    restrictions[random.Below(restrictions.size())](strict);
    EXPECT_TRUE(
        IsSubset(SelectedFiles(strict, page), SelectedFiles(loose, page)))
        << "seed " << seed;
  }
}

TEST(SelectionPropertyTest, RulesThatCompareReleasesOnlyTakeAway) {
  const std::vector<Change> comparisons = {
      [](Rules& r) { r.newest = 2; },
      [](Rules& r) { r.prereleases = PrereleaseRule::kIfNeeded; },
      [](Rules& r) { r.sdists = SdistRule::kIfNoWheel; },
      [](Rules& r) { r.max_project_size = 4000; }};
  for (uint32_t seed = 0; seed < 250; ++seed) {
    Random random(seed);
    const pypi::UpstreamPage page = RandomPage(random);
    Rules rules;
    ApplySome(random, 5, Restrictions(), rules);
    const std::set<std::string> before = SelectedFiles(rules, page);
    const bool drops_prereleases = rules.prereleases == PrereleaseRule::kDrop;
    const bool drops_sdists = rules.sdists == SdistRule::kDrop;
    ApplySome(random, 50, comparisons, rules);
    if (drops_prereleases) rules.prereleases = PrereleaseRule::kDrop;
    if (drops_sdists) rules.sdists = SdistRule::kDrop;
    const std::set<std::string> after = SelectedFiles(rules, page);
    EXPECT_TRUE(IsSubset(after, before)) << "seed " << seed;
    // None of them empties a project, but for its size.
    if (rules.max_project_size == 0 && !before.empty()) {
      EXPECT_FALSE(after.empty()) << "seed " << seed;
    }
    if (rules.newest > 0) {
      rules.newest = 1;
      rules.max_project_size = 0;
      Rules more = rules;
      more.newest = 2;
      EXPECT_TRUE(
          IsSubset(SelectedFiles(rules, page), SelectedFiles(more, page)))
          << "seed " << seed;
    }
  }
}

TEST(SelectionPropertyTest, TheSameRulesHaveTheSameFingerprintAndOthersDoNot) {
  const std::vector<Change> restrictions = Restrictions();
  for (uint32_t seed = 0; seed < 100; ++seed) {
    Random random(seed);
    Rules rules;
    ApplySome(random, 20, restrictions, rules);
    const std::string fingerprint =
        Selection::Create(rules).value().fingerprint();
    EXPECT_EQ(Selection::Create(rules).value().fingerprint(), fingerprint);
    Rules other = rules;
    other.exclude_files.push_back(fmt::format("other-{}", seed));
    EXPECT_NE(Selection::Create(other).value().fingerprint(), fingerprint);
  }
}

TEST(SelectionPropertyTest, NothingChangesBeforeItIsSaidTo) {
  for (uint32_t seed = 0; seed < 150; ++seed) {
    Random random(seed);
    const pypi::UpstreamPage page = RandomPage(random);
    Rules rules;
    ApplySome(random, 5, Restrictions(), rules);
    rules.min_age = absl::Hours(24 * static_cast<int>(random.Below(30)));
    rules.newer_than = absl::Hours(24 * static_cast<int>(random.Below(90)));
    absl::Time now = kNow;
    for (int step = 0; step < 5; ++step) {
      const auto changes_at = VerdictOn(rules, page, now).changes_at;
      const auto before = SelectedFiles(rules, page, now);
      if (!changes_at) {
        EXPECT_EQ(SelectedFiles(rules, page, now + absl::Hours(24 * 1000)),
                  before)
            << "seed " << seed;
        break;
      }
      ASSERT_GT(*changes_at, now) << "seed " << seed;
      EXPECT_EQ(SelectedFiles(rules, page, *changes_at - absl::Seconds(1)),
                before)
          << "seed " << seed;
      now = *changes_at;
    }
  }
}

}  // namespace
}  // namespace tufmirror::select
