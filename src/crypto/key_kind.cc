#include "crypto/key_kind.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>
#include <string>

#include "tufmirror/base/strings.h"

namespace tufmirror::crypto {
namespace {

// In the order of KeyAlgorithm.
constexpr std::array<KeyKind, 4> kKinds = {{
    {KeyAlgorithm::kEd25519, "ed25519", "ed25519", nullptr},
    {KeyAlgorithm::kEcdsaP256, "ecdsa", "ecdsa-sha2-nistp256", "SHA256"},
    {KeyAlgorithm::kEcdsaP384, "ecdsa", "ecdsa-sha2-nistp384", "SHA384"},
    {KeyAlgorithm::kRsaPss, "rsa", "rsassa-pss-sha256", "SHA256"},
}};

std::optional<KeyAlgorithm> CurveOf(const EVP_PKEY* key) {
  std::array<char, 64> name{};
  size_t length = 0;
  if (EVP_PKEY_get_group_name(key, name.data(), name.size(), &length) != 1) {
    return std::nullopt;
  }
  const std::string_view curve(name.data(), length);
  if (curve == "prime256v1") return KeyAlgorithm::kEcdsaP256;
  if (curve == "secp384r1") return KeyAlgorithm::kEcdsaP384;
  return std::nullopt;
}

}  // namespace

const KeyKind& KindOf(KeyAlgorithm algorithm) {
  return kKinds[static_cast<size_t>(algorithm)];
}

std::optional<KeyAlgorithm> AlgorithmOf(std::string_view keytype,
                                        std::string_view scheme) {
  for (const KeyKind& kind : kKinds) {
    if (scheme != kind.scheme) continue;
    // Older metadata names the curve in the key type too.
    const bool curve_as_type =
        kind.keytype == "ecdsa" && keytype == kind.scheme;
    if (keytype == kind.keytype || curve_as_type) return kind.algorithm;
  }
  return std::nullopt;
}

std::optional<KeyAlgorithm> AlgorithmOf(const EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_ED25519:
      return KeyAlgorithm::kEd25519;
    case EVP_PKEY_EC:
      return CurveOf(key);
    case EVP_PKEY_RSA:
      if (EVP_PKEY_get_bits(key) < kMinRsaBits) return std::nullopt;
      return KeyAlgorithm::kRsaPss;
    default:
      return std::nullopt;
  }
}

bool InitSignature(SignatureUse use, const KeyKind& kind, EVP_PKEY* key,
                   EVP_MD_CTX* context) {
  EVP_PKEY_CTX* parameters = nullptr;  // owned by `context`
  const auto init = use == SignatureUse::kSign ? EVP_DigestSignInit_ex
                                               : EVP_DigestVerifyInit_ex;
  if (init(context, &parameters, kind.digest, nullptr, nullptr, key, nullptr) !=
      1) {
    return false;
  }
  if (kind.algorithm != KeyAlgorithm::kRsaPss) return true;
  const int salt_length = use == SignatureUse::kSign ? RSA_PSS_SALTLEN_DIGEST
                                                     : RSA_PSS_SALTLEN_AUTO;
  return EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) == 1 &&
         EVP_PKEY_CTX_set_rsa_mgf1_md_name(parameters, kind.digest, nullptr) ==
             1 &&
         EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, salt_length) == 1;
}

bool NormalizePublicKey(EVP_PKEY* key) {
  if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC) return true;
  return EVP_PKEY_set_utf8_string_param(
             key, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed") ==
             1 &&
         EVP_PKEY_set_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING,
                                        OSSL_PKEY_EC_ENCODING_GROUP) == 1;
}

std::string_view ContentsOf(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  if (size <= 0) return {};
  return {data, static_cast<size_t>(size)};
}

std::string PublicValue(const KeyKind& kind, EVP_PKEY* key) {
  if (kind.algorithm == KeyAlgorithm::kEd25519) {
    std::array<unsigned char, 32> raw{};
    size_t size = raw.size();
    if (EVP_PKEY_get_raw_public_key(key, raw.data(), &size) != 1) return {};
    return HexEncode(raw);
  }
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || !NormalizePublicKey(key) ||
      PEM_write_bio_PUBKEY(bio.get(), key) != 1) {
    return {};
  }
  return std::string(ContentsOf(bio.get()));
}

void UseLockedHeap() {
  // Room for dozens of keys and what signing with them needs meanwhile.
  constexpr size_t kHeapBytes = size_t{256} << 10;
  constexpr size_t kLeastPiece = 32;
  // Whether it worked is no reason to stop: libcrypto then uses its own heap.
  [[maybe_unused]] static const int result =
      CRYPTO_secure_malloc_init(kHeapBytes, kLeastPiece);
}

std::string PublicKeyDer(EVP_PKEY* key) {
  const ErrorQueueGuard guard;
  if (!NormalizePublicKey(key)) return {};
  unsigned char* buffer = nullptr;
  const int length = i2d_PUBKEY(key, &buffer);
  if (length <= 0) return {};
  std::string der(reinterpret_cast<const char*>(buffer),
                  static_cast<size_t>(length));
  OPENSSL_free(buffer);
  return der;
}

}  // namespace tufmirror::crypto
