#include "tufmirror/crypto/private_key.h"

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include <optional>
#include <utility>

#include "crypto/key_file.h"
#include "crypto/key_kind.h"
#include "crypto/openssl.h"
#include "crypto/pem.h"
#include "crypto/private_key_state.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::crypto {
namespace {

using Pkcs8Ptr =
    std::unique_ptr<PKCS8_PRIV_KEY_INFO, Freer<PKCS8_PRIV_KEY_INFO_free>>;
using EncryptedPtr = std::unique_ptr<X509_SIG, Freer<X509_SIG_free>>;
using AlgorithmPtr = std::unique_ptr<X509_ALGOR, Freer<X509_ALGOR_free>>;

constexpr std::string_view kPlainName = "PRIVATE KEY";
constexpr std::string_view kEncryptedName = "ENCRYPTED PRIVATE KEY";

constexpr int kLargeRsaBits = 4096;

// libcrypto reads back at most 32 MiB of scrypt memory (N * r * 128 bytes),
// which N = 2^15 with r = 8 just exceeds. Five passes of 16 MiB cost an
// attacker about what one of 64 MiB does.
constexpr uint64_t kScryptN = uint64_t{1} << 14;
constexpr uint64_t kScryptR = 8;
constexpr uint64_t kScryptP = 5;
constexpr int kScryptSaltBytes = 16;

absl::Status KeyFailure(std::string_view what, std::string_view expected,
                        std::string_view got) {
  return MakeFailure(Failure::kKey,
                     fmt::format("read private key {}: expected {}, got {}",
                                 what, expected, got));
}

absl::Status CryptoFailure(std::string_view operation) {
  return MakeFailure(Failure::kKey,
                     fmt::format("{}: libcrypto failed", operation));
}

absl::StatusOr<Pkcs8Ptr> Decrypt(std::string_view pem, const Secret& passphrase,
                                 std::string_view what) {
  const std::optional<DerBytes> der =
      DecodePem(pem, kEncryptedName, PemContents::kSecret);
  EncryptedPtr encrypted;
  if (der) encrypted = der->DecodeWhole<EncryptedPtr>(d2i_X509_SIG);
  if (encrypted == nullptr) {
    return KeyFailure(what, "an encrypted PKCS#8 key", "a damaged one");
  }
  if (passphrase.empty()) {
    return KeyFailure(what, "a passphrase for the encrypted key", "none");
  }
  const std::string_view secret = passphrase.view();
  Pkcs8Ptr decrypted(PKCS8_decrypt(encrypted.get(), secret.data(),
                                   static_cast<int>(secret.size())));
  if (decrypted == nullptr) {
    return KeyFailure(what, "the key's passphrase", "a wrong one");
  }
  return decrypted;
}

absl::StatusOr<Pkcs8Ptr> DecodePlain(std::string_view pem,
                                     std::string_view what) {
  const std::optional<DerBytes> der =
      DecodePem(pem, kPlainName, PemContents::kSecret);
  Pkcs8Ptr decoded;
  if (der) decoded = der->DecodeWhole<Pkcs8Ptr>(d2i_PKCS8_PRIV_KEY_INFO);
  if (decoded == nullptr) {
    return KeyFailure(what,
                      "one PKCS#8 PEM block (`openssl pkcs8 -topk8` makes one)",
                      "something else");
  }
  return decoded;
}

KeyPtr GenerateKey(KeyAlgorithm algorithm, int rsa_bits) {
  switch (algorithm) {
    case KeyAlgorithm::kEd25519:
      return KeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    case KeyAlgorithm::kEcdsaP256:
      return KeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
    case KeyAlgorithm::kEcdsaP384:
      return KeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384"));
    case KeyAlgorithm::kRsaPss:
      return KeyPtr(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA",
                                      static_cast<size_t>(rsa_bits)));
  }
  return nullptr;
}

EncryptedPtr Encrypt(PKCS8_PRIV_KEY_INFO* key, std::string_view passphrase) {
  AlgorithmPtr algorithm(PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), nullptr,
                                               kScryptSaltBytes, nullptr,
                                               kScryptN, kScryptR, kScryptP));
  if (algorithm == nullptr) return nullptr;
  EncryptedPtr encrypted(PKCS8_set0_pbe(passphrase.data(),
                                        static_cast<int>(passphrase.size()),
                                        key, algorithm.get()));
  if (encrypted != nullptr) static_cast<void>(algorithm.release());
  return encrypted;
}

}  // namespace

absl::StatusOr<std::unique_ptr<PrivateKey::State>> PrivateKey::State::Make(
    KeyPtr key, std::string_view what) {
  const std::optional<KeyAlgorithm> algorithm =
      key == nullptr ? std::nullopt : AlgorithmOf(key.get());
  if (!algorithm) {
    return KeyFailure(what,
                      fmt::format("an Ed25519, ECDSA P-256 or P-384 key, or "
                                  "an RSA key of at least {} bits",
                                  kMinRsaBits),
                      "another kind");
  }
  const KeyKind& kind = KindOf(*algorithm);
  std::string public_value = PublicValue(kind, key.get());
  if (public_value.empty()) return CryptoFailure("encode public key");
  return std::make_unique<State>(
      State{kind, std::move(key), std::move(public_value)});
}

PrivateKey::PrivateKey(std::unique_ptr<State> state)
    : state_(std::move(state)) {}
PrivateKey::PrivateKey(PrivateKey&&) noexcept = default;
PrivateKey& PrivateKey::operator=(PrivateKey&&) noexcept = default;
PrivateKey::~PrivateKey() = default;

absl::StatusOr<PrivateKey> PrivateKey::Generate(KeyAlgorithm algorithm,
                                                int rsa_bits) {
  const ErrorQueueGuard guard;
  if (rsa_bits != kDefaultRsaBits && rsa_bits != kLargeRsaBits) {
    return MakeFailure(Failure::kUsage,
                       fmt::format("generate RSA key: expected {} or {} bits, "
                                   "got {}",
                                   kDefaultRsaBits, kLargeRsaBits, rsa_bits));
  }
  UseLockedHeap();
  KeyPtr key = GenerateKey(algorithm, rsa_bits);
  if (key == nullptr) return CryptoFailure("generate private key");
  ASSIGN_OR_RETURN(std::unique_ptr<State> state,
                   State::Make(std::move(key), "just generated"));
  return PrivateKey(std::move(state));
}

absl::StatusOr<PrivateKey> PrivateKey::FromPem(std::string_view pem,
                                               const Secret& passphrase,
                                               std::string_view what) {
  const ErrorQueueGuard guard;
  UseLockedHeap();
  ASSIGN_OR_RETURN(const Pkcs8Ptr decoded, IsEncryptedPem(pem)
                                               ? Decrypt(pem, passphrase, what)
                                               : DecodePlain(pem, what));
  ASSIGN_OR_RETURN(std::unique_ptr<State> state,
                   State::Make(KeyPtr(EVP_PKCS82PKEY(decoded.get())), what));
  return PrivateKey(std::move(state));
}

bool PrivateKey::IsEncryptedPem(std::string_view pem) {
  return BeginsPem(pem, kEncryptedName);
}

absl::StatusOr<PrivateKey> PrivateKey::FromFile(const std::string& path,
                                                const Secret& passphrase) {
  ASSIGN_OR_RETURN(const Secret pem, ReadKeyFile(path));
  return FromPem(pem.view(), passphrase, Printable(path));
}

absl::StatusOr<PrivateKey> PrivateKey::FromFile(const std::string& path,
                                                AskPassphrase ask) {
  ASSIGN_OR_RETURN(const Secret pem, ReadKeyFile(path));
  if (!IsEncryptedPem(pem.view())) {
    return FromPem(pem.view(), Secret::Copy(""), Printable(path));
  }
  ASSIGN_OR_RETURN(const Secret passphrase, ask());
  return FromPem(pem.view(), passphrase, Printable(path));
}

absl::StatusOr<Secret> PrivateKey::ToPem(const Secret& passphrase) const {
  const ErrorQueueGuard guard;
  const Pkcs8Ptr plain(EVP_PKEY2PKCS8(state_->key.get()));
  const BioPtr bio(BIO_new(BIO_s_secmem()));
  if (plain == nullptr || bio == nullptr) {
    return CryptoFailure("encode private key");
  }
  if (passphrase.empty()) {
    if (PEM_write_bio_PKCS8_PRIV_KEY_INFO(bio.get(), plain.get()) != 1) {
      return CryptoFailure("encode private key");
    }
  } else {
    const EncryptedPtr encrypted = Encrypt(plain.get(), passphrase.view());
    if (encrypted == nullptr ||
        PEM_write_bio_PKCS8(bio.get(), encrypted.get()) != 1) {
      return CryptoFailure("encrypt private key");
    }
  }
  return Secret::Copy(ContentsOf(bio.get()));
}

absl::Status PrivateKey::WriteFile(const std::string& path,
                                   const Secret& passphrase) const {
  ASSIGN_OR_RETURN(const Secret pem, ToPem(passphrase));
  return WriteKeyFile(path, pem);
}

absl::StatusOr<std::string> PrivateKey::Sign(std::string_view message) const {
  const ErrorQueueGuard guard;
  const MdContextPtr context(EVP_MD_CTX_new());
  const auto* bytes = reinterpret_cast<const unsigned char*>(message.data());
  size_t size = 0;
  if (context == nullptr ||
      !InitSignature(SignatureUse::kSign, state_->kind, state_->key.get(),
                     context.get()) ||
      EVP_DigestSign(context.get(), nullptr, &size, bytes, message.size()) !=
          1) {
    return CryptoFailure("sign");
  }
  std::string signature(size, '\0');
  if (EVP_DigestSign(context.get(),
                     reinterpret_cast<unsigned char*>(signature.data()), &size,
                     bytes, message.size()) != 1) {
    return CryptoFailure("sign");
  }
  signature.resize(size);  // ECDSA's are shorter than their upper bound
  return signature;
}

std::string PrivateKey::keytype() const {
  return std::string(state_->kind.keytype);
}
std::string PrivateKey::scheme() const {
  return std::string(state_->kind.scheme);
}
std::string PrivateKey::public_value() const { return state_->public_value; }

}  // namespace tufmirror::crypto
