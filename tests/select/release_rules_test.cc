// Rules that compare the releases of a project, and rules of whole projects.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "select/selection_fixture.h"
#include "support/temp_directory.h"

namespace tufmirror::select {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(NewestTest, KeepsThatManyReleasesWithAllTheirFiles) {
  Rules rules;
  rules.newest = 2;
  const pypi::UpstreamPage page =
      Page({"foo-1.10-py3-none-any.whl", "foo-1.10.tar.gz", "foo-1.2.tar.gz",
            "foo-1.9.tar.gz", "foo-old.tar.gz"});
  EXPECT_THAT(SelectedFiles(rules, page),
              ElementsAre("foo-1.10-py3-none-any.whl", "foo-1.10.tar.gz",
                          "foo-1.9.tar.gz"));
  EXPECT_EQ(VerdictOn(rules, page).files[2].rule, "newest = 2");
}

TEST(NewestTest, CountsWhatOtherRulesHaveLeft) {
  Rules rules;
  rules.newest = 1;
  rules.platforms = {"windows"};
  EXPECT_THAT(
      SelectedFiles(rules, {"foo-1-cp311-cp311-win_amd64.whl",
                            "foo-2-cp311-cp311-manylinux2014_x86_64.whl"}),
      ElementsAre("foo-1-cp311-cp311-win_amd64.whl"));
}

TEST(NewestTest, KeepsTheNewestFinalBesideNewerPrereleases) {
  Rules rules;
  rules.newest = 1;
  EXPECT_THAT(SelectedFiles(rules, {"foo-1.tar.gz", "foo-2.tar.gz",
                                    "foo-3rc1.tar.gz", "foo-3rc2.tar.gz"}),
              ElementsAre("foo-2.tar.gz", "foo-3rc2.tar.gz"));
}

TEST(NewestTest, KeepsWhatIsPinned) {
  Rules rules;
  rules.newest = 1;
  rules.versions = {"foo==1", "foo>=2"};
  EXPECT_THAT(
      SelectedFiles(rules, {"foo-1.tar.gz", "foo-2.tar.gz", "foo-3.tar.gz"}),
      ElementsAre("foo-1.tar.gz", "foo-3.tar.gz"));
}

TEST(NewestTest, ByUploadTimeTheFirstFileOfAReleaseCounts) {
  pypi::UpstreamPage page = Page({"foo-1.1.tar.gz", "foo-2.0-py3-none-any.whl",
                                  "foo-2.0.tar.gz", "foo-3.0.tar.gz"});
  page.files[0].upload_time = DaysAgo(5);
  page.files[1].upload_time = DaysAgo(1);  // a wheel made later
  page.files[2].upload_time = DaysAgo(50);
  Rules rules;
  rules.newest = 1;
  rules.newest_by = NewestBy::kUploadTime;
  EXPECT_THAT(SelectedFiles(rules, page), ElementsAre("foo-1.1.tar.gz"));
}

TEST(IfNeededTest, KeepsPrereleasesOfWhatHasNothingElse) {
  Rules rules;
  rules.prereleases = PrereleaseRule::kIfNeeded;
  EXPECT_THAT(SelectedFiles(rules, {"foo-1a1.tar.gz", "foo-1.dev2.tar.gz"}),
              ElementsAre("foo-1.dev2.tar.gz", "foo-1a1.tar.gz"));
  const std::vector<std::string> mixed = {"foo-1a1.tar.gz", "foo-1.tar.gz"};
  EXPECT_THAT(SelectedFiles(rules, mixed), ElementsAre("foo-1.tar.gz"));
  rules.exclude_versions = {"foo==1"};
  EXPECT_THAT(SelectedFiles(rules, mixed), ElementsAre("foo-1a1.tar.gz"));
}

TEST(IfNeededTest, IsAnExceptionPerProjectToo) {
  Rules rules;
  rules.prereleases_if_needed = {"foo"};
  EXPECT_THAT(SelectedFiles(rules, {"foo-1a1.tar.gz", "foo-1.tar.gz"}),
              ElementsAre("foo-1.tar.gz"));
}

TEST(IfNoWheelTest, KeepsSdistsOfReleasesWithoutAWheelThatIsLeft) {
  Rules rules;
  rules.sdists = SdistRule::kIfNoWheel;
  const std::vector<std::string> files = {
      "foo-1.tar.gz", "foo-2-cp311-cp311-win_amd64.whl", "foo-2.tar.gz"};
  EXPECT_THAT(SelectedFiles(rules, files), ElementsAre(files[0], files[1]));
  rules.platforms = {"linux"};
  EXPECT_THAT(SelectedFiles(rules, files), ElementsAre(files[0], files[2]));
}

TEST(ProjectSizeTest, CountsWhatWouldBeMirrored) {
  pypi::UpstreamPage page = Page({"foo-1-py3-none-any.whl", "foo-1.tar.gz"});
  page.files[0].size = 600;
  page.files[1].size = 600;
  Rules rules;
  rules.max_project_size = 1000;
  const PageVerdict verdict = VerdictOn(rules, page);
  EXPECT_FALSE(verdict.project.selected);
  EXPECT_EQ(verdict.project.rule, "max_project_size: 1000 bytes, got 1200");
  EXPECT_THAT(SelectedFiles(rules, page), IsEmpty());
  rules.sdists = SdistRule::kDrop;
  EXPECT_THAT(SelectedFiles(rules, page), ElementsAre(page.files[0].filename));
  rules.sdists = SdistRule::kKeep;
  rules.max_project_size_exceptions = {"FOO"};
  EXPECT_EQ(SelectedFiles(rules, page).size(), 2u);
}

TEST(ProjectSizeTest, SizesBeyondAllMeasureDoNotWrapAround) {
  pypi::UpstreamPage page = Page({"a", "b"});
  page.files[0].size = UINT64_MAX;
  page.files[1].size = 2;
  Rules rules;
  rules.max_project_size = 1000;
  EXPECT_FALSE(VerdictOn(rules, page).project.selected);
}

TEST(StatusTest, QuarantinedIsDroppedAndTheRestKeptUnlessToldOtherwise) {
  struct Row {
    const char* status;
    Keep Rules::*field;
    bool by_default;
  };
  for (const Row& row : {Row{"archived", &Rules::archived, true},
                         Row{"deprecated", &Rules::deprecated, true},
                         Row{"quarantined", &Rules::quarantined, false}}) {
    pypi::UpstreamPage page = Page({"foo-1.tar.gz"});
    page.status = row.status;
    Rules rules;
    EXPECT_EQ(VerdictOn(rules, page).project.selected, row.by_default);
    rules.*row.field = Keep::kKeep;
    EXPECT_TRUE(VerdictOn(rules, page).project.selected);
    rules.*row.field = Keep::kDrop;
    const PageVerdict dropped = VerdictOn(rules, page);
    EXPECT_FALSE(dropped.project.selected);
    EXPECT_THAT(dropped.project.rule, HasSubstr(row.status));
    EXPECT_FALSE(dropped.files[0].selected);
  }
}

class PinnedListTest : public ::testing::Test {
 protected:
  Rules Pinned(const std::string& text) {
    Rules rules;
    rules.requirements = {directory_.Write("requirements.txt", text)};
    rules.requirements_mode = RequirementsMode::kPinned;
    return rules;
  }
  const pypi::UpstreamPage page_ =
      Page({"foo-1.tar.gz", "foo-2.tar.gz", "foo-3rc1.tar.gz"});
  testing::TempDirectory directory_;
};

TEST_F(PinnedListTest, OnlyWhatTheListContains) {
  const Rules rules = Pinned("foo==2\n");
  EXPECT_THAT(SelectedFiles(rules, page_), ElementsAre("foo-2.tar.gz"));
  const PageVerdict verdict = VerdictOn(rules, page_);
  EXPECT_THAT(verdict.files[0].rule,
              HasSubstr("requirements.txt:1: it lists another version"));
  EXPECT_THAT(verdict.files[1].rule, HasSubstr("pinned by /"));
}

TEST_F(PinnedListTest, ByNameAloneAllReleasesAreInAndThePinnedProtected) {
  Rules rules = Pinned("foo==1\n");
  rules.requirements_mode = RequirementsMode::kNames;
  EXPECT_EQ(SelectedFiles(rules, page_).size(), 3u);
  rules.newest = 1;
  rules.prereleases = PrereleaseRule::kDrop;
  EXPECT_THAT(SelectedFiles(rules, page_),
              ElementsAre("foo-1.tar.gz", "foo-2.tar.gz"));
}

TEST_F(PinnedListTest, TheSameProjectTwiceIsOneOrTheOther) {
  EXPECT_THAT(SelectedFiles(Pinned("foo==1\nfoo>2.5\n"), page_),
              ElementsAre("foo-1.tar.gz", "foo-3rc1.tar.gz"));
}

TEST_F(PinnedListTest, ConstraintsRestrict) {
  directory_.Write("constraints.txt", "foo<2\n");
  EXPECT_THAT(SelectedFiles(Pinned("foo\n-c constraints.txt\n"), page_),
              ElementsAre("foo-1.tar.gz"));
}

TEST_F(PinnedListTest, ExclusionWinsOverAPin) {
  Rules rules = Pinned("foo==2\n");
  rules.exclude_files = {"foo-2*"};
  EXPECT_THAT(SelectedFiles(rules, page_), IsEmpty());
}

TEST_F(PinnedListTest, OnlyFilesWithTheHashesThatAreListed) {
  const std::string hash(64, 'a');
  pypi::UpstreamPage page =
      Page({"foo-2-py3-none-any.whl", "foo-2.tar.gz", "foo-2.zip"});
  page.files[0].sha256 = Sha256::FromHex(hash).value();
  page.files[1].sha256 = Sha256::FromHex(std::string(64, 'b')).value();
  const Rules rules = Pinned("foo==2 --hash=sha256:" + hash + "\n");
  // The index gives no hash of the third: the version has to do.
  EXPECT_THAT(SelectedFiles(rules, page),
              ElementsAre("foo-2-py3-none-any.whl", "foo-2.zip"));
  EXPECT_THAT(VerdictOn(rules, page).files[1].rule,
              HasSubstr("it lists other hashes"));
}

TEST_F(PinnedListTest, EntriesOfOtherPlatformsDoNotCount) {
  Rules rules = Pinned(
      "foo==1; sys_platform == 'win32'\nfoo==2; sys_platform == 'linux'\n");
  rules.platforms = {"linux"};
  EXPECT_THAT(SelectedFiles(rules, page_), ElementsAre("foo-2.tar.gz"));
}

}  // namespace
}  // namespace tufmirror::select
