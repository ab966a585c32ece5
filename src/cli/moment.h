// A day or a moment as people write it on the command line.
#ifndef TUFMIRROR_CLI_MOMENT_H_
#define TUFMIRROR_CLI_MOMENT_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace tufmirror::cli {

// "2027-03-01" (its first second) or "2027-03-01T12:00:00Z", in UTC; kUsage
// for anything else. Empty: now.
absl::StatusOr<absl::Time> ParseMoment(std::string_view text);

}  // namespace tufmirror::cli

#endif  // TUFMIRROR_CLI_MOMENT_H_
