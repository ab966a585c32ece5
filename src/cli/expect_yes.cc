#include "cli/expect_yes.h"

#include <unistd.h>

#include <cstdio>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::cli {

absl::Status ExpectYes(std::string_view question) {
  if (isatty(STDIN_FILENO) != 1) {
    return MakeFailure(Failure::kUsage,
                       "nobody is here to be asked: run it on a terminal, or "
                       "give --yes");
  }
  fmt::print("\n{} [yes/no] ", question);
  std::fflush(stdout);
  char answer[16] = {};
  const bool read = std::fgets(answer, sizeof answer, stdin) != nullptr;
  if (read && StripWhitespace(answer) == "yes") return absl::OkStatus();
  return MakeFailure(Failure::kCancelled, "nothing was changed");
}

}  // namespace tufmirror::cli
