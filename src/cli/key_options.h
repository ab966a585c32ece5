// The options of tufmirror key.
#ifndef TUFMIRROR_CLI_KEY_OPTIONS_H_
#define TUFMIRROR_CLI_KEY_OPTIONS_H_

#include <CLI/CLI.hpp>
#include <functional>

namespace tufmirror::cli {

// `chosen` is set by a command's callback to what it will run.
void AddKey(CLI::App& app, std::function<int()>& chosen);

}  // namespace tufmirror::cli

#endif  // TUFMIRROR_CLI_KEY_OPTIONS_H_
