// Commands that are given bytes and answer with bytes: run without a shell,
// bounded in time and output, and ended with all that they started.
#ifndef TUFMIRROR_FS_COMMAND_H_
#define TUFMIRROR_FS_COMMAND_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace tufmirror::fs {

struct Command {
  // Program and arguments, as the program gets them. A program without '/' is
  // looked for in PATH.
  std::vector<std::string> words;
  std::vector<std::string> environment;  // "NAME=VALUE", nothing else
  absl::Duration timeout = absl::Seconds(30);
  size_t max_output = size_t{8} << 10;  // bytes
};

// Runs `command` and gives its standard output. `input` is its standard input,
// as a file (in memory): it can seek there, ask for the length, and open
// /dev/stdin. It gets no other descriptor, no terminal, no blocked or ignored
// signal, and a session of its own, which is killed as soon as this returns.
// kUsage for no words; kNotFound or kFileSystem if it cannot be run; kTimeout;
// kTooLarge for more output; any other exit status than 0 is kFileSystem, with
// the last line of its standard error in the message.
absl::StatusOr<std::string> RunCommand(const Command& command,
                                       std::string_view input);

// `texts` as exec(3) takes them, with a null pointer last; they are of use as
// long as `texts` is.
std::vector<char*> ExecPointers(const std::vector<std::string>& texts);

}  // namespace tufmirror::fs

#endif  // TUFMIRROR_FS_COMMAND_H_
