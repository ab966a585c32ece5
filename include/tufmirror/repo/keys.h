// The keys of an origin: made once, kept as PKCS#8 PEM files in one directory.
//
//   root-1.pem ... root-N.pem   offline, threshold m of n
//   targets.pem, bins.pem       offline
//   online.pem                  signs bins, snapshot and timestamp in every run
#ifndef TUFMIRROR_REPO_KEYS_H_
#define TUFMIRROR_REPO_KEYS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/crypto/private_key.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::repo {

// A private key under the keyid by which metadata knows it. Movable; Sign may
// be called from several threads.
class Signer {
 public:
  explicit Signer(crypto::PrivateKey key);
  static absl::StatusOr<Signer> Generate();
  // Reads a key file; errors as crypto::PrivateKey::FromFile.
  static absl::StatusOr<Signer> FromFile(const std::string& path,
                                         const crypto::Secret& passphrase);

  const std::string& keyid() const { return keyid_; }
  // The public half as metadata declares it.
  const tuf::Key& key() const { return public_key_; }
  const crypto::PrivateKey& private_key() const { return private_key_; }

  absl::StatusOr<tuf::Signature> Sign(std::string_view message) const;

 private:
  crypto::PrivateKey private_key_;
  tuf::Key public_key_;
  std::string keyid_;
};

struct OriginKeys {
  std::vector<Signer> root;  // at least one
  Signer targets;
  Signer bins;
  Signer online;

  // New Ed25519 keys. `root_keys` is 1 to 16, kUsage otherwise.
  static absl::StatusOr<OriginKeys> Generate(int root_keys);
};

// Absolute paths of an origin's key files.
struct KeyFiles {
  std::vector<std::string> root;
  std::string targets;
  std::string bins;
  std::string online;

  static KeyFiles In(const std::string& directory, int root_keys);
  // Those that belong on other media than the origin's disk.
  std::vector<std::string> Offline() const;
};

// Makes `directory` (0700) if it is absent and writes every key into it (0600),
// encrypted unless `passphrase` is empty. kKey if one of the files exists or
// the directory is open to others; then, and after any other error, no key is
// left behind.
absl::StatusOr<KeyFiles> WriteKeyFiles(const OriginKeys& keys,
                                       const std::string& directory,
                                       const crypto::Secret& passphrase);

// Takes back what WriteKeyFiles wrote: for keys that have signed nothing that
// anybody saw.
absl::Status RemoveKeyFiles(const KeyFiles& files);

}  // namespace tufmirror::repo

#endif  // TUFMIRROR_REPO_KEYS_H_
