// The signers of bins, snapshot and timestamp, as the configuration names them.
#ifndef TUFMIRROR_SRC_SYNC_ONLINE_SIGNERS_H_
#define TUFMIRROR_SRC_SYNC_ONLINE_SIGNERS_H_

#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "tufmirror/crypto/private_key.h"
#include "tufmirror/repo/signer.h"
#include "tufmirror/sync/config.h"

namespace tufmirror::sync {

// What `config` says: its online_key as the one signer, or its online_signers,
// each with the passphrase file that counts for it.
std::vector<OnlineSigner> OnlineSignersOf(const OriginConfig& config);

// Reads the key files, asking for passphrases where they are encrypted, and the
// public keys of the commands; runs no command. kKey or kUsage if one cannot be
// used, whichever others there are.
absl::StatusOr<std::vector<repo::Signer>> ReadOnlineSigners(
    const OriginConfig& config,
    absl::FunctionRef<absl::StatusOr<crypto::Secret>(const OnlineSigner&)>
        passphrase);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SRC_SYNC_ONLINE_SIGNERS_H_
