// The kinds of keys that TUF metadata may name here, and how each signs.
#ifndef TUFMIRROR_SRC_CRYPTO_KEY_KIND_H_
#define TUFMIRROR_SRC_CRYPTO_KEY_KIND_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "crypto/openssl.h"
#include "tufmirror/base/digest.h"
#include "tufmirror/crypto/private_key.h"

namespace tufmirror::crypto {

// Names of a kind in metadata. libcrypto's digest name is null for Ed25519,
// which hashes by itself.
struct KeyKind {
  KeyAlgorithm algorithm;
  std::string_view keytype;
  std::string_view scheme;
  const char* digest;
};

const KeyKind& KindOf(KeyAlgorithm algorithm);
// The kind that metadata means; nullopt if it is not one known here.
std::optional<KeyAlgorithm> AlgorithmOf(std::string_view keytype,
                                        std::string_view scheme);
// The kind of `key`; nullopt if it is not one known here. RSA keys of fewer
// than kMinRsaBits are none either.
inline constexpr int kMinRsaBits = 2048;
std::optional<KeyAlgorithm> AlgorithmOf(const EVP_PKEY* key);

// Sets `context` up to sign or verify with `key`. False if libcrypto refuses.
enum class SignatureUse { kSign, kVerify };
bool InitSignature(SignatureUse use, const KeyKind& kind, EVP_PKEY* key,
                   EVP_MD_CTX* context);

// Makes libcrypto write `key` in the one form that this project uses: curves
// by name, points uncompressed. False if it refuses.
bool NormalizePublicKey(EVP_PKEY* key);

// The public half as metadata has it: hexadecimal for Ed25519, else PEM; empty
// if libcrypto fails.
std::string PublicValue(const KeyKind& kind, EVP_PKEY* key);
// What `bio`, a memory BIO, holds.
std::string_view ContentsOf(BIO* bio);

// DER of the key's SubjectPublicKeyInfo in that form; empty if libcrypto
// fails.
std::string PublicKeyDer(EVP_PKEY* key);

}  // namespace tufmirror::crypto

#endif  // TUFMIRROR_SRC_CRYPTO_KEY_KIND_H_
