#include "tufmirror/crypto/private_key.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "crypto/openssl_command.h"
#include "support/status_matchers.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/public_key.h"

namespace tufmirror::crypto {
namespace {

using ::tufmirror::testing::FailsWith;
using ::tufmirror::testing::IsOk;

constexpr KeyAlgorithm kAll[] = {
    KeyAlgorithm::kEd25519, KeyAlgorithm::kEcdsaP256, KeyAlgorithm::kEcdsaP384,
    KeyAlgorithm::kRsaPss};

Secret None() { return Secret::Copy(""); }

std::string_view Text(const Secret& secret) { return secret.view(); }

absl::StatusOr<PublicKey> PublicHalf(const PrivateKey& key) {
  return PublicKey::Create(key.keytype(), key.scheme(), key.public_value());
}

TEST(Secret, KeepsACopyAndMoves) {
  std::string source = "passphrase";
  Secret first = Secret::Copy(source);
  source = "xxxxxxxxxx";
  Secret second = std::move(first);
  EXPECT_EQ(Text(second), "passphrase");
  EXPECT_FALSE(second.empty());
  second = None();
  EXPECT_TRUE(second.empty());
}

TEST(PrivateKey, SignsWhatItsPublicHalfVerifies) {
  for (const KeyAlgorithm algorithm : kAll) {
    ASSERT_OK_AND_ASSIGN(const PrivateKey key, PrivateKey::Generate(algorithm));
    ASSERT_OK_AND_ASSIGN(const PublicKey verifier, PublicHalf(key));
    for (const std::string message : {"", "hello"}) {
      ASSERT_OK_AND_ASSIGN(const std::string signature, key.Sign(message));
      EXPECT_TRUE(verifier.Verify(message, signature)) << key.scheme();
      EXPECT_FALSE(verifier.Verify(message + "x", signature)) << key.scheme();
    }
  }
}

TEST(PrivateKey, ComesBackFromPemWithAndWithoutPassphrase) {
  for (const KeyAlgorithm algorithm : kAll) {
    ASSERT_OK_AND_ASSIGN(const PrivateKey key, PrivateKey::Generate(algorithm));
    for (const std::string_view phrase : {"", "correct horse"}) {
      ASSERT_OK_AND_ASSIGN(const Secret pem, key.ToPem(Secret::Copy(phrase)));
      EXPECT_EQ(PrivateKey::IsEncryptedPem(Text(pem)), !phrase.empty());
      ASSERT_OK_AND_ASSIGN(
          const PrivateKey again,
          PrivateKey::FromPem(Text(pem), Secret::Copy(phrase), "k"));
      EXPECT_EQ(again.public_value(), key.public_value());
      EXPECT_EQ(again.scheme(), key.scheme());
    }
  }
}

TEST(PrivateKey, RefusesAWrongOrMissingPassphraseWithoutPrintingIt) {
  ASSERT_OK_AND_ASSIGN(const PrivateKey key,
                       PrivateKey::Generate(KeyAlgorithm::kEd25519));
  ASSERT_OK_AND_ASSIGN(const Secret pem,
                       key.ToPem(Secret::Copy("correct horse")));
  const auto wrong =
      PrivateKey::FromPem(Text(pem), Secret::Copy("battery staple"), "k.pem");
  EXPECT_THAT(wrong, FailsWith(Failure::kKey,
                               "k.pem: expected the key's "
                               "passphrase, got a wrong one"));
  EXPECT_EQ(wrong.status().ToString().find("battery"), std::string::npos);
  EXPECT_THAT(PrivateKey::FromPem(Text(pem), None(), "k.pem"),
              FailsWith(Failure::kKey, "expected a passphrase"));
}

TEST(PrivateKey, RefusesDamagedPem) {
  ASSERT_OK_AND_ASSIGN(const PrivateKey key,
                       PrivateKey::Generate(KeyAlgorithm::kEd25519));
  ASSERT_OK_AND_ASSIGN(const Secret plain, key.ToPem(None()));
  const std::string pem(Text(plain));
  const std::string bad[] = {"",
                             "hello",
                             pem.substr(1),
                             pem + pem,
                             pem.substr(0, pem.size() / 2),
                             "# mine\n" + pem};
  for (const std::string& text : bad) {
    EXPECT_THAT(PrivateKey::FromPem(text, None(), "k"),
                FailsWith(Failure::kKey, "PKCS#8"))
        << text;
  }
  EXPECT_THAT(
      PrivateKey::FromPem("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n"
                          "-----END ENCRYPTED PRIVATE KEY-----\n",
                          Secret::Copy("x"), "k"),
      FailsWith(Failure::kKey, "a damaged one"));
}

class KeyFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto key = PrivateKey::Generate(KeyAlgorithm::kEd25519);
    ASSERT_THAT(key, IsOk());
    key_ = std::make_unique<PrivateKey>(*std::move(key));
    path_ = directory_.Join("key.pem");
  }

  testing::TempDirectory directory_;
  std::unique_ptr<PrivateKey> key_;
  std::string path_;
};

TEST_F(KeyFileTest, WritesOwnerOnlyFilesWhateverTheUmask) {
  const mode_t before = umask(0);
  const absl::Status written = key_->WriteFile(path_, None());
  umask(before);
  ASSERT_THAT(written, IsOk());
  struct stat info {};
  ASSERT_EQ(lstat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode, static_cast<mode_t>(S_IFREG | 0600));
  ASSERT_OK_AND_ASSIGN(const PrivateKey again,
                       PrivateKey::FromFile(path_, None()));
  EXPECT_EQ(again.public_value(), key_->public_value());
}

TEST_F(KeyFileTest, NeverOverwritesAKey) {
  directory_.Write("key.pem", "precious");
  EXPECT_THAT(key_->WriteFile(path_, None()),
              FailsWith(Failure::kKey, "never overwritten"));
  EXPECT_EQ(testing::ReadWholeFile(path_), "precious");
  const std::string link = directory_.Join("link.pem");
  ASSERT_EQ(symlink("elsewhere", link.c_str()), 0);
  EXPECT_THAT(key_->WriteFile(link, None()),
              FailsWith(Failure::kKey, "never overwritten"));
  EXPECT_NE(access(directory_.Join("elsewhere").c_str(), F_OK), 0);
}

TEST_F(KeyFileTest, RefusesFilesThatOthersCanAccess) {
  ASSERT_THAT(key_->WriteFile(path_, None()), IsOk());
  for (const mode_t mode : {0640, 0604, 0620, 0601, 0666}) {
    ASSERT_EQ(chmod(path_.c_str(), mode), 0);
    EXPECT_THAT(PrivateKey::FromFile(path_, None()),
                FailsWith(Failure::kKey, "chmod 600 " + path_))
        << mode;
  }
  ASSERT_EQ(chmod(path_.c_str(), 0644), 0);
  EXPECT_THAT(PrivateKey::FromFile(path_, None()),
              FailsWith(Failure::kKey, "got mode 0644"));
  ASSERT_EQ(chmod(path_.c_str(), 0400), 0);
  EXPECT_THAT(PrivateKey::FromFile(path_, None()), IsOk());
}

TEST_F(KeyFileTest, RefusesWhatIsNoRegularFile) {
  ASSERT_THAT(key_->WriteFile(path_, None()), IsOk());
  const std::string link = directory_.Join("link.pem");
  ASSERT_EQ(symlink(path_.c_str(), link.c_str()), 0);
  EXPECT_THAT(PrivateKey::FromFile(link, None()),
              FailsWith(Failure::kKey, "got a symbolic link"));
  const std::string fifo = directory_.Join("fifo.pem");
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_THAT(PrivateKey::FromFile(fifo, None()),
              FailsWith(Failure::kKey, "expected a regular file"));
  EXPECT_THAT(PrivateKey::FromFile(directory_.path(), None()),
              FailsWith(Failure::kKey, "expected a regular file"));
  EXPECT_THAT(PrivateKey::FromFile(directory_.Join("absent"), None()),
              FailsWith(Failure::kNotFound));
}

TEST_F(KeyFileTest, RefusesFilesAbove64KiB) {
  ASSERT_OK_AND_ASSIGN(const Secret pem, key_->ToPem(None()));
  const std::string text(Text(pem));
  const size_t limit = 64 << 10;
  directory_.Write("fits", text + std::string(limit - text.size(), '\n'));
  directory_.Write("over", text + std::string(limit + 1 - text.size(), '\n'));
  for (const std::string name : {"fits", "over"}) {
    ASSERT_EQ(chmod(directory_.Join(name).c_str(), 0600), 0);
  }
  EXPECT_THAT(PrivateKey::FromFile(directory_.Join("fits"), None()), IsOk());
  EXPECT_THAT(PrivateKey::FromFile(directory_.Join("over"), None()),
              FailsWith(Failure::kKey, "at most 65536 bytes"));
}

class OpenSslKeyTest : public ::testing::Test {
 protected:
  OpenSslCommand openssl_;
};

TEST_F(OpenSslKeyTest, ReadsKeysMadeByTheOpensslCommand) {
  const std::pair<std::string, std::string> kinds[] = {
      {"-algorithm ED25519", "ed25519"},
      {"-algorithm EC -pkeyopt ec_paramgen_curve:P-256", "ecdsa-sha2-nistp256"},
      {"-algorithm EC -pkeyopt ec_paramgen_curve:P-384", "ecdsa-sha2-nistp384"},
      {"-algorithm RSA -pkeyopt rsa_keygen_bits:2048", "rsassa-pss-sha256"}};
  for (const auto& [options, scheme] : kinds) {
    openssl_.Run("genpkey " + options + " -out plain");
    openssl_.Run("pkcs8 -topk8 -in plain -passout pass:abc -out encrypted");
    openssl_.Run(
        "pkcs8 -topk8 -scrypt -in plain -passout pass:abc -out scrypt");
    for (const std::string name : {"plain", "encrypted", "scrypt"}) {
      ASSERT_OK_AND_ASSIGN(
          const PrivateKey key,
          PrivateKey::FromPem(openssl_.Read(name), Secret::Copy("abc"), name));
      EXPECT_EQ(key.scheme(), scheme) << name;
    }
  }
}

TEST_F(OpenSslKeyTest, RefusesOtherKindsOfKeys) {
  const std::pair<std::string, std::string> commands[] = {
      {"genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out key",
       "at least 2048 bits"},
      {"genpkey -algorithm ED448 -out key", "another kind"},
      {"genpkey -algorithm X25519 -out key", "another kind"},
      {"genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-521 -out key",
       "another kind"},
      {"ecparam -genkey -name prime256v1 -noout -out key", "PKCS#8"}};
  for (const auto& [command, message] : commands) {
    openssl_.Run(command);
    EXPECT_THAT(PrivateKey::FromPem(openssl_.Read("key"), None(), "k"),
                FailsWith(Failure::kKey, message))
        << command;
  }
}

TEST_F(OpenSslKeyTest, WritesKeysThatTheOpensslCommandReads) {
  ASSERT_OK_AND_ASSIGN(const PrivateKey key,
                       PrivateKey::Generate(KeyAlgorithm::kEcdsaP256));
  ASSERT_THAT(key.WriteFile(openssl_.Join("key"), Secret::Copy("abc")), IsOk());
  EXPECT_FALSE(openssl_.Succeeds("pkey -in key -passin pass:abd -noout"));
  openssl_.Run("pkey -in key -passin pass:abc -pubout -out pub");
  EXPECT_EQ(openssl_.Read("pub"), key.public_value());
  openssl_.Run("asn1parse -in key | grep ':scrypt'");
  openssl_.Run("asn1parse -in key | grep ':aes-256-cbc'");
}

TEST_F(OpenSslKeyTest, MakesSignaturesThatTheOpensslCommandVerifies) {
  openssl_.Write("message", "hello");
  const std::pair<KeyAlgorithm, std::string> kinds[] = {
      {KeyAlgorithm::kEcdsaP256, "-sha256"},
      {KeyAlgorithm::kEcdsaP384, "-sha384"},
      {KeyAlgorithm::kRsaPss,
       "-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 "
       "-sigopt rsa_mgf1_md:sha256"}};
  for (const auto& [algorithm, options] : kinds) {
    ASSERT_OK_AND_ASSIGN(const PrivateKey key, PrivateKey::Generate(algorithm));
    ASSERT_OK_AND_ASSIGN(const std::string signature, key.Sign("hello"));
    openssl_.Write("pub", key.public_value());
    openssl_.Write("signature", signature);
    openssl_.Run("dgst " + options +
                 " -verify pub -signature signature message");
  }
}

}  // namespace
}  // namespace tufmirror::crypto
