// Public keys that verify TUF signatures.
#ifndef TUFMIRROR_CRYPTO_PUBLIC_KEY_H_
#define TUFMIRROR_CRYPTO_PUBLIC_KEY_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "tufmirror/base/digest.h"

namespace tufmirror::crypto {

// What metadata says of a key; see PublicKey::Create.
struct PublicKeyFields {
  std::string keytype;
  std::string scheme;
  std::string value;
  friend bool operator==(const PublicKeyFields&,
                         const PublicKeyFields&) = default;
};

// A checked public key. Cheap to copy (shared, immutable); safe to use from
// several threads at once.
class PublicKey {
 public:
  // Key types and schemes (TUF 4.2 and what clients meet in the wild):
  //   ed25519 / ed25519                        `value`: 64 hex digits
  //   ecdsa, ecdsa-sha2-nistp256 / ecdsa-sha2-nistp256    PEM (SPKI), P-256
  //   ecdsa, ecdsa-sha2-nistp384 / ecdsa-sha2-nistp384    PEM (SPKI), P-384
  //   rsa / rsassa-pss-sha256                  PEM (SPKI), at least 2048 bits
  // kUnsupported for another keytype or scheme, kMalformed for a value that is
  // not such a key (wrong length, wrong curve, not PEM, too small).
  static absl::StatusOr<PublicKey> Create(std::string_view keytype,
                                          std::string_view scheme,
                                          std::string_view value);

  // From the PEM that `openssl pkey -pubout` writes ("BEGIN PUBLIC KEY"). The
  // fields are those of PrivateKey for the same key, whatever wrote the PEM.
  // kMalformed if it is something else, kUnsupported for another kind of key;
  // `what` names it.
  static absl::StatusOr<PublicKeyFields> FieldsFromPem(std::string_view pem,
                                                       std::string_view what);
  // That PEM.
  std::string ToPem() const;

  // True if `signature` (raw bytes; DER for ECDSA) over `message` verifies.
  // Malformed signatures are simply false. RSA-PSS accepts any salt length.
  bool Verify(std::string_view message, std::string_view signature) const;

  // SHA-256 of the key's SubjectPublicKeyInfo (DER): equal for equal key
  // material however it was written, so that one key under several keyids
  // counts once.
  const Sha256& fingerprint() const;

 private:
  struct State;
  explicit PublicKey(std::shared_ptr<const State> state);
  std::shared_ptr<const State> state_;
};

}  // namespace tufmirror::crypto

#endif  // TUFMIRROR_CRYPTO_PUBLIC_KEY_H_
