// Who signs: a private key here, or a command that asks an HSM, a token or a
// key service.
#ifndef TUFMIRROR_REPO_SIGNER_H_
#define TUFMIRROR_REPO_SIGNER_H_

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/crypto/private_key.h"
#include "tufmirror/crypto/public_key.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::repo {

// A command that signs. Its standard input is a file with exactly the bytes to
// sign; its standard output must be the signature and nothing else: raw, 64
// bytes, for ed25519; DER for ECDSA, over SHA-256 (P-256) or SHA-384 (P-384);
// as long as the modulus for RSA-PSS, over SHA-256, MGF1 with SHA-256.
struct SignerCommand {
  // Program and arguments; no shell sees them.
  std::vector<std::string> words;
  // Names of variables that it gets of our environment, besides PATH, HOME,
  // USER, LOGNAME, LANG, LC_ALL and TMPDIR. Passphrases of keys are never
  // among them.
  std::vector<std::string> environment;
  absl::Duration timeout = absl::Seconds(30);  // for one signature
  friend bool operator==(const SignerCommand&, const SignerCommand&) = default;
};

// Can sign, under the keyid by which metadata knows its key. Movable; Sign may
// be called from several threads.
class Signer {
 public:
  explicit Signer(crypto::PrivateKey key);
  static absl::StatusOr<Signer> Generate();
  // Reads a key file; errors as crypto::PrivateKey::FromFile.
  static absl::StatusOr<Signer> FromFile(const std::string& path,
                                         const crypto::Secret& passphrase);
  // kUsage if `command` has no words or no time; errors for `key` as
  // crypto::PublicKey::Create. Nothing is run yet.
  static absl::StatusOr<Signer> External(SignerCommand command, tuf::Key key);

  const std::string& keyid() const { return keyid_; }
  // The public half as metadata declares it.
  const tuf::Key& key() const { return public_key_; }
  // True if `declared` is the same key, however it is written down: a PEM text
  // and so a keyid may differ from ours.
  bool HasKey(const tuf::Key& declared) const;
  // Null where a command signs.
  const crypto::PrivateKey* private_key() const;

  // kKey if the key cannot be used: the command fails, takes too long, says too
  // much, or what it says is no signature of `message` by its key.
  absl::StatusOr<tuf::Signature> Sign(std::string_view message) const;

 private:
  using Holder = std::variant<crypto::PrivateKey, SignerCommand>;
  Signer(Holder holder, tuf::Key key,
         std::optional<crypto::PublicKey> public_key);

  Holder holder_;
  tuf::Key public_key_;
  std::optional<crypto::PublicKey> verifier_;  // none: no client could verify
  std::string keyid_;
};

// For functions that take some of several signers; valid while `signers` is.
std::vector<const Signer*> PointersTo(const std::vector<Signer>& signers);

}  // namespace tufmirror::repo

#endif  // TUFMIRROR_REPO_SIGNER_H_
