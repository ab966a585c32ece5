// Names inside a tree that outside names become.
#include "tufmirror/tree/layout.h"

#include "support/status_matchers.h"
#include "tree/tree_fixture.h"

namespace tufmirror::tree {
namespace {

using testing::FailsWith;
using testing::IsOk;

TEST(MetadataPath, HasTheNamesThatClientsAskFor) {
  EXPECT_EQ(MetadataPath("timestamp", std::nullopt), "metadata/timestamp.json");
  EXPECT_EQ(MetadataPath("root", 1), "metadata/1.root.json");
  EXPECT_EQ(MetadataPath("bin-00ff", 7), "metadata/7.bin-00ff.json");
}

TEST(MetadataPath, IsWhereAWebServerLooksForTheEncodedName) {
  EXPECT_EQ(MetadataPath("a b", 2), "metadata/2.a b.json");
  EXPECT_EQ(MetadataPath("team/project", 2), "metadata/2.team/project.json");
}

TEST(MetadataPath, NeverLeavesMetadata) {
  for (const std::string role :
       {"../../state/lock", "..", "a/../../../x", "/etc/passwd", "a//b", "a\nb",
        "\\..\\x", "a/./b", ""}) {
    for (const std::optional<int64_t> version :
         {std::optional<int64_t>(), std::optional<int64_t>(3)}) {
      const std::string path = MetadataPath(role, version);
      EXPECT_THAT(TargetPath::Parse(path), IsOk()) << path;
      EXPECT_EQ(path.substr(0, 9), "metadata/");
    }
  }
  EXPECT_EQ(MetadataPath("../x", std::nullopt), "metadata/..%2Fx.json");
}

TEST(TreePathOfTarget, IsTheTargetsOwnPath) {
  for (const char* target :
       {"packages/flit/flit-3.9.0.tar.gz", "simple/flit/index.html", "file.txt",
        "metadata.txt", "deltas2/x", "simple2", "packages/a/b/c/d"}) {
    ASSERT_OK_AND_ASSIGN(const TargetPath path, TreePathOfTarget(target));
    EXPECT_EQ(path.str(), target);
  }
}

TEST(TreePathOfTarget, RejectsTargetsThatCollideWithTheMirrorsOwnFiles) {
  for (const char* target :
       {"metadata", "metadata/timestamp.json", "metadata/1.root.json",
        "deltas/1-2.pack", "status/index.html", "status.json", "last-modified",
        "Metadata/timestamp.json", "METADATA", "packages", "simple"}) {
    EXPECT_THAT(TreePathOfTarget(target),
                FailsWith(Failure::kUnsafePath, "target "))
        << target;
  }
}

TEST(TreePathOfTarget, RejectsTargetsThatEscape) {
  for (const char* target : {"../x", "a/../../x", "/etc/passwd", "a//b", "./a",
                             "a/.", "", "a\\b", "a\nb"}) {
    EXPECT_THAT(TreePathOfTarget(target), FailsWith(Failure::kUnsafePath))
        << target;
  }
}

TEST(TreePathOfTarget, RejectsNamesThatLeaveNoRoomForADigest) {
  EXPECT_THAT(TreePathOfTarget("a/" + std::string(190, 'x')), IsOk());
  EXPECT_THAT(TreePathOfTarget("a/" + std::string(191, 'x')),
              FailsWith(Failure::kUnsafePath, "at most 190 bytes"));
}

TEST(PrefixedPath, PutsTheDigestBeforeTheName) {
  const Digests digests = DigestsOf("bytes");
  ASSERT_OK_AND_ASSIGN(const TargetPath path,
                       PrefixedPath(PathOf("packages/a/a.whl"), digests));
  EXPECT_EQ(path.str(), "packages/a/" + digests.sha256->Hex() + ".a.whl");
}

TEST(PrefixedPath, TakesSha512WhereThatIsAllThereIs) {
  Digests digests;
  digests.sha512 = Sha512();
  ASSERT_OK_AND_ASSIGN(const TargetPath path,
                       PrefixedPath(PathOf("a"), digests));
  EXPECT_EQ(path.str(), std::string(128, '0') + ".a");
  EXPECT_THAT(PrefixedPath(PathOf(std::string(150, 'x')), digests),
              FailsWith(Failure::kUnsafePath));
}

TEST(PrefixedPath, RefusesDigestsThatNothingHereComputes) {
  Digests digests;
  digests.unsupported = "md5";
  EXPECT_THAT(PrefixedPath(PathOf("a"), digests),
              FailsWith(Failure::kUnsupported, "md5"));
}

TEST(IsPackage, MeansBelowPackages) {
  EXPECT_TRUE(IsPackage(PathOf("packages/a/a.whl")));
  EXPECT_TRUE(IsPackage(PathOf("packages/a.whl")));
  EXPECT_FALSE(IsPackage(PathOf("packages")));
  EXPECT_FALSE(IsPackage(PathOf("packages2/a")));
  EXPECT_FALSE(IsPackage(PathOf("simple/packages/a")));
}

}  // namespace
}  // namespace tufmirror::tree
