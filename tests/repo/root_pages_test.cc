#include "tufmirror/repo/root_pages.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fmt/format.h"
#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/pypi/simple_index.h"
#include "tufmirror/tree/staging.h"

namespace tufmirror::repo {
namespace {

using testing::FailsWith;
using testing::IsOk;

class RootPagesTest : public ::testing::Test {
 protected:
  RootPagesTest() : home_(tree::Home::Create(dir_.Join("home")).value()) {
    EXPECT_THAT(tree::StagingArea(home_).Prepare(), IsOk());
  }

  static std::vector<pypi::RootEntry> Entries(int count) {
    std::vector<pypi::RootEntry> entries;
    for (int i = 0; i < count; ++i) {
      const std::string name = fmt::format("project-{:06}", i);
      entries.push_back({pypi::ProjectName::Parse(name).value(), name});
    }
    return entries;
  }
  std::vector<tuf::TargetFile> Write(
      const std::vector<pypi::RootEntry>& entries) {
    RootPages pages = RootPages::Create(home_).value();
    for (const pypi::RootEntry& entry : entries) {
      EXPECT_THAT(pages.Add(entry.name), IsOk());
    }
    return std::move(pages).Finish().value();
  }
  std::string Blob(const tuf::TargetFile& target) {
    return testing::ReadWholeFile(
        tree::StagingArea(home_).BlobPath(target.content));
  }

  testing::TempDirectory dir_;
  tree::Home home_;
};

TEST_F(RootPagesTest, AreThePagesThatAreRenderedAsAWhole) {
  // None, one, and more than fit into one piece.
  for (const int count : {0, 1, 20'000}) {
    const std::vector<pypi::RootEntry> entries = Entries(count);
    const std::vector<tuf::TargetFile> targets = Write(entries);
    ASSERT_EQ(targets.size(), 2u);
    const std::string html = pypi::RenderRootHtml(entries);
    const std::string json = pypi::RenderRootJson(entries, std::nullopt);
    EXPECT_EQ(targets[0].path, "simple/index.html");
    EXPECT_EQ(targets[1].path, "simple/index.v1_json");
    EXPECT_EQ(Blob(targets[0]), html);
    EXPECT_EQ(Blob(targets[1]), json);
    EXPECT_THAT(crypto::CheckContent(html, targets[0].content, "html"), IsOk());
    EXPECT_THAT(crypto::CheckContent(json, targets[1].content, "json"), IsOk());
  }
}

TEST_F(RootPagesTest, TheHtmlPageReadsBackAsItsProjects) {
  for (const int count : {0, 1, 20'000}) {
    const std::vector<pypi::RootEntry> entries = Entries(count);
    const std::string path = dir_.Write("page", Blob(Write(entries)[0]));
    size_t next = 0;
    ASSERT_THAT(ForEachProjectOnRootPage(path,
                                         [&](const pypi::ProjectName& project) {
                                           EXPECT_EQ(project,
                                                     entries.at(next++).name);
                                           return absl::OkStatus();
                                         }),
                IsOk());
    EXPECT_EQ(next, entries.size());
  }
}

TEST_F(RootPagesTest, AnErrorOfTheVisitorEndsTheReading) {
  const std::string path = dir_.Write("page", Blob(Write(Entries(3))[0]));
  int visited = 0;
  EXPECT_THAT(ForEachProjectOnRootPage(path,
                                       [&](const pypi::ProjectName&) {
                                         ++visited;
                                         return MakeFailure(Failure::kCancelled,
                                                            "stop");
                                       }),
              FailsWith(Failure::kCancelled, "stop"));
  EXPECT_EQ(visited, 1);
}

}  // namespace
}  // namespace tufmirror::repo
