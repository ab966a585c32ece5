// The keys of an origin: made once, kept as PKCS#8 PEM files in one directory.
//
//   root-1.pem ... root-N.pem   offline, threshold m of n
//   targets.pem, bins.pem       offline
//   online.pem                  signs bins, snapshot and timestamp in every
//   run;
//                               online-1.pem ... online-N.pem if they are more
#ifndef TUFMIRROR_REPO_KEYS_H_
#define TUFMIRROR_REPO_KEYS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/crypto/private_key.h"
#include "tufmirror/repo/signer.h"

namespace tufmirror::repo {

struct OriginKeys {
  std::vector<Signer> root;  // at least one
  Signer targets;
  Signer bins;
  std::vector<Signer> online;  // at least one

  // New Ed25519 keys; the online ones may be of another kind, for hardware that
  // is to keep them. Both numbers are 1 to 16, kUsage otherwise.
  static absl::StatusOr<OriginKeys> Generate(
      int root_keys, int online_keys = 1,
      crypto::KeyAlgorithm kind = crypto::KeyAlgorithm::kEd25519);
};

// Absolute paths of an origin's key files.
struct KeyFiles {
  std::vector<std::string> root;
  std::string targets;
  std::string bins;
  std::vector<std::string> online;

  static KeyFiles In(const std::string& directory, int root_keys,
                     int online_keys = 1);
  // Those that belong on other media than the origin's disk.
  std::vector<std::string> Offline() const;
};

// Makes `directory` (0700) if it is absent and writes every key into it (0600),
// encrypted unless `passphrase` is empty. kKey if one of the files exists, the
// directory is open to others, or a key is not here to be written; then, and
// after any other error, no key is left behind.
absl::StatusOr<KeyFiles> WriteKeyFiles(const OriginKeys& keys,
                                       const std::string& directory,
                                       const crypto::Secret& passphrase);

// The same for any keys.
struct KeyToWrite {
  std::string path;  // in the directory
  const Signer* signer = nullptr;
};
absl::Status WriteKeys(const std::vector<KeyToWrite>& keys,
                       const std::string& directory,
                       const crypto::Secret& passphrase);
absl::Status RemoveKeys(const std::vector<KeyToWrite>& keys,
                        const std::string& directory);

// Takes back what WriteKeyFiles wrote: for keys that have signed nothing that
// anybody saw.
absl::Status RemoveKeyFiles(const KeyFiles& files);

}  // namespace tufmirror::repo

#endif  // TUFMIRROR_REPO_KEYS_H_
