#include "tufmirror/crypto/public_key.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "crypto/openssl_command.h"
#include "support/status_matchers.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::crypto {
namespace {

using ::tufmirror::testing::FailsWith;
using ::tufmirror::testing::IsOk;

std::string Bytes(std::string_view hex) { return *HexDecode(hex); }

// RFC 8032 section 7.1, tests 1 to 3.
struct Vector {
  std::string_view key, message, signature;
};
constexpr Vector kVectors[] = {
    {"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb88215"
     "90a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e4"
     "3e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b53"
     "8d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
};

// Every way of damaging `signature` that must make it false.
void ExpectOnlyTheWholeSignatureVerifies(const PublicKey& key,
                                         const std::string& message,
                                         const std::string& signature) {
  EXPECT_TRUE(key.Verify(message, signature));
  EXPECT_FALSE(key.Verify(message + "x", signature));
  EXPECT_FALSE(key.Verify(message, ""));
  EXPECT_FALSE(key.Verify(message, signature + '\0'));
  EXPECT_FALSE(key.Verify(message, '\0' + signature));
  EXPECT_FALSE(key.Verify(message, std::string(signature.size(), '\0')));
  for (size_t i = 0; i < signature.size(); ++i) {
    EXPECT_FALSE(key.Verify(message, signature.substr(0, i))) << i;
    std::string flipped = signature;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
    EXPECT_FALSE(key.Verify(message, flipped)) << i;
  }
}

TEST(PublicKey, VerifiesTheVectorsOfRfc8032AndNothingNearThem) {
  for (const Vector& vector : kVectors) {
    ASSERT_OK_AND_ASSIGN(const PublicKey key,
                         PublicKey::Create("ed25519", "ed25519", vector.key));
    ExpectOnlyTheWholeSignatureVerifies(key, Bytes(vector.message),
                                        Bytes(vector.signature));
  }
}

// S and S + L verify alike in a careless implementation (RFC 8032, 5.1.7).
TEST(PublicKey, RefusesAnEd25519SignatureWithTheOrderAdded) {
  constexpr unsigned char kOrder[32] = {
      0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
      0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
      0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};
  ASSERT_OK_AND_ASSIGN(
      const PublicKey key,
      PublicKey::Create("ed25519", "ed25519", kVectors[0].key));
  std::string signature = Bytes(kVectors[0].signature);
  unsigned carry = 0;
  for (size_t i = 0; i < 32; ++i) {
    carry += static_cast<unsigned char>(signature[32 + i]) + kOrder[i];
    signature[32 + i] = static_cast<char>(carry);
    carry >>= 8;
  }
  EXPECT_FALSE(key.Verify("", signature));
}

TEST(PublicKey, RefusesEd25519ValuesThatAreNot64HexDigits) {
  const std::string good(kVectors[0].key);
  const std::string bad[] = {"",
                             good.substr(1),
                             good.substr(2),
                             good + "00",
                             " " + good.substr(1),
                             "zz" + good.substr(2),
                             "0x" + good.substr(2),
                             good + "\n"};
  for (const std::string& value : bad) {
    EXPECT_THAT(PublicKey::Create("ed25519", "ed25519", value),
                FailsWith(Failure::kMalformed, "64 hexadecimal digits"))
        << value;
  }
}

TEST(PublicKey, RefusesUnknownKeyTypesAndSchemes) {
  const std::pair<std::string_view, std::string_view> kinds[] = {
      {"ed25519", "rsassa-pss-sha256"},
      {"rsa", "ed25519"},
      {"rsa", "rsa-pkcs1v15-sha256"},
      {"rsa", "rsassa-pss-sha512"},
      {"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384"},
      {"ed25519", ""},
      {"", ""},
      {"ED25519", "ed25519"},
      {"sphincs", "sphincs-shake-128s"},
  };
  for (const auto& [keytype, scheme] : kinds) {
    EXPECT_THAT(PublicKey::Create(keytype, scheme, kVectors[0].key),
                FailsWith(Failure::kUnsupported, "expected a known key type"))
        << keytype << " " << scheme;
  }
}

class PemKeyTest : public ::testing::Test {
 protected:
  void MakeEcKey(const std::string& curve) {
    openssl_.Run("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:" + curve +
                 " -out key");
    openssl_.Run("pkey -in key -pubout -out pub");
    openssl_.Write("message", "hello");
  }
  void MakeRsaKey(const std::string& bits) {
    openssl_.Run("genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:" + bits +
                 " -out key");
    openssl_.Run("pkey -in key -pubout -out pub");
    openssl_.Write("message", "hello");
  }
  std::string Sign(const std::string& options) {
    openssl_.Run("dgst " + options + " -sign key -out signature message");
    return openssl_.Read("signature");
  }
  std::string Pub() { return openssl_.Read("pub"); }

  OpenSslCommand openssl_;
};

TEST_F(PemKeyTest, VerifiesEcdsaP256AndNothingNearIt) {
  MakeEcKey("P-256");
  for (const std::string keytype : {"ecdsa", "ecdsa-sha2-nistp256"}) {
    ASSERT_OK_AND_ASSIGN(
        const PublicKey key,
        PublicKey::Create(keytype, "ecdsa-sha2-nistp256", Pub()));
    ExpectOnlyTheWholeSignatureVerifies(key, "hello", Sign("-sha256"));
    EXPECT_FALSE(key.Verify("hello", Sign("-sha384")));
  }
}

TEST_F(PemKeyTest, VerifiesEcdsaP384AndNothingNearIt) {
  MakeEcKey("P-384");
  for (const std::string keytype : {"ecdsa", "ecdsa-sha2-nistp384"}) {
    ASSERT_OK_AND_ASSIGN(
        const PublicKey key,
        PublicKey::Create(keytype, "ecdsa-sha2-nistp384", Pub()));
    ExpectOnlyTheWholeSignatureVerifies(key, "hello", Sign("-sha384"));
    EXPECT_FALSE(key.Verify("hello", Sign("-sha256")));
  }
}

TEST_F(PemKeyTest, VerifiesRsaPssOfAnySaltLengthButNoOtherPadding) {
  MakeRsaKey("2048");
  ASSERT_OK_AND_ASSIGN(const PublicKey key,
                       PublicKey::Create("rsa", "rsassa-pss-sha256", Pub()));
  const std::string pss = "-sha256 -sigopt rsa_padding_mode:pss ";
  for (const std::string salt : {"0", "20", "32", "max"}) {
    EXPECT_TRUE(
        key.Verify("hello", Sign(pss + "-sigopt rsa_pss_saltlen:" + salt)))
        << salt;
  }
  ExpectOnlyTheWholeSignatureVerifies(key, "hello", Sign(pss));
  EXPECT_FALSE(key.Verify("hello", Sign("-sha256"))) << "PKCS#1 v1.5";
  EXPECT_FALSE(
      key.Verify("hello", Sign("-sha512 -sigopt rsa_padding_mode:pss")));
  EXPECT_FALSE(key.Verify("hello", Sign(pss + "-sigopt rsa_mgf1_md:sha1")));
}

TEST_F(PemKeyTest, RefusesAnotherCurveThanDeclared) {
  MakeEcKey("P-384");
  EXPECT_THAT(PublicKey::Create("ecdsa", "ecdsa-sha2-nistp256", Pub()),
              FailsWith(Failure::kMalformed, "got ecdsa-sha2-nistp384"));
  MakeEcKey("P-521");
  EXPECT_THAT(PublicKey::Create("ecdsa", "ecdsa-sha2-nistp256", Pub()),
              FailsWith(Failure::kMalformed, "another key or curve"));
  MakeEcKey("secp256k1");
  EXPECT_THAT(PublicKey::Create("ecdsa", "ecdsa-sha2-nistp256", Pub()),
              FailsWith(Failure::kMalformed, "another key or curve"));
}

TEST_F(PemKeyTest, RefusesAnotherKindOfKeyThanDeclared) {
  MakeEcKey("P-256");
  EXPECT_THAT(PublicKey::Create("rsa", "rsassa-pss-sha256", Pub()),
              FailsWith(Failure::kMalformed, "expected an RSA key"));
  MakeRsaKey("2048");
  EXPECT_THAT(PublicKey::Create("ecdsa", "ecdsa-sha2-nistp256", Pub()),
              FailsWith(Failure::kMalformed, "got rsassa-pss-sha256"));
}

TEST_F(PemKeyTest, RefusesRsaKeysBelow2048Bits) {
  MakeRsaKey("1024");
  EXPECT_THAT(PublicKey::Create("rsa", "rsassa-pss-sha256", Pub()),
              FailsWith(Failure::kMalformed, "1024 bits"));
  MakeRsaKey("2047");
  EXPECT_THAT(PublicKey::Create("rsa", "rsassa-pss-sha256", Pub()),
              FailsWith(Failure::kMalformed, "2047 bits"));
}

// With exponent 1 anybody can write signatures.
TEST_F(PemKeyTest, RefusesRsaKeysWithExponentOne) {
  openssl_.Write("asn1",
                 "asn1=SEQUENCE:spki\n[spki]\na=SEQUENCE:alg\n"
                 "k=BITWRAP,SEQUENCE:rsa\n[alg]\n"
                 "o=OID:rsaEncryption\nn=NULL\n[rsa]\nn=INTEGER:0xC" +
                     std::string(510, '5') + "7\ne=INTEGER:1\n");
  openssl_.Run("asn1parse -genconf asn1 -noout -out der");
  openssl_.Run("base64 -in der -out base64");
  EXPECT_THAT(PublicKey::Create("rsa", "rsassa-pss-sha256",
                                "-----BEGIN PUBLIC KEY-----\n" +
                                    openssl_.Read("base64") +
                                    "-----END PUBLIC KEY-----\n"),
              FailsWith(Failure::kMalformed, "public exponent"));
}

TEST_F(PemKeyTest, ToleratesWhiteSpaceAroundPemAndNothingElse) {
  MakeEcKey("P-256");
  const std::string pem = Pub();
  const auto create = [](const std::string& value) {
    return PublicKey::Create("ecdsa", "ecdsa-sha2-nistp256", value);
  };
  EXPECT_THAT(create("\n  " + pem + "\r\n \n"), IsOk());
  const std::string bad[] = {
      "",
      "x",
      "x\n" + pem,
      pem + "x",
      pem + pem,
      pem.substr(0, pem.size() - 30),
      pem.substr(0, pem.size() - 2),
      "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
      "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
      "-----BEGIN PUBLIC KEY-----\n@@@@\n-----END PUBLIC KEY-----\n",
      std::string(1 << 20, 'A')};
  for (const std::string& value : bad) {
    EXPECT_THAT(create(value), FailsWith(Failure::kMalformed, "PEM block"))
        << value.substr(0, 200);
  }
}

TEST_F(PemKeyTest, RefusesTrailingBytesInsideTheBlock) {
  MakeEcKey("P-256");
  openssl_.Run("pkey -pubin -in pub -outform DER -out der");
  openssl_.Write("longer", openssl_.Read("der") + std::string(3, '\0'));
  openssl_.Run("base64 -in longer -out base64");
  EXPECT_THAT(PublicKey::Create("ecdsa", "ecdsa-sha2-nistp256",
                                "-----BEGIN PUBLIC KEY-----\n" +
                                    openssl_.Read("base64") +
                                    "-----END PUBLIC KEY-----\n"),
              FailsWith(Failure::kMalformed, "PEM block"));
}

TEST_F(PemKeyTest, RefusesCertificatesAndPrivateKeys) {
  MakeEcKey("P-256");
  openssl_.Run("req -x509 -new -key key -subj /CN=x -out certificate");
  for (const std::string name : {"certificate", "key"}) {
    EXPECT_THAT(
        PublicKey::Create("ecdsa", "ecdsa-sha2-nistp256", openssl_.Read(name)),
        FailsWith(Failure::kMalformed, "PEM block"))
        << name;
  }
}

// TUF 4.2 lets keyids differ for one key; a threshold must not count it twice.
TEST_F(PemKeyTest, FingerprintIsTheSameHoweverTheKeyIsWritten) {
  MakeEcKey("P-256");
  ASSERT_OK_AND_ASSIGN(
      const PublicKey key,
      PublicKey::Create("ecdsa", "ecdsa-sha2-nistp256", Pub()));
  const std::string forms[] = {"-conv_form compressed", "-conv_form hybrid",
                               "-param_enc explicit"};
  for (const std::string& form : forms) {
    openssl_.Run("ec -in key -pubout " + form + " -out other");
    ASSERT_NE(openssl_.Read("other"), Pub()) << form;
    ASSERT_OK_AND_ASSIGN(
        const PublicKey other,
        PublicKey::Create("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256",
                          openssl_.Read("other")));
    EXPECT_EQ(other.fingerprint(), key.fingerprint()) << form;
  }
  MakeEcKey("P-256");
  ASSERT_OK_AND_ASSIGN(
      const PublicKey another,
      PublicKey::Create("ecdsa", "ecdsa-sha2-nistp256", Pub()));
  EXPECT_NE(another.fingerprint(), key.fingerprint());
}

TEST(PublicKey, FingerprintOfEd25519IgnoresTheCaseOfHex) {
  ASSERT_OK_AND_ASSIGN(
      const PublicKey lower,
      PublicKey::Create("ed25519", "ed25519", kVectors[0].key));
  std::string upper_hex(kVectors[0].key);
  for (char& c : upper_hex) c = static_cast<char>(std::toupper(c));
  ASSERT_OK_AND_ASSIGN(const PublicKey upper,
                       PublicKey::Create("ed25519", "ed25519", upper_hex));
  EXPECT_EQ(lower.fingerprint(), upper.fingerprint());
}

}  // namespace
}  // namespace tufmirror::crypto
