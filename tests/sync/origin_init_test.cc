#include <gtest/gtest.h>

#include <filesystem>

#include "sync/origin_fixture.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/sync/init_origin.h"

namespace tufmirror::sync {
namespace {

using testing::FailsWith;
using testing::IsOk;

class OriginInitTest : public testing::OriginFixture {
 protected:
  static mode_t ModeOf(const std::string& path) {
    const auto info = fs::Stat(path);
    return info.ok() && *info ? (*info)->mode & 07777 : 0;
  }
};

TEST_F(OriginInitTest, AClientAcceptsTheEmptyIndex) {
  Init();
  ASSERT_OK_AND_ASSIGN(const std::string page, Download("simple/index.html"));
  EXPECT_NE(page.find("<html"), std::string::npos);
  EXPECT_TRUE(IsTarget("simple/index.v1_json"));
  EXPECT_EQ(Live().number, 1u);
}

TEST_F(OriginInitTest, KeysAndConfigurationArePrivate) {
  Init();
  EXPECT_EQ(ModeOf(init_.home + "/keys"), 0700u);
  EXPECT_EQ(ModeOf(init_.home + "/keys/root-1.pem"), 0600u);
  EXPECT_EQ(ModeOf(init_.home + "/keys/online.pem"), 0600u);
  EXPECT_EQ(ModeOf(init_.home + "/tufmirror.toml"), 0600u);
  EXPECT_EQ(ModeOf(init_.home + "/state"), 0700u);
}

TEST_F(OriginInitTest, RunsWithEncryptedKeysAndTheirPassphrase) {
  passphrase_ = "correct horse";
  Init();
  AddWheel("six", "1.0");
  RunCleanly();
}

TEST_F(OriginInitTest, WrongPassphraseIsRefusedBeforeAnythingIsDone) {
  passphrase_ = "right";
  Init();
  AddWheel("six", "1.0");
  passphrase_ = "wrong";
  EXPECT_THAT(Run().outcome, FailsWith(Failure::kKey, "passphrase"));
  EXPECT_FALSE(LiveHas("packages/six"));
}

TEST_F(OriginInitTest, OfflineKeysAreNotNeededToRun) {
  Init();
  for (const char* name : {"root-1.pem", "targets.pem", "bins.pem"}) {
    std::filesystem::remove(init_.home + "/keys/" + name);
  }
  AddWheel("six", "1.0");
  RunCleanly();
}

TEST_F(OriginInitTest, KeyOfAnotherOriginIsRefused) {
  Init();
  const std::string other = dir_.Join("other");
  init_.home = other;
  Init();  // home_ is the other one now
  config_.origin.online_key = dir_.Join("home") + "/keys/online.pem";
  AddWheel("six", "1.0");
  EXPECT_THAT(Run().outcome, FailsWith(Failure::kKey, "online key"));
  EXPECT_EQ(TimestampVersion(), 1);
}

TEST_F(OriginInitTest, RootThresholdAndHashPrefixesWorkToo) {
  init_.root_keys = 3;
  init_.root_threshold = 2;
  init_.profile = repo::BinProfile::kHashPrefixes;
  Init();
  AddWheel("six", "1.0");
  RunCleanly();
  EXPECT_TRUE(IsTarget("packages/six/six-1.0-py3-none-any.whl"));
}

TEST_F(OriginInitTest, KeysMayLieOutsideTheHome) {
  init_.key_dir = dir_.Join("vault");
  Init();
  EXPECT_FALSE(std::filesystem::exists(init_.home + "/keys"));
  EXPECT_EQ(config_.origin.online_key, OnlineKeyPaths(init_.key_dir).front());
  AddWheel("six", "1.0");
  RunCleanly();
}

TEST_F(OriginInitTest, RefusesAHomeThatExists) {
  Init();
  const std::string key =
      testing::ReadWholeFile(init_.home + "/keys/online.pem");
  EXPECT_THAT(TryInit(), FailsWith(Failure::kUsage, "already"));
  EXPECT_EQ(testing::ReadWholeFile(init_.home + "/keys/online.pem"), key);
}

TEST_F(OriginInitTest, RefusesASourceThatIsNoDirectory) {
  init_.from = dir_.Join("missing");
  EXPECT_THAT(TryInit(), FailsWith(Failure::kUsage, "missing"));
  EXPECT_FALSE(std::filesystem::exists(init_.home));
}

TEST_F(OriginInitTest, RefusesAThresholdThatCannotBeMetBeforeMakingAnything) {
  init_.root_threshold = 2;
  EXPECT_THAT(TryInit(), FailsWith(Failure::kUsage, "threshold"));
  EXPECT_FALSE(std::filesystem::exists(init_.home));
}

TEST_F(OriginInitTest, AFailedInitLeavesNoKeysAndCanBeRepeated) {
  init_.key_dir = dir_.Join("vault");
  dir_.Write("vault/online.pem", "another key");
  std::filesystem::permissions(init_.key_dir,
                               std::filesystem::perms::owner_all);
  EXPECT_THAT(TryInit(), FailsWith(Failure::kKey, "never overwritten"));
  EXPECT_FALSE(std::filesystem::exists(init_.key_dir + "/root-1.pem"));
  std::filesystem::remove(init_.key_dir + "/online.pem");
  EXPECT_THAT(TryInit(), IsOk());
}

TEST_F(OriginInitTest, AnInitCutShortAfterPublishingSaysWhatToRemove) {
  init_.key_dir = dir_.Join("vault");
  Init();
  std::filesystem::remove(init_.home + "/tufmirror.toml");
  EXPECT_THAT(TryInit(), FailsWith(Failure::kUsage, "cut short"));
}

}  // namespace
}  // namespace tufmirror::sync
