// tufmirror guard --env: a guard that stays in the background, and what a
// shell has to know to use it.
#ifndef TUFMIRROR_SRC_CLI_GUARD_ENV_H_
#define TUFMIRROR_SRC_CLI_GUARD_ENV_H_

#include <string>

#include "tufmirror/guard/installer_environment.h"

namespace tufmirror::cli {

struct GuardArguments;

// Commands of a POSIX shell that make `after` of `before`: "export NAME=VALUE;"
// and "unset NAME;", one a line. Variables whose names no shell can have stay
// out of it.
std::string ShellExports(const guard::Environment& before,
                         const guard::Environment& after);

// Starts a guard in a process of its own and prints, for eval in a shell, what
// makes installers ask it. The guard ends with the session that it was started
// in, or by GuardEnvKillCommand.
int GuardEnvCommand(const GuardArguments& arguments);

// Ends the guard that TUFMIRROR_GUARD_PID names and prints what makes the
// shell forget it. Another process with that number is left alone.
int GuardEnvKillCommand();

}  // namespace tufmirror::cli

#endif  // TUFMIRROR_SRC_CLI_GUARD_ENV_H_
