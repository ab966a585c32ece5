// The options of tufmirror ceremony.
#ifndef TUFMIRROR_CLI_CEREMONY_OPTIONS_H_
#define TUFMIRROR_CLI_CEREMONY_OPTIONS_H_

#include <CLI/CLI.hpp>
#include <functional>

namespace tufmirror::cli {

// `chosen` is set by a command's callback to what it will run.
void AddCeremony(CLI::App& app, std::function<int()>& chosen);

struct InitCeremonyArguments;
// Those of `init origin` that leave its keys with their holders.
void AddInitCeremony(CLI::App& origin, InitCeremonyArguments& arguments);

}  // namespace tufmirror::cli

#endif  // TUFMIRROR_CLI_CEREMONY_OPTIONS_H_
