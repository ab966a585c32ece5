// What a new generation retires, and what is removed in the end: never what
// somebody may still read.
#include "sync/edition.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "tree/tree_fixture.h"
#include "tufmirror/crypto/hash.h"

namespace tufmirror::sync {
namespace {

using testing::FailsWith;
using testing::IsOk;
using tree::PathOf;

ExpectedContent ContentOf(std::string_view bytes) {
  return {.length = bytes.size(), .digests = tree::DigestsOf(bytes)};
}
std::string Sha256Hex(std::string_view bytes) {
  return crypto::Sha256Of(bytes).Hex();
}

TEST(TargetOfRetiredTest, TakesTheDigestOffTheName) {
  const std::string sha256 = Sha256Hex("x");
  const std::string sha512 = crypto::Sha512Of("x").Hex();
  for (const std::string& digest : {sha256, sha512}) {
    const auto below =
        TargetOfRetired(PathOf("packages/a/" + digest + ".a-1.0.whl"));
    EXPECT_EQ(below.path, "packages/a/a-1.0.whl");
    EXPECT_EQ(below.digest_hex, digest);
    const auto top = TargetOfRetired(PathOf(digest + ".x"));
    EXPECT_EQ(top.path, "x");
    EXPECT_EQ(top.digest_hex, digest);
  }
}

TEST(TargetOfRetiredTest, OtherNamesArePlain) {
  const std::string digest = Sha256Hex("x");
  const std::vector<std::string> paths = {"packages/a/a-1.0.whl",
                                          "a",
                                          "a/" + digest.substr(1) + ".b",
                                          "a/0" + digest + ".b",
                                          "a/g" + digest.substr(1) + ".b",
                                          "a/" + digest,
                                          "a/" + digest + ".",
                                          digest + ".d/b",
                                          "a/.b"};
  for (const std::string& path : paths) {
    const auto target = TargetOfRetired(PathOf(path));
    EXPECT_EQ(target.path, path);
    EXPECT_EQ(target.digest_hex, "") << path;
  }
}

TEST(RoleOfRetiredTest, TellsRoleAndVersionApart) {
  const std::map<std::string, RetiredRole> roles = {
      {"metadata/7.bin-00ff.json", {"bin-00ff", 7}},
      {"metadata/1.team/\xC3\xBC.json", {"team/\xC3\xBC", 1}},
      {"metadata/12.1.2.json", {"1.2", 12}},
      {"metadata/3.a.json.json", {"a.json", 3}},
      {"deltas/7.bin-00ff.pack", {"bin-00ff", 7}},
      {"deltas/7.snapshot.versions", {"snapshot", 7}}};
  for (const auto& [path, expected] : roles) {
    const auto role = RoleOfRetired(PathOf(path));
    ASSERT_TRUE(role.has_value()) << path;
    EXPECT_EQ(role->role, expected.role);
    EXPECT_EQ(role->version, expected.version);
  }
}

TEST(RoleOfRetiredTest, OtherFilesAreNoVersionedRole) {
  for (const char* path :
       {"metadata/timestamp.json", "metadata/7.json", "metadata/7x.a.json",
        "metadata/7.a", "metadata/a.7.json", "packages/7.a.json", "7.a.json",
        "simple/metadata/7.a.json", "deltas/7.a.json", "metadata/7.a.pack",
        "metadata/99999999999999999999.a.json"}) {
    EXPECT_FALSE(RoleOfRetired(PathOf(path)).has_value()) << path;
  }
}

class EditionTest : public ::testing::Test {
 protected:
  using Targets = std::map<std::string, ExpectedContent, std::less<>>;

  std::unique_ptr<tree::Publisher> Begin() {
    auto publisher = tree::Publisher::Begin(home_);
    EXPECT_THAT(publisher, IsOk());
    return *std::move(publisher);
  }
  Edition EditionAt(absl::Time now, tree::Publisher& publisher) {
    return Edition(home_, config_, now, Naming::kPrefixed, publisher, retired_);
  }
  // AddRemovals, publication and FinishRemovals a year later, when everything
  // retired is due.
  void RemoveWhatIsDue(const tuf::Snapshot& snapshot, const Targets& after,
                       const Targets& before) {
    const auto publisher = Begin();
    Edition edition = EditionAt(now_ + absl::Hours(24 * 365), *publisher);
    ASSERT_THAT(AddRemovals(edition, snapshot, after, before), IsOk());
    ASSERT_THAT(publisher->Stage(), IsOk());
    ASSERT_THAT(publisher->Commit(tree::InfoOf(++generation_)), IsOk());
    ASSERT_THAT(edition.FinishRemovals(), IsOk());
  }
  static absl::Status AddRemovals(Edition& edition,
                                  const tuf::Snapshot& snapshot,
                                  const Targets& after, const Targets& before) {
    const auto look_up = [](const Targets& targets) {
      return [&targets](std::string_view path)
                 -> absl::StatusOr<std::optional<ExpectedContent>> {
        const auto found = targets.find(path);
        if (found == targets.end()) return std::nullopt;
        return found->second;
      };
    };
    return edition.AddRemovals(snapshot, look_up(after), look_up(before));
  }
  // A package that was dropped at now_: on disk, and retired with both names.
  void RetirePackage() {
    ASSERT_THAT(tree::Accept(home_, kPackage, "zope"), IsOk());
    const auto publisher = Begin();
    Edition edition = EditionAt(now_, *publisher);
    ASSERT_THAT(
        edition.ChangeTarget(PathOf(kPackage), ContentOf("zope"), std::nullopt),
        IsOk());
  }
  bool OnDisk(std::string_view path) const {
    return std::filesystem::exists(home_.layout().home() + "/" +
                                   std::string(path));
  }
  bool IsRetired(std::string_view path) const {
    return retired_.Contains(PathOf(path));
  }

  // Sorts after every digest-prefixed name.
  static constexpr char kPackage[] = "packages/zope/zope-1.tar.gz";
  const std::string prefixed_ =
      "packages/zope/" + Sha256Hex("zope") + ".zope-1.tar.gz";

  testing::TempDirectory directory_;
  tree::Home home_ = tree::MakeHome(directory_.Join("home"));
  PublishConfig config_;
  tree::RetiredFiles retired_;
  uint64_t generation_ = 1;  // the last one
  absl::Time now_ = absl::FromUnixSeconds(1'800'000'000);
};

TEST_F(EditionTest, SupersededMetadataStaysForTheGracePeriodOnly) {
  const auto publisher = Begin();
  Edition edition = EditionAt(now_, *publisher);
  ASSERT_THAT(edition.RetireRole("bin-0", 3), IsOk());
  EXPECT_TRUE(
      retired_.TakeDue(now_ + config_.grace - absl::Seconds(1)).empty());
  const auto due = retired_.TakeDue(now_ + config_.grace);
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].path.str(), "metadata/3.bin-0.json");
}

TEST_F(EditionTest, RemovedPackageKeepsBothNamesForLonger) {
  RetirePackage();
  EXPECT_TRUE(
      retired_.TakeDue(now_ + config_.keep_removed - absl::Seconds(1)).empty());
  EXPECT_EQ(retired_.TakeDue(now_ + config_.keep_removed).size(), 2u);
}

TEST_F(EditionTest, PackageThatComesBackIsNotRetiredAnyMore) {
  RetirePackage();
  ASSERT_TRUE(IsRetired(kPackage));
  ASSERT_TRUE(IsRetired(prefixed_));
  const auto publisher = Begin();
  Edition edition = EditionAt(now_, *publisher);
  ASSERT_THAT(
      edition.ChangeTarget(PathOf(kPackage), std::nullopt, ContentOf("zope")),
      IsOk());
  EXPECT_FALSE(IsRetired(kPackage));
  EXPECT_FALSE(IsRetired(prefixed_));
}

TEST_F(EditionTest, ChangedPageRetiresOnlyItsOldPrefixedName) {
  const auto publisher = Begin();
  Edition edition = EditionAt(now_, *publisher);
  const TargetPath page = PathOf("simple/zope/index.html");
  tree::StagingArea staging(home_);
  ASSERT_THAT(staging.PutBlob("new"), IsOk());
  ASSERT_THAT(edition.ChangeTarget(page, ContentOf("old"), ContentOf("new")),
              IsOk());
  EXPECT_TRUE(IsRetired("simple/zope/" + Sha256Hex("old") + ".index.html"));
  EXPECT_FALSE(IsRetired(page.str()));
  EXPECT_FALSE(IsRetired("simple/zope/" + Sha256Hex("new") + ".index.html"));
}

TEST_F(EditionTest, WhatNobodyUsesIsRemoved) {
  RetirePackage();
  RemoveWhatIsDue({}, {}, {});
  EXPECT_FALSE(OnDisk(kPackage));
  EXPECT_FALSE(OnDisk(prefixed_));
  EXPECT_FALSE(OnDisk("packages/zope"));
  EXPECT_TRUE(OnDisk("packages"));
  EXPECT_FALSE(IsRetired(kPackage));
  EXPECT_FALSE(IsRetired(prefixed_));
  EXPECT_EQ(testing::ReadWholeFile(home_.layout().retired()), "");
}

TEST_F(EditionTest, PackageOfTheNewGenerationIsNeverRemoved) {
  RetirePackage();
  RemoveWhatIsDue({}, {{kPackage, ContentOf("zope")}}, {});
  EXPECT_TRUE(OnDisk(kPackage));
  EXPECT_TRUE(OnDisk(prefixed_));
  EXPECT_FALSE(IsRetired(kPackage));
}

TEST_F(EditionTest, PackageOfTheReplacedGenerationWaitsForALaterRun) {
  RetirePackage();
  RemoveWhatIsDue({}, {}, {{kPackage, ContentOf("zope")}});
  EXPECT_TRUE(OnDisk(kPackage));
  EXPECT_TRUE(OnDisk(prefixed_));
  EXPECT_TRUE(IsRetired(kPackage));
  EXPECT_TRUE(IsRetired(prefixed_));
  RemoveWhatIsDue({}, {}, {});
  EXPECT_FALSE(OnDisk(kPackage));
  EXPECT_FALSE(OnDisk(prefixed_));
}

TEST_F(EditionTest, PrefixedNameOfOtherBytesIsNotInUse) {
  RetirePackage();
  RemoveWhatIsDue({}, {{kPackage, ContentOf("other")}}, {});
  EXPECT_TRUE(OnDisk(kPackage));
  EXPECT_FALSE(OnDisk(prefixed_));
}

TEST_F(EditionTest, MetadataOfTheSnapshotIsKeptAndOtherVersionsGo) {
  ASSERT_THAT(tree::Publish(home_, 1,
                            {{"metadata/1.bin.json", "one"},
                             {"metadata/2.bin.json", "two"},
                             {"metadata/4.snapshot.json", "four"},
                             {"metadata/5.snapshot.json", "five"}}),
              IsOk());
  for (const char* path :
       {"metadata/1.bin.json", "metadata/2.bin.json",
        "metadata/4.snapshot.json", "metadata/5.snapshot.json"}) {
    retired_.Add(PathOf(path), now_);
  }
  tuf::Snapshot snapshot;
  snapshot.version = 5;
  tuf::MetaFile bin;
  bin.version = 2;
  snapshot.meta = {{"bin", bin}};

  RemoveWhatIsDue(snapshot, {}, {});

  const tree::Files live = tree::LiveFiles(home_);
  EXPECT_FALSE(live.contains("metadata/1.bin.json"));
  EXPECT_TRUE(live.contains("metadata/2.bin.json"));
  EXPECT_FALSE(live.contains("metadata/4.snapshot.json"));
  EXPECT_TRUE(live.contains("metadata/5.snapshot.json"));
}

TEST_F(EditionTest, NothingLeavesTheListBeforeTheCommit) {
  RetirePackage();
  retired_.Add(PathOf("metadata/1.bin.json"), now_);
  const auto publisher = Begin();
  Edition edition = EditionAt(now_ + absl::Hours(24 * 365), *publisher);
  ASSERT_THAT(AddRemovals(edition, {}, {}, {}), IsOk());
  EXPECT_TRUE(OnDisk(kPackage));
  EXPECT_TRUE(IsRetired(kPackage));
  EXPECT_TRUE(IsRetired(prefixed_));
  EXPECT_TRUE(IsRetired("metadata/1.bin.json"));
}

// Nor does it fail the publication: the files wait for a better time.
TEST_F(EditionTest, FailedLookUpRemovesNothing) {
  RetirePackage();
  const auto publisher = Begin();
  Edition edition = EditionAt(now_ + absl::Hours(24 * 365), *publisher);
  const auto fails =
      [](std::string_view) -> absl::StatusOr<std::optional<ExpectedContent>> {
    return MakeFailure(Failure::kMalformed, "no role");
  };
  EXPECT_THAT(edition.AddRemovals({}, fails, fails), IsOk());
  EXPECT_THAT(edition.FinishRemovals(), IsOk());
  EXPECT_TRUE(OnDisk(kPackage));
  EXPECT_TRUE(IsRetired(kPackage));
}

// A plain name without its prefixed one would be taken for a damaged file.
TEST_F(EditionTest, PlainNamesAreRemovedBeforePrefixedOnes) {
  RetirePackage();
  const std::string obstacle = home_.layout().home() + "/" + prefixed_;
  ASSERT_TRUE(std::filesystem::remove(obstacle));
  ASSERT_TRUE(std::filesystem::create_directory(obstacle));
  const auto publisher = Begin();
  Edition edition = EditionAt(now_ + absl::Hours(24 * 365), *publisher);
  ASSERT_THAT(AddRemovals(edition, {}, {}, {}), IsOk());
  EXPECT_THAT(edition.FinishRemovals(), FailsWith(Failure::kFileSystem));
  EXPECT_FALSE(OnDisk(kPackage));
}

}  // namespace
}  // namespace tufmirror::sync
