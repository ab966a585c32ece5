// The options of [upstream] that corporate networks need: proxies,
// certificates, credentials, and who is told who asks.
#ifndef TUFMIRROR_SRC_CLI_NETWORK_OPTIONS_H_
#define TUFMIRROR_SRC_CLI_NETWORK_OPTIONS_H_

#include <vector>

#include "cli/config_options.h"
#include "tufmirror/sync/config.h"

namespace tufmirror::cli {

std::vector<Option> NetworkOptions();

// Names the servers that hear the credentials: those of every URL that
// `upstream` has.
void NameCredentialServers(sync::UpstreamConfig& upstream);

}  // namespace tufmirror::cli

#endif  // TUFMIRROR_SRC_CLI_NETWORK_OPTIONS_H_
