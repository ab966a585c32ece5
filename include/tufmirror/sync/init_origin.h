// Makes an origin: home, keys, first metadata, first (empty) generation.
#ifndef TUFMIRROR_SYNC_INIT_ORIGIN_H_
#define TUFMIRROR_SYNC_INIT_ORIGIN_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/crypto/private_key.h"
#include "tufmirror/repo/genesis.h"
#include "tufmirror/repo/keys.h"
#include "tufmirror/sync/config.h"

namespace tufmirror::sync {

struct InitOriginOptions {
  std::string home;
  // The source directory; absolute, must exist. Empty: a plain index.
  std::string from;
  std::string key_dir;  // absolute; empty: DefaultKeyDirectory(home)
  // The configuration file, written last: it is what makes a home of it.
  std::string config_text;
  OriginConfig origin;  // bin_bits and expiries, as config_text says them
  int root_keys = 1;
  int root_threshold = 1;
  int online_keys = 1;
  int online_threshold = 1;
  crypto::KeyAlgorithm online_algorithm = crypto::KeyAlgorithm::kEd25519;
  repo::BinProfile profile = repo::BinProfile::kSuccinct;
  bool claims = false;  // projects can be signed by their maintainers
  absl::Time now;
};

struct InitOriginResult {
  std::string home;  // absolute
  repo::KeyFiles keys;
  // What readers must be given by another way than the mirror itself.
  std::string root;
};

std::string DefaultKeyDirectory(const std::string& home);
// Paths of the online keys: for the configuration that is written of them.
std::vector<std::string> OnlineKeyPaths(const std::string& key_dir,
                                        int online_keys = 1);

// Encrypts the keys with `passphrase`, or leaves them unencrypted if that is
// empty. kUsage if `from` is no directory, the home exists or holds other
// things, or a number is out of range; kKey if a key file exists already. After
// an error there are no new keys, and running it again works, or says what to
// remove first.
absl::StatusOr<InitOriginResult> InitOrigin(const InitOriginOptions& options,
                                            const crypto::Secret& passphrase);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_INIT_ORIGIN_H_
