// Ed25519 is verified by libcrypto, not by libsodium: over 250 KB of metadata
// it takes about 0.6 ms against 0.95 ms, because nearly all of it is SHA-512
// and libcrypto's uses the processor's vector instructions. libsodium keeps
// secrets here, nothing else.
#include "tufmirror/crypto/public_key.h"

#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <optional>
#include <utility>

#include "crypto/key_kind.h"
#include "crypto/openssl.h"
#include "crypto/pem.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/hash.h"

namespace tufmirror::crypto {
namespace {

constexpr size_t kEd25519Bytes = 32;
constexpr int kMaxRsaBits = 8192;

absl::Status NotAKey(std::string_view scheme, std::string_view expected,
                     std::string_view got) {
  return MakeFailure(Failure::kMalformed,
                     fmt::format("read {} public key: expected {}, got {}",
                                 scheme, expected, got));
}

absl::StatusOr<KeyPtr> FromHex(std::string_view scheme,
                               std::string_view value) {
  const absl::StatusOr<std::string> raw = HexDecode(value);
  if (!raw.ok() || raw->size() != kEd25519Bytes) {
    return NotAKey(scheme, "64 hexadecimal digits",
                   fmt::format("'{}'", Printable(value, 80)));
  }
  KeyPtr key(EVP_PKEY_new_raw_public_key_ex(
      nullptr, "ED25519", nullptr,
      reinterpret_cast<const unsigned char*>(raw->data()), raw->size()));
  if (key == nullptr) {
    return NotAKey(scheme, "an Ed25519 key", "one that libcrypto refuses");
  }
  return key;
}

absl::StatusOr<KeyPtr> FromPem(std::string_view scheme,
                               std::string_view value) {
  const std::optional<DerBytes> der =
      DecodePem(value, "PUBLIC KEY", PemContents::kPublic);
  KeyPtr key;
  if (der) key = der->DecodeWhole<KeyPtr>(d2i_PUBKEY);
  if (key == nullptr) {
    return NotAKey(scheme, "exactly one PEM block 'PUBLIC KEY' that decodes",
                   fmt::format("'{}'", Printable(value, 60)));
  }
  return key;
}

// Under exponent 1 every text is its own signature. libcrypto checks that a
// point is on its curve when it reads one; its check of RSA keys would spend
// 30 ms on proving the modulus composite, which concerns only its owner.
bool HasSoundExponent(const EVP_PKEY* key) {
  BIGNUM* number = nullptr;
  if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &number) != 1) {
    return false;
  }
  const BignumPtr exponent(number);
  return BN_is_odd(exponent.get()) && !BN_is_one(exponent.get());
}

absl::Status CheckKind(const KeyKind& kind, const EVP_PKEY* key) {
  const std::optional<KeyAlgorithm> got = AlgorithmOf(key);
  if (got != kind.algorithm || EVP_PKEY_get_bits(key) > kMaxRsaBits) {
    return NotAKey(
        kind.scheme,
        kind.algorithm == KeyAlgorithm::kRsaPss
            ? fmt::format("an RSA key of {} to {} bits", kMinRsaBits,
                          kMaxRsaBits)
            : std::string("a key of that type and curve"),
        fmt::format("{} of {} bits",
                    got ? KindOf(*got).scheme : "another key or curve",
                    EVP_PKEY_get_bits(key)));
  }
  if (kind.algorithm == KeyAlgorithm::kRsaPss && !HasSoundExponent(key)) {
    return NotAKey(kind.scheme, "an odd public exponent of at least 3",
                   "another");
  }
  return absl::OkStatus();
}

}  // namespace

struct PublicKey::State {
  const KeyKind& kind;
  KeyPtr key;
  Sha256 fingerprint;
};

PublicKey::PublicKey(std::shared_ptr<const State> state)
    : state_(std::move(state)) {}

absl::StatusOr<PublicKey> PublicKey::Create(std::string_view keytype,
                                            std::string_view scheme,
                                            std::string_view value) {
  const std::optional<KeyAlgorithm> algorithm = AlgorithmOf(keytype, scheme);
  if (!algorithm) {
    return MakeFailure(
        Failure::kUnsupported,
        fmt::format("read public key: expected a known key type and scheme, "
                    "got '{}' and '{}'",
                    Printable(keytype, 80), Printable(scheme, 80)));
  }
  const ErrorQueueGuard guard;
  const KeyKind& kind = KindOf(*algorithm);
  ASSIGN_OR_RETURN(KeyPtr key, *algorithm == KeyAlgorithm::kEd25519
                                   ? FromHex(kind.scheme, value)
                                   : FromPem(kind.scheme, value));
  RETURN_IF_ERROR(CheckKind(kind, key.get()));
  const std::string der = PublicKeyDer(key.get());
  if (der.empty()) {
    return MakeFailure(Failure::kInternal,
                       "read public key: libcrypto cannot encode it");
  }
  return PublicKey(std::make_shared<const State>(
      State{kind, std::move(key), Sha256Of(der)}));
}

absl::StatusOr<PublicKeyFields> PublicKey::FieldsFromPem(
    std::string_view pem, std::string_view what) {
  const ErrorQueueGuard guard;
  absl::StatusOr<KeyPtr> key = FromPem("PEM", pem);
  if (!key.ok()) {
    return MakeFailure(
        Failure::kMalformed,
        fmt::format("read public key {}: expected one PEM block 'PUBLIC KEY' "
                    "('openssl pkey -pubout' writes it), got something else",
                    Printable(what)));
  }
  const std::optional<KeyAlgorithm> algorithm = AlgorithmOf(key->get());
  if (!algorithm) {
    return MakeFailure(
        Failure::kUnsupported,
        fmt::format("read public key {}: expected Ed25519, ECDSA P-256 or "
                    "P-384, or RSA of at least {} bits, got another kind",
                    Printable(what), kMinRsaBits));
  }
  const KeyKind& kind = KindOf(*algorithm);
  RETURN_IF_ERROR(Annotate(CheckKind(kind, key->get()), Printable(what)));
  return PublicKeyFields{std::string(kind.keytype), std::string(kind.scheme),
                         PublicValue(kind, key->get())};
}

std::string PublicKey::ToPem() const {
  const ErrorQueueGuard guard;
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (bio == nullptr || PEM_write_bio_PUBKEY(bio.get(), state_->key.get()) != 1)
    return {};
  return std::string(ContentsOf(bio.get()));
}

bool PublicKey::Verify(std::string_view message,
                       std::string_view signature) const {
  const ErrorQueueGuard guard;
  const MdContextPtr context(EVP_MD_CTX_new());
  if (context == nullptr || !InitSignature(SignatureUse::kVerify, state_->kind,
                                           state_->key.get(), context.get())) {
    return false;
  }
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  };
  return EVP_DigestVerify(context.get(), bytes(signature), signature.size(),
                          bytes(message), message.size()) == 1;
}

const Sha256& PublicKey::fingerprint() const { return state_->fingerprint; }

}  // namespace tufmirror::crypto
