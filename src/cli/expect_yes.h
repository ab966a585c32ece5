// Asking the person at the terminal, before something is signed.
#ifndef TUFMIRROR_SRC_CLI_EXPECT_YES_H_
#define TUFMIRROR_SRC_CLI_EXPECT_YES_H_

#include <string_view>

#include "absl/status/status.h"

namespace tufmirror::cli {

// kUsage where standard input is no terminal, kCancelled unless the answer to
// `question` is "yes".
absl::Status ExpectYes(std::string_view question);

}  // namespace tufmirror::cli

#endif  // TUFMIRROR_SRC_CLI_EXPECT_YES_H_
