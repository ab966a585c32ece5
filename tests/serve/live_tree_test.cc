// What can be opened below the live tree, and what cannot.
#include "serve/live_tree.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "serve/site_fixture.h"
#include "support/status_matchers.h"

namespace tufmirror::serve {
namespace {

using ::tufmirror::testing::FailsWith;
using ::tufmirror::testing::IsOk;
using ::tufmirror::testing::SiteFixture;

std::string Contents(const OpenedFile& file) {
  std::string bytes(file.size, '\0');
  EXPECT_EQ(pread(file.fd.get(), bytes.data(), bytes.size(), 0),
            static_cast<ssize_t>(bytes.size()));
  return bytes;
}

TEST(LiveTreeTest, OpensFilesOfTheTree) {
  const SiteFixture site;
  ASSERT_OK_AND_ASSIGN(const LiveTree tree, LiveTree::Open(site.live()));
  ASSERT_OK_AND_ASSIGN(const OpenedFile file,
                       tree.OpenFile("simple/flit/index.html"));
  EXPECT_EQ(Contents(file), "flit html first");
}

TEST(LiveTreeTest, FollowsPackagesAndNoOtherSymlink) {
  const SiteFixture site;
  ASSERT_OK_AND_ASSIGN(const LiveTree tree, LiveTree::Open(site.live()));
  EXPECT_THAT(tree.OpenFile("packages/flit/flit-3.9.0-py3-none-any.whl"),
              IsOk());
  EXPECT_TRUE(tree.IsDirectory("packages"));
  EXPECT_THAT(tree.OpenFile("escape/secret"), FailsWith(Failure::kNotFound));
  EXPECT_THAT(tree.OpenFile("leak.json"), FailsWith(Failure::kNotFound));
  EXPECT_FALSE(tree.IsDirectory("escape"));
}

TEST(LiveTreeTest, FollowsNoSymlinkInsidePackages) {
  const SiteFixture site;
  std::filesystem::create_symlink("../../state",
                                  site.home.Join("packages/flit/packages"));
  ASSERT_OK_AND_ASSIGN(const LiveTree tree, LiveTree::Open(site.live()));
  EXPECT_THAT(tree.OpenFile("packages/flit/packages/secret"),
              FailsWith(Failure::kNotFound));
}

TEST(LiveTreeTest, HidesDotFiles) {
  const SiteFixture site;
  ASSERT_OK_AND_ASSIGN(const LiveTree tree, LiveTree::Open(site.live()));
  EXPECT_THAT(tree.OpenFile(".hidden"), FailsWith(Failure::kNotFound));
  EXPECT_THAT(tree.OpenFile("packages/flit/.partial"),
              FailsWith(Failure::kNotFound));
}

TEST(LiveTreeTest, DirectoriesAndFifosAreNotFiles) {
  const SiteFixture site;
  ASSERT_EQ(mkfifo(site.home.Join("trees/a/fifo").c_str(), 0644), 0);
  ASSERT_OK_AND_ASSIGN(const LiveTree tree, LiveTree::Open(site.live()));
  EXPECT_THAT(tree.OpenFile("simple"), FailsWith(Failure::kNotFound));
  EXPECT_THAT(tree.OpenFile("fifo"), FailsWith(Failure::kNotFound));
  EXPECT_THAT(tree.OpenFile("absent"), FailsWith(Failure::kNotFound));
  EXPECT_THAT(tree.OpenFile("metadata/1.root.json/x"),
              FailsWith(Failure::kNotFound));
}

TEST(LiveTreeTest, StaysOnItsGenerationWhenAnotherIsPublished) {
  const SiteFixture site;
  ASSERT_OK_AND_ASSIGN(const LiveTree before, LiveTree::Open(site.live()));
  site.Publish("trees/b");
  ASSERT_OK_AND_ASSIGN(const OpenedFile old_page,
                       before.OpenFile("simple/index.html"));
  EXPECT_EQ(Contents(old_page), "root html first");
  ASSERT_OK_AND_ASSIGN(const LiveTree after, LiveTree::Open(site.live()));
  ASSERT_OK_AND_ASSIGN(const OpenedFile new_page,
                       after.OpenFile("simple/index.html"));
  EXPECT_EQ(Contents(new_page), "root html second");
}

}  // namespace
}  // namespace tufmirror::serve
