#include "tufmirror/repo/signer.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "support/status_matchers.h"
#include "support/temp_directory.h"

namespace tufmirror::repo {
namespace {

using crypto::KeyAlgorithm;
using crypto::PrivateKey;
using crypto::Secret;
using testing::FailsWith;
using testing::TempDirectory;

// A key file, and what OpenSSL's command needs to sign with it.
class ExternalSignerTest : public ::testing::Test {
 protected:
  tuf::Key Make(KeyAlgorithm algorithm) {
    auto key = PrivateKey::Generate(algorithm);
    EXPECT_TRUE(key.ok());
    path_ = dir_.Join(std::to_string(++made_) + ".pem");
    EXPECT_TRUE(key->WriteFile(path_, Secret::Copy("")).ok());
    return {key->keytype(), key->scheme(), key->public_value()};
  }

  std::vector<std::string> OpenSsl(std::vector<std::string> words) const {
    words.insert(words.begin(), "openssl");
    for (std::string& word : words) {
      if (word == "KEY") word = path_;
    }
    return words;
  }
  std::vector<std::string> Ed25519Words() const {
    return OpenSsl(
        {"pkeyutl", "-sign", "-rawin", "-inkey", "KEY", "-in", "/dev/stdin"});
  }

  static absl::StatusOr<Signer> Asking(std::vector<std::string> words,
                                       tuf::Key key) {
    SignerCommand command;
    command.words = std::move(words);
    return Signer::External(std::move(command), std::move(key));
  }
  static absl::StatusOr<Signer> AskingScript(const std::string& script,
                                             tuf::Key key) {
    return Asking({"/bin/sh", "-c", script}, std::move(key));
  }

  TempDirectory dir_;
  int made_ = 0;
  std::string path_;  // of the key made last
};

TEST_F(ExternalSignerTest, PlainOpensslSignsWithEveryAlgorithm) {
  const std::pair<KeyAlgorithm, std::vector<std::string>> commands[] = {
      {KeyAlgorithm::kEd25519,
       {"pkeyutl", "-sign", "-rawin", "-inkey", "KEY", "-in", "/dev/stdin"}},
      {KeyAlgorithm::kEcdsaP256, {"dgst", "-sha256", "-sign", "KEY"}},
      {KeyAlgorithm::kEcdsaP384, {"dgst", "-sha384", "-sign", "KEY"}},
      {KeyAlgorithm::kRsaPss,
       {"dgst", "-sha256", "-sigopt", "rsa_padding_mode:pss", "-sigopt",
        "rsa_pss_saltlen:32", "-sign", "KEY"}}};
  for (const auto& [algorithm, words] : commands) {
    const tuf::Key key = Make(algorithm);
    ASSERT_OK_AND_ASSIGN(const Signer signer, Asking(OpenSsl(words), key));
    EXPECT_EQ(signer.private_key(), nullptr);
    EXPECT_EQ(signer.keyid(), key.ComputeKeyId());
    ASSERT_OK_AND_ASSIGN(const tuf::Signature signature,
                         signer.Sign(std::string(70'000, 'x')));
    EXPECT_EQ(signature.keyid, signer.keyid());
    ASSERT_OK_AND_ASSIGN(
        const auto verifier,
        crypto::PublicKey::Create(key.keytype, key.scheme, key.value));
    EXPECT_TRUE(verifier.Verify(std::string(70'000, 'x'), signature.value));
  }
}

TEST_F(ExternalSignerTest, RefusesASignatureByAnotherKey) {
  const tuf::Key other = Make(KeyAlgorithm::kEd25519);
  Make(KeyAlgorithm::kEd25519);
  ASSERT_OK_AND_ASSIGN(const Signer signer, Asking(Ed25519Words(), other));
  EXPECT_THAT(signer.Sign("message"),
              FailsWith(Failure::kKey,
                        "expected a ed25519 signature by this "
                        "key, got 64 bytes that are none"));
}

TEST_F(ExternalSignerTest, RefusesOtherThanTheRawSignature) {
  const tuf::Key key = Make(KeyAlgorithm::kEd25519);
  const std::string sign =
      "openssl pkeyutl -sign -rawin -inkey " + path_ + " -in /dev/stdin";
  for (const std::string& script :
       {sign + " | base64", sign + "; echo", std::string("true")}) {
    ASSERT_OK_AND_ASSIGN(const Signer signer, AskingScript(script, key));
    EXPECT_THAT(signer.Sign("message"), FailsWith(Failure::kKey, "are none"))
        << script;
  }
}

TEST_F(ExternalSignerTest, TellsWhyTheCommandFailed) {
  const tuf::Key key = Make(KeyAlgorithm::kEd25519);
  ASSERT_OK_AND_ASSIGN(const Signer failing,
                       AskingScript("echo no token >&2; exit 7", key));
  EXPECT_THAT(failing.Sign("message"),
              FailsWith(Failure::kKey, "got code 7; it said: no token"));
  ASSERT_OK_AND_ASSIGN(const Signer absent, Asking({"no-such-signer"}, key));
  EXPECT_THAT(absent.Sign("message"),
              FailsWith(Failure::kKey, "no-such-signer"));
  SignerCommand slow;
  slow.words = {"sleep", "1000"};
  slow.timeout = absl::Milliseconds(50);
  ASSERT_OK_AND_ASSIGN(const Signer sleeping, Signer::External(slow, key));
  EXPECT_THAT(sleeping.Sign("message"),
              FailsWith(Failure::kKey, "an answer within 50ms"));
  ASSERT_OK_AND_ASSIGN(const Signer endless, Asking({"yes"}, key));
  EXPECT_THAT(endless.Sign("message"),
              FailsWith(Failure::kKey, "at most 8192 bytes"));
}

TEST_F(ExternalSignerTest, GetsNoPassphraseAndOnlyTheVariablesThatAreNamed) {
  const tuf::Key key = Make(KeyAlgorithm::kEd25519);
  ASSERT_EQ(setenv("TUFMIRROR_KEY_PASSPHRASE", "own", 1), 0);
  ASSERT_EQ(setenv("TUFMIRROR_TEST_PIN", "1234", 1), 0);
  ASSERT_EQ(setenv("TUFMIRROR_TEST_OTHER", "x", 1), 0);
  SignerCommand command;
  command.words = {"/bin/sh", "-c", "env > " + dir_.Join("env")};
  command.environment = {"TUFMIRROR_TEST_PIN", "TUFMIRROR_KEY_PASSPHRASE",
                         "TUFMIRROR_TEST_ABSENT"};
  ASSERT_OK_AND_ASSIGN(const Signer signer, Signer::External(command, key));
  EXPECT_THAT(signer.Sign("message"), FailsWith(Failure::kKey));
  for (const char* name : {"TUFMIRROR_KEY_PASSPHRASE", "TUFMIRROR_TEST_PIN",
                           "TUFMIRROR_TEST_OTHER"}) {
    unsetenv(name);
  }
  const std::string got = testing::ReadWholeFile(dir_.Join("env"));
  EXPECT_NE(got.find("TUFMIRROR_TEST_PIN=1234\n"), std::string::npos);
  EXPECT_NE(got.find("PATH="), std::string::npos);
  EXPECT_EQ(got.find("TUFMIRROR_KEY_PASSPHRASE"), std::string::npos);
  EXPECT_EQ(got.find("TUFMIRROR_TEST_OTHER"), std::string::npos);
}

TEST_F(ExternalSignerTest, RefusesNoCommandNoTimeAndNoKey) {
  const tuf::Key key = Make(KeyAlgorithm::kEd25519);
  EXPECT_THAT(Asking({}, key), FailsWith(Failure::kUsage, "a command"));
  SignerCommand command;
  command.words = {"true"};
  command.timeout = absl::ZeroDuration();
  EXPECT_THAT(Signer::External(command, key),
              FailsWith(Failure::kUsage, "expected time"));
  EXPECT_THAT(Asking({"true"}, {"ed25519", "ed25519", "beef"}),
              FailsWith(Failure::kMalformed));
}

TEST_F(ExternalSignerTest, KnowsItsKeyHoweverItIsWrittenDown) {
  tuf::Key key = Make(KeyAlgorithm::kEcdsaP256);
  ASSERT_OK_AND_ASSIGN(const Signer signer, Asking({"true"}, key));
  EXPECT_TRUE(signer.HasKey(key));
  tuf::Key stripped = key;
  stripped.keytype = "ecdsa-sha2-nistp256";
  stripped.value.pop_back();  // the last line feed: another keyid
  EXPECT_NE(stripped.ComputeKeyId(), key.ComputeKeyId());
  EXPECT_TRUE(signer.HasKey(stripped));
  EXPECT_FALSE(signer.HasKey(Make(KeyAlgorithm::kEcdsaP256)));
  EXPECT_FALSE(signer.HasKey({"ecdsa", "unknown", key.value}));
}

}  // namespace
}  // namespace tufmirror::repo
