#include "tufmirror/repo/project_pages.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/status_matchers.h"
#include "tufmirror/crypto/hash.h"

namespace tufmirror::repo {
namespace {

pypi::ProjectName Name(std::string_view text) {
  return *pypi::ProjectName::Parse(text);
}

ReleaseFile File(std::string version, std::string filename) {
  ReleaseFile file;
  file.version = std::move(version);
  file.file.sha256 = crypto::Sha256Of(filename);
  file.file.size = filename.size();
  file.file.filename = std::move(filename);
  return file;
}

std::vector<ReleaseFile> ThreeReleases() {
  return {File("1.10", "six-1.10.tar.gz"), File("1.9", "six-1.9.tar.gz"),
          File("1.9", "six-1.9-py3-none-any.whl")};
}

TEST(ProjectPagesTest, ListsFilesByVersionThenName) {
  const pypi::ProjectPage page = MakeProjectPage(Name("six"), ThreeReleases());
  ASSERT_EQ(page.files.size(), 3u);
  EXPECT_EQ(page.files[0].filename, "six-1.9-py3-none-any.whl");
  EXPECT_EQ(page.files[1].filename, "six-1.9.tar.gz");
  EXPECT_EQ(page.files[2].filename, "six-1.10.tar.gz");
  EXPECT_EQ(page.versions, (std::vector<std::string>{"1.9", "1.10"}));
  EXPECT_EQ(page.files[2].url, "../../packages/six/six-1.10.tar.gz");
}

TEST(ProjectPagesTest, EqualInputGivesEqualBytesInAnyOrder) {
  std::vector<ReleaseFile> reversed = ThreeReleases();
  std::reverse(reversed.begin(), reversed.end());
  const RenderedPages a =
      RenderProject(MakeProjectPage(Name("six"), ThreeReleases()));
  const RenderedPages b =
      RenderProject(MakeProjectPage(Name("six"), std::move(reversed)));
  EXPECT_EQ(a.html.bytes, b.html.bytes);
  EXPECT_EQ(a.json.bytes, b.json.bytes);
  EXPECT_EQ(a.json.target, b.json.target);
}

TEST(ProjectPagesTest, TargetsSayWhatTheBytesAre) {
  const RenderedPages pages =
      RenderProject(MakeProjectPage(Name("Six"), ThreeReleases()));
  EXPECT_EQ(pages.html.target.path, "simple/six/index.html");
  EXPECT_EQ(pages.json.target.path, "simple/six/index.v1_json");
  for (const RenderedPage* page : {&pages.html, &pages.json}) {
    EXPECT_EQ(page->target.content.length, page->bytes.size());
    EXPECT_EQ(page->target.content.digests.sha256,
              crypto::Sha256Of(page->bytes));
  }
}

TEST(ProjectPagesTest, PathsOfPackages) {
  EXPECT_EQ(PackagePath(Name("My_Pkg"), "My_Pkg-1.0.zip"),
            "packages/my-pkg/My_Pkg-1.0.zip");
  EXPECT_EQ(CoreMetadataPath(Name("six"), "six-1.whl"),
            "packages/six/six-1.whl.metadata");
}

}  // namespace
}  // namespace tufmirror::repo
