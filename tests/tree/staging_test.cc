// Staging: blobs, partial downloads, and packages that get their two names.
#include "tufmirror/tree/staging.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "absl/time/clock.h"
#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "tree/tree_fixture.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/fs/walk.h"

namespace tufmirror::tree {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::ReadWholeFile;
using testing::TempDirectory;

constexpr char kWheel[] = "packages/flit/flit-3.9.0-py3-none-any.whl";

std::string PrefixedName(const std::string& path, std::string_view bytes) {
  const auto prefixed = PrefixedPath(PathOf(path), DigestsOf(bytes));
  return prefixed.ok() ? prefixed->str() : "";
}

class StagingTest : public ::testing::Test {
 protected:
  std::string InHome(std::string_view path) const {
    return home_.layout().home() + "/" + std::string(path);
  }
  fs::FileInfo InfoOfFile(const std::string& path) const {
    const auto info = fs::Stat(path);
    EXPECT_TRUE(info.ok() && info->has_value()) << path;
    return info.ok() ? info->value_or(fs::FileInfo()) : fs::FileInfo();
  }

  const TempDirectory directory_;
  const Home home_ = MakeHome(directory_.Join("home"));
  const StagingArea staging_{home_};
};

TEST_F(StagingTest, PartialsAndBlobsAreNamedByDigest) {
  const ExpectedContent content{5, DigestsOf("bytes")};
  EXPECT_EQ(staging_.PartialPath(content),
            InHome("staging/partial/" + content.digests.sha256->Hex()));
  EXPECT_EQ(staging_.BlobPath(content),
            InHome("staging/blobs/" + content.digests.sha256->Hex()));
  ExpectedContent other;
  other.digests.sha512 = Sha512();
  EXPECT_EQ(staging_.PartialPath(other),
            InHome("staging/partial/" + std::string(128, '0')));
}

TEST_F(StagingTest, PutBlobWritesOnceUnderItsDigest) {
  ASSERT_OK_AND_ASSIGN(const std::string path, staging_.PutBlob("bytes"));
  EXPECT_EQ(path, staging_.BlobPath({5, DigestsOf("bytes")}));
  const uint64_t inode = InfoOfFile(path).inode;
  EXPECT_EQ(InfoOfFile(path).mode & 07777, 0644u);
  ASSERT_OK_AND_ASSIGN(const std::string again, staging_.PutBlob("bytes"));
  EXPECT_EQ(again, path);
  EXPECT_EQ(InfoOfFile(path).inode, inode);
}

TEST_F(StagingTest, PutBlobReplacesABlobThatLostItsBytes) {
  const std::string path = staging_.BlobPath({5, DigestsOf("bytes")});
  for (const std::string_view damaged :
       {std::string_view(), std::string_view("\0\0\0\0\0", 5)}) {
    ASSERT_THAT(
        fs::WriteFileAtomically(path, damaged, 0644, fs::Durability::kNone),
        IsOk());
    ASSERT_THAT(staging_.PutBlob("bytes"), IsOk());
    EXPECT_EQ(ReadWholeFile(path), "bytes");
  }
}

TEST_F(StagingTest, AcceptPackageGivesOneFileBothNames) {
  ASSERT_THAT(Accept(home_, kWheel, "wheel"), IsOk());
  EXPECT_EQ(ReadWholeFile(InHome(kWheel)), "wheel");
  const fs::FileInfo plain = InfoOfFile(InHome(kWheel));
  const fs::FileInfo prefixed =
      InfoOfFile(InHome(PrefixedName(kWheel, "wheel")));
  EXPECT_EQ(plain.inode, prefixed.inode);
  EXPECT_EQ(plain.links, 2u);
  EXPECT_EQ(plain.mode & 07777, 0644u);
  EXPECT_EQ(InfoOfFile(InHome("packages/flit")).mode & 07777, 0755u);
  ASSERT_OK_AND_ASSIGN(const auto left,
                       fs::ListDirectory(home_.layout().partials()));
  EXPECT_THAT(left, IsEmpty());
}

TEST_F(StagingTest, PublishedFileNeverChangesItsBytes) {
  ASSERT_THAT(Accept(home_, kWheel, "first"), IsOk());
  EXPECT_THAT(Accept(home_, kWheel, "other"),
              FailsWith(Failure::kReplacedFile, kWheel));
  EXPECT_EQ(ReadWholeFile(InHome(kWheel)), "first");
  // Nor do the refused bytes get a name of their own.
  ASSERT_OK_AND_ASSIGN(const auto names,
                       fs::ListDirectory(InHome("packages/flit")));
  EXPECT_EQ(names.size(), 2u);
}

TEST_F(StagingTest, AcceptPackageIsIdempotent) {
  ASSERT_THAT(Accept(home_, kWheel, "wheel"), IsOk());
  const uint64_t inode = InfoOfFile(InHome(kWheel)).inode;
  ASSERT_THAT(Accept(home_, kWheel, "wheel"), IsOk());
  EXPECT_EQ(InfoOfFile(InHome(kWheel)).inode, inode);
  ASSERT_OK_AND_ASSIGN(const auto left,
                       fs::ListDirectory(home_.layout().partials()));
  EXPECT_THAT(left, IsEmpty());
}

TEST_F(StagingTest, AcceptPackageCompletesWhatACrashLeft) {
  const std::string prefixed = PrefixedName(kWheel, "wheel");
  // Killed between the two names.
  ASSERT_THAT(Accept(home_, kWheel, "wheel"), IsOk());
  ASSERT_THAT(fs::Remove(InHome(kWheel)), IsOk());
  ASSERT_THAT(Accept(home_, kWheel, "wheel"), IsOk());
  EXPECT_EQ(ReadWholeFile(InHome(kWheel)), "wheel");
  // A plain name alone.
  ASSERT_THAT(fs::Remove(InHome(prefixed)), IsOk());
  ASSERT_THAT(Accept(home_, kWheel, "wheel"), IsOk());
  EXPECT_EQ(ReadWholeFile(InHome(prefixed)), "wheel");
  EXPECT_EQ(InfoOfFile(InHome(prefixed)).inode,
            InfoOfFile(InHome(kWheel)).inode);
}

TEST_F(StagingTest, AcceptPackageHealsAFileThatTheDiskDamaged) {
  ASSERT_THAT(Accept(home_, kWheel, "wheel"), IsOk());
  // Both names are one file: its bytes are lost at once.
  ASSERT_EQ(truncate(InHome(kWheel).c_str(), 0), 0);
  ASSERT_THAT(Accept(home_, kWheel, "wheel"), IsOk());
  EXPECT_EQ(ReadWholeFile(InHome(kWheel)), "wheel");
  EXPECT_EQ(ReadWholeFile(InHome(PrefixedName(kWheel, "wheel"))), "wheel");
}

TEST_F(StagingTest, AcceptPackageTakesOnlyPackagesThatCanBeChecked) {
  const std::string from = directory_.Write("home/staging/partial/x", "x");
  EXPECT_THAT(staging_.AcceptPackage(from, PathOf("simple/a"), DigestsOf("x")),
              FailsWith(Failure::kInternal, "below packages/"));
  Digests digests = DigestsOf("x");
  digests.unsupported = "md5";
  EXPECT_THAT(staging_.AcceptPackage(from, PathOf(kWheel), digests),
              FailsWith(Failure::kUnsupported, "md5"));
  EXPECT_THAT(staging_.AcceptPackage(from, PathOf(kWheel), Digests()),
              FailsWith(Failure::kUnsupported));
  EXPECT_THAT(
      staging_.AcceptPackage(from + ".none", PathOf(kWheel), DigestsOf("x")),
      FailsWith(Failure::kNotFound, "x.none"));
}

TEST_F(StagingTest, AcceptPackageRefusesASymlink) {
  const std::string outside = directory_.Write("outside", "x");
  const std::string from = InHome("staging/partial/link");
  ASSERT_EQ(symlink(outside.c_str(), from.c_str()), 0);
  EXPECT_THAT(staging_.AcceptPackage(from, PathOf(kWheel), DigestsOf("x")),
              FailsWith(Failure::kInternal, "regular file"));
}

TEST_F(StagingTest, AcceptPackageIsSafeFromSeveralThreads) {
  constexpr int kThreads = 8;
  constexpr int kFiles = 100;
  std::vector<std::thread> threads;
  std::vector<int> failures(kThreads, 0);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kFiles; ++i) {
        const std::string name = std::to_string(t) + "-" + std::to_string(i);
        const std::string path =
            "packages/p" + std::to_string(i) + "/" + name + ".whl";
        failures[t] += !Accept(home_, path, name).ok();
        // The same bytes from every thread.
        failures[t] += !staging_.PutBlob(std::to_string(i)).ok();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(failures, ::testing::Each(0));
  EXPECT_EQ(FilesBelow(home_.layout().packages()).size(),
            size_t{2 * kThreads * kFiles});
  EXPECT_EQ(FilesBelow(home_.layout().blobs()).size(), size_t{kFiles});
}

TEST_F(StagingTest, ClearKeepsPartialDownloadsOfAWeek) {
  directory_.Write("home/staging/partial/young", "x");
  const std::string old = directory_.Write("home/staging/partial/old", "x");
  directory_.Write("home/staging/metadata/1.root.json", "x");
  directory_.Write("home/staging/edits", "x");
  ASSERT_THAT(staging_.PutBlob("bytes"), IsOk());
  const time_t eight_days_ago =
      absl::ToTimeT(absl::Now() - absl::Hours(8 * 24));
  const timespec times[2] = {{eight_days_ago, 0}, {eight_days_ago, 0}};
  ASSERT_EQ(utimensat(AT_FDCWD, old.c_str(), times, 0), 0);
  ASSERT_THAT(staging_.Clear(), IsOk());
  EXPECT_THAT(FilesBelow(home_.layout().staging()),
              ElementsAre(::testing::Key("partial/young")));
  EXPECT_EQ(InfoOfFile(home_.layout().blobs()).mode & 07777, 0700u);
  EXPECT_THAT(staging_.PutBlob("bytes"), IsOk());
}

}  // namespace
}  // namespace tufmirror::tree
