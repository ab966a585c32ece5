// [[origin.online_signers]]: the keys that every sync signs with.
#ifndef TUFMIRROR_SRC_CLI_SIGNER_OPTIONS_H_
#define TUFMIRROR_SRC_CLI_SIGNER_OPTIONS_H_

#include "absl/status/status.h"
#include "cli/config_options.h"
#include "tufmirror/sync/config.h"

namespace tufmirror::cli {

Option OnlineSignersOption();

// kUsage if both the one online key and signers are configured.
absl::Status CheckOnlineSigners(const sync::OriginConfig& config);

}  // namespace tufmirror::cli

#endif  // TUFMIRROR_SRC_CLI_SIGNER_OPTIONS_H_
