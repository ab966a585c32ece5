// The options of tufmirror claim.
#ifndef TUFMIRROR_SRC_CLI_CLAIM_OPTIONS_H_
#define TUFMIRROR_SRC_CLI_CLAIM_OPTIONS_H_

#include <CLI/CLI.hpp>
#include <functional>

namespace tufmirror::cli {

// `chosen` is set by a command's callback to what it will run.
void AddClaim(CLI::App& app, std::function<int()>& chosen);

}  // namespace tufmirror::cli

#endif  // TUFMIRROR_SRC_CLI_CLAIM_OPTIONS_H_
