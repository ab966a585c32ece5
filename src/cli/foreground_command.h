// A command run in the place of this program: with its terminal, its process
// group, the signals that it would have got, and its exit status.
#ifndef TUFMIRROR_SRC_CLI_FOREGROUND_COMMAND_H_
#define TUFMIRROR_SRC_CLI_FOREGROUND_COMMAND_H_

#include <signal.h>
#include <sys/types.h>

#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace tufmirror::cli {

// Exit codes of a command that could not be run, as shells have them.
inline constexpr int kCannotRunExitCode = 126;
inline constexpr int kNoSuchCommandExitCode = 127;

class ForegroundCommand {
 public:
  // Blocks the signals that the command is to get. To be called before any
  // thread is started, which then inherit the mask; files that are opened
  // later are not the command's.
  static absl::StatusOr<ForegroundCommand> Prepare();

  // Runs `command` (looked for in PATH) with `environment` ("NAME=VALUE") and
  // waits until it has ended. Gives its exit status, 128 + N if signal N ended
  // it, 126 if it cannot be run, 127 if it is not found (both said on standard
  // error). Signals:
  // - what the terminal sends (Ctrl-C, Ctrl-\, hang-up) the command gets from
  //   the terminal itself, being in the same process group;
  // - what is sent to this process alone (SIGTERM, SIGINT, SIGHUP, ...) is
  //   passed on;
  // - when the command is stopped (Ctrl-Z), this process stops too, so that
  //   the shell sees it, and SIGCONT continues both.
  absl::StatusOr<int> Run(const std::vector<std::string>& command,
                          const std::vector<std::string>& environment) const;

 private:
  ForegroundCommand() = default;
  int Spawn(const std::vector<std::string>& command,
            const std::vector<std::string>& environment, pid_t& child) const;
  int WaitFor(pid_t child) const;

  std::set<int> inherited_;  // descriptors
  sigset_t watched_ = {};
  sigset_t mask_before_ = {};
  bool sigpipe_was_default_ = true;
};

}  // namespace tufmirror::cli

#endif  // TUFMIRROR_SRC_CLI_FOREGROUND_COMMAND_H_
