#include "tufmirror/repo/keys.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "tufmirror/crypto/public_key.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::repo {
namespace {

using testing::FailsWith;
using testing::IsOk;
using testing::TempDirectory;

mode_t ModeOf(const std::string& path) {
  const auto info = fs::Stat(path);
  return info.ok() && *info ? (*info)->mode & 07777 : 0;
}

TEST(KeysTest, FilesAndDirectoryAreForTheOwnerOnly) {
  const TempDirectory dir;
  ASSERT_OK_AND_ASSIGN(const OriginKeys keys, OriginKeys::Generate(2));
  ASSERT_OK_AND_ASSIGN(
      const KeyFiles files,
      WriteKeyFiles(keys, dir.Join("keys"), crypto::Secret::Copy("")));
  EXPECT_EQ(ModeOf(dir.Join("keys")), 0700u);
  EXPECT_EQ(files.Offline().size(), 4u);
  for (const std::string& path : files.Offline()) {
    EXPECT_EQ(ModeOf(path), 0600u) << path;
  }
  EXPECT_EQ(ModeOf(files.online.front()), 0600u);
}

TEST(KeysTest, ReadsBackTheKeyThatItWrote) {
  const TempDirectory dir;
  const crypto::Secret passphrase = crypto::Secret::Copy("correct horse");
  ASSERT_OK_AND_ASSIGN(const OriginKeys keys, OriginKeys::Generate(1));
  ASSERT_OK_AND_ASSIGN(const KeyFiles files,
                       WriteKeyFiles(keys, dir.Join("keys"), passphrase));
  ASSERT_OK_AND_ASSIGN(const Signer online,
                       Signer::FromFile(files.online.front(), passphrase));
  EXPECT_EQ(online.keyid(), keys.online.front().keyid());
  EXPECT_EQ(online.key(), keys.online.front().key());
}

TEST(KeysTest, SignatureVerifiesUnderTheDeclaredKey) {
  ASSERT_OK_AND_ASSIGN(const Signer signer, Signer::Generate());
  ASSERT_OK_AND_ASSIGN(const tuf::Signature signature, signer.Sign("message"));
  EXPECT_EQ(signature.keyid, signer.keyid());
  const tuf::Key& key = signer.key();
  ASSERT_OK_AND_ASSIGN(
      const auto public_key,
      crypto::PublicKey::Create(key.keytype, key.scheme, key.value));
  EXPECT_TRUE(public_key.Verify("message", signature.value));
  EXPECT_FALSE(public_key.Verify("another", signature.value));
}

TEST(KeysTest, RefusesAWrongPassphrase) {
  const TempDirectory dir;
  ASSERT_OK_AND_ASSIGN(const OriginKeys keys, OriginKeys::Generate(1));
  ASSERT_OK_AND_ASSIGN(
      const KeyFiles files,
      WriteKeyFiles(keys, dir.Join("keys"), crypto::Secret::Copy("right")));
  EXPECT_THAT(
      Signer::FromFile(files.online.front(), crypto::Secret::Copy("wrong")),
      FailsWith(Failure::kKey, "passphrase"));
}

TEST(KeysTest, NeverOverwritesAKey) {
  const TempDirectory dir;
  const crypto::Secret none = crypto::Secret::Copy("");
  ASSERT_OK_AND_ASSIGN(const OriginKeys first, OriginKeys::Generate(1));
  ASSERT_OK_AND_ASSIGN(const KeyFiles files,
                       WriteKeyFiles(first, dir.Join("keys"), none));
  const std::string before = testing::ReadWholeFile(files.bins);

  ASSERT_OK_AND_ASSIGN(const OriginKeys second, OriginKeys::Generate(1));
  EXPECT_THAT(WriteKeyFiles(second, dir.Join("keys"), none),
              FailsWith(Failure::kKey, "never overwritten"));
  EXPECT_EQ(testing::ReadWholeFile(files.bins), before);
}

TEST(KeysTest, RefusesADirectoryThatOthersCanEnter) {
  const TempDirectory dir;
  ASSERT_THAT(fs::MakeDirectories(dir.Join("open"), 0755), IsOk());
  ASSERT_EQ(chmod(dir.Join("open").c_str(), 0755), 0);
  ASSERT_OK_AND_ASSIGN(const OriginKeys keys, OriginKeys::Generate(1));
  EXPECT_THAT(WriteKeyFiles(keys, dir.Join("open"), crypto::Secret::Copy("")),
              FailsWith(Failure::kKey, "chmod 700"));
}

TEST(KeysTest, RefusesNoOrTooManyRootKeys) {
  EXPECT_THAT(OriginKeys::Generate(0), FailsWith(Failure::kUsage, "got 0"));
  EXPECT_THAT(OriginKeys::Generate(17), FailsWith(Failure::kUsage, "got 17"));
}

}  // namespace
}  // namespace tufmirror::repo
