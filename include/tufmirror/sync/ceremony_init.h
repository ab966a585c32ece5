// An origin whose root keys are elsewhere: made in one place, signed by their
// holders wherever they are, and published as its first generation.
#ifndef TUFMIRROR_SYNC_CEREMONY_INIT_H_
#define TUFMIRROR_SYNC_CEREMONY_INIT_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tufmirror/crypto/private_key.h"
#include "tufmirror/repo/ceremony.h"
#include "tufmirror/sync/init_origin.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::sync {

struct CeremonyInitOptions {
  InitOriginOptions init;  // root_keys counts for nothing
  std::vector<tuf::Key> root;
  // Made here if nobody holds them: their parts are signed at once then.
  std::optional<tuf::Key> targets;
  std::optional<tuf::Key> bins;
  repo::KeyHolders holders;  // of all these keys
  std::string candidate;     // absolute path of the file to make
};

struct CeremonyInitResult {
  std::string home;                       // absolute
  std::vector<std::string> offline_keys;  // files of keys that were made here
  std::vector<std::string> online_keys;
  repo::Candidate candidate;
};

// Makes the home, the keys that nobody holds (encrypted with `passphrase`
// unless it is empty) and the candidate; publishes nothing. Errors as
// InitOrigin and repo::Candidate::Make; then there are no new keys.
absl::StatusOr<CeremonyInitResult> InitOriginCeremony(
    const CeremonyInitOptions& options, const crypto::Secret& passphrase);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_CEREMONY_INIT_H_
