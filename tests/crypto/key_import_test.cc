// Keys as OpenSSL wrote them before PKCS#8, and as securesystemslib does.
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "crypto/openssl_command.h"
#include "support/status_matchers.h"
#include "tufmirror/crypto/private_key.h"
#include "tufmirror/crypto/public_key.h"

namespace tufmirror::crypto {
namespace {

using ::tufmirror::testing::FailsWith;

// Made by securesystemslib 0.26; the passphrase is "correct horse".
constexpr char kEncryptedJson[] =
    "523964e881dd802a523e559d4fc44716@@@@100000@@@@a8aff2ff26c71e1b93ce9835"
    "87d131e4ff9b3586f593997714233c910eae60b2@@@@f7e47fdfd84de6bdcf3a8f7a80"
    "60ad0a@@@@b7de96c2754705ca0dc2ca423fba605f3275b3fac7b41a466a37a660f158"
    "60a32e445ae0644d69a79743ba0b4d720f66fbd43fb22cd51cab69f4c8632d93c28337"
    "3a432343e9abf10bd6bbe6c107a72c62a3f3c3310b2ec5814ffb7246bd54a1c8cac4ec"
    "e00b51d5f670ae0fa699639d956b52acaa1627d34045ba3750542dcb75d924f1d26c7e"
    "ba6e86ab18253756a459b221f5aae17d2360134e368266d2a3b0f6bdb5f0fc44326e61"
    "ef95f39fc56160924f5e7805d2dbaad367e0e8f631923f10db31e401f91619e7cd71de"
    "e472176b6e587157b2e50f2a5d99c485f4ac333c94f965e1075dc22985fc38d2e0cf9a"
    "c749e6381224d6e8e9e072614abad1cae9db7c3ab2aabb010f52481fbd80d0409dcbe2"
    "10aee10125ce01e028a7734bbe4d029d3a5f3b12fe1efd6c004891d24847dc9c87c170"
    "74d79836b598fc94e4361c3d76595c565a69842946bdc2c029aa";
constexpr char kEncryptedJsonPublic[] =
    "3e61d08f53c77b65c7a9b8d697fa66a2f6233200763585d39b64e2792ffb0165";

constexpr char kPlainJson[] =
    R"({"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": )"
    R"("1a4d4e8d63ebe4590ec194b982add6820277f30b002e820654c97b97d35642a0", )"
    R"("private": )"
    R"("e2274e6b61218d554b31940a2a23fe17ae705ee44007d647b28da539146de283"}})";

absl::StatusOr<PrivateKey> ImportWith(const std::string& text,
                                      const std::string& passphrase) {
  return PrivateKey::Import(text, Secret::Copy(passphrase), "k");
}

TEST(KeyImport, ReadsKeysOfSecuresystemslib) {
  EXPECT_TRUE(PrivateKey::NeedsPassphrase(kEncryptedJson));
  ASSERT_OK_AND_ASSIGN(const PrivateKey locked,
                       ImportWith(kEncryptedJson, "correct horse"));
  EXPECT_EQ(locked.public_value(), kEncryptedJsonPublic);
  EXPECT_FALSE(PrivateKey::NeedsPassphrase(kPlainJson));
  ASSERT_OK_AND_ASSIGN(const PrivateKey plain, ImportWith(kPlainJson, ""));
  EXPECT_EQ(plain.public_value(),
            "1a4d4e8d63ebe4590ec194b982add6820277f30b002e820654c97b97d35642a0");
}

TEST(KeyImport, RefusesWrongPassphrasesAndDamagedKeysOfSecuresystemslib) {
  const std::string locked = kEncryptedJson;
  EXPECT_THAT(ImportWith(locked, ""),
              FailsWith(Failure::kKey, "expected a passphrase"));
  EXPECT_THAT(ImportWith(locked, "wrong"),
              FailsWith(Failure::kKey, "a wrong one, or a damaged file"));
  std::string changed = locked;
  changed.back() = changed.back() == 'a' ? 'b' : 'a';
  for (const std::string& text :
       {changed, locked.substr(0, 200), locked + "@@@@", locked + "0",
        std::string("00@@@@99999999999@@@@00@@@@00@@@@00")}) {
    EXPECT_THAT(ImportWith(text, "correct horse"),
                FailsWith(Failure::kKey, "damaged"))
        << text;
  }
  const std::string plain = kPlainJson;
  for (const std::string& text :
       {plain.substr(0, plain.size() - 5), std::string("{}"),
        std::string("{\"private\":\"beef\"}"), std::string("{\"private\""),
        std::string("{\"private\":\"-----BEGIN PRIVATE KEY-----\"}")}) {
    EXPECT_THAT(ImportWith(text, ""), FailsWith(Failure::kKey, "damaged"))
        << text;
  }
}

TEST(KeyImport, ReadsWhatOpensslWroteBeforePkcs8) {
  const OpenSslCommand openssl;
  openssl.Run("genrsa -traditional -out rsa 2048");
  openssl.Run("ecparam -name secp384r1 -genkey -out ec");
  for (const auto& [kind, more] :
       {std::pair<std::string, std::string>{"rsa", " -traditional"},
        {"ec", ""}}) {
    openssl.Run(kind + " -in " + kind + " -aes128 -passout pass:abc -out " +
                "locked" + more);
    openssl.Run("pkey -in " + kind + " -pubout -out pub");
    ASSERT_OK_AND_ASSIGN(const PrivateKey plain,
                         ImportWith(openssl.Read(kind), ""));
    EXPECT_EQ(plain.public_value(), openssl.Read("pub"));
    ASSERT_OK_AND_ASSIGN(const PrivateKey locked,
                         ImportWith(openssl.Read("locked"), "abc"));
    EXPECT_EQ(locked.public_value(), openssl.Read("pub"));
    EXPECT_THAT(ImportWith(openssl.Read("locked"), "abd"),
                FailsWith(Failure::kKey, "a wrong one"));
    EXPECT_THAT(ImportWith(openssl.Read(kind).substr(0, 120), ""),
                FailsWith(Failure::kKey, "a damaged file"));
  }
}

TEST(PublicKeyFile, SaysOfAnyPemWhatThePrivateKeySays) {
  for (const KeyAlgorithm algorithm :
       {KeyAlgorithm::kEd25519, KeyAlgorithm::kEcdsaP256,
        KeyAlgorithm::kEcdsaP384, KeyAlgorithm::kRsaPss}) {
    ASSERT_OK_AND_ASSIGN(const PrivateKey key, PrivateKey::Generate(algorithm));
    ASSERT_OK_AND_ASSIGN(
        const PublicKey half,
        PublicKey::Create(key.keytype(), key.scheme(), key.public_value()));
    const PublicKeyFields expected{key.keytype(), key.scheme(),
                                   key.public_value()};
    const std::string pem = half.ToPem();
    for (const std::string& text : {pem, "\n" + pem + " \n"}) {
      ASSERT_OK_AND_ASSIGN(const PublicKeyFields fields,
                           PublicKey::FieldsFromPem(text, "k"));
      EXPECT_EQ(fields, expected);
    }
    ASSERT_OK_AND_ASSIGN(const Secret secret, key.ToPem(Secret::Copy("")));
    EXPECT_THAT(PublicKey::FieldsFromPem(secret.view(), "k"),
                FailsWith(Failure::kMalformed, "PUBLIC KEY"));
  }
}

TEST(PublicKeyFile, RefusesKindsThatNoClientTakes) {
  const OpenSslCommand openssl;
  for (const std::string options :
       {"ED448", "EC -pkeyopt ec_paramgen_curve:P-521",
        "RSA -pkeyopt rsa_keygen_bits:1024"}) {
    openssl.Run("genpkey -algorithm " + options + " -out key");
    openssl.Run("pkey -in key -pubout -out pub");
    EXPECT_THAT(PublicKey::FieldsFromPem(openssl.Read("pub"), "k"),
                FailsWith(Failure::kUnsupported, "got another kind"));
  }
}

TEST(PrivateKeyTest, RefusesOtherNumbersOfBits) {
  EXPECT_THAT(PrivateKey::Generate(KeyAlgorithm::kRsaPss, 2048),
              FailsWith(Failure::kUsage, "expected 3072 or 4096 bits"));
}

}  // namespace
}  // namespace tufmirror::crypto
