// Origins whose bins, snapshot and timestamp are signed by several keys, in
// files or behind commands.
#include "sync/online_signers.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/status_matchers.h"
#include "sync/origin_fixture.h"
#include "tufmirror/crypto/public_key.h"
#include "tufmirror/sync/init_origin.h"

namespace tufmirror::sync {
namespace {

using testing::FailsWith;
using testing::IsOk;

class OnlineSignersTest : public testing::OriginFixture {
 protected:
  void InitWith(int keys, int threshold) {
    init_.online_keys = keys;
    init_.online_threshold = threshold;
    Init();
    paths_ = OnlineKeyPaths(dir_.Join("home") + "/keys", keys);
    config_.origin.online_key.clear();
    AddWheel("six", "1.0");
  }

  static OnlineSigner File(const std::string& path) {
    OnlineSigner signer;
    signer.key = path;
    return signer;
  }

  // openssl, with `path`, for the key of `public_of`.
  OnlineSigner Command(const std::string& path, const std::string& public_of) {
    OnlineSigner signer;
    signer.command.words = {"openssl", "pkeyutl", "-sign", "-rawin",
                            "-inkey",  path,      "-in",   "/dev/stdin"};
    const auto key = crypto::PrivateKey::FromFile(
        public_of, crypto::Secret::Copy(passphrase_));
    EXPECT_THAT(key, IsOk());
    const auto half = crypto::PublicKey::Create(key->keytype(), key->scheme(),
                                                key->public_value());
    EXPECT_THAT(half, IsOk());
    signer.public_key = dir_.Write("public.pem", half->ToPem());
    return signer;
  }

  // A run that fails with kKey and `words`, and publishes nothing.
  void ExpectRefused(const std::string& words) {
    const std::string before = LiveFile("metadata/timestamp.json");
    EXPECT_THAT(Run().outcome, FailsWith(Failure::kKey, words));
    EXPECT_EQ(LiveFile("metadata/timestamp.json"), before);
  }

  std::vector<std::string> paths_;
};

TEST_F(OnlineSignersTest, AFileAndACommandTogetherMeetTheThreshold) {
  InitWith(3, 2);
  config_.origin.online_signers = {File(paths_[2]),
                                   Command(paths_[0], paths_[0])};
  RunCleanly();
  EXPECT_TRUE(IsTarget("simple/six/index.html"));
}

TEST_F(OnlineSignersTest, FewerThanTheThresholdPublishNothing) {
  InitWith(2, 2);
  config_.origin.online_signers = {File(paths_[1])};
  ExpectRefused("expected 2 of the 2 keys");
  config_.origin.online_signers.push_back(File(paths_[1]));
  ExpectRefused("expected 2 of the 2 keys");
}

TEST_F(OnlineSignersTest, ACommandWithAnotherKeyPublishesNothing) {
  InitWith(2, 1);
  config_.origin.online_signers = {Command(paths_[1], paths_[0])};
  ExpectRefused("signature by this key, got 64 bytes that are none");
}

TEST_F(OnlineSignersTest, SwappedFilesAreRefused) {
  InitWith(2, 1);
  config_.origin.online_signers = {File(dir_.Join("home/keys/targets.pem"))};
  ExpectRefused("expected 1 of the 2 keys");
  OnlineSigner signer = Command(paths_[0], paths_[0]);
  signer.public_key = paths_[0];  // the private half
  config_.origin.online_signers = {signer};
  EXPECT_THAT(Run().outcome, FailsWith(Failure::kMalformed, "PUBLIC KEY"));
}

TEST_F(OnlineSignersTest, ThePassphraseFileOfAKeyGoesBeforeTheCommonOne) {
  OriginConfig config;
  config.passphrase_file = "/k/common";
  config.online_signers = {File("/k/1"), File("/k/2")};
  config.online_signers[1].passphrase_file = "/k/second";
  const auto signers = OnlineSignersOf(config);
  EXPECT_EQ(signers[0].passphrase_file, "/k/common");
  EXPECT_EQ(signers[1].passphrase_file, "/k/second");
}

}  // namespace
}  // namespace tufmirror::sync
