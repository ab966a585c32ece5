// What a user is told besides "expired": whether it is the clock.
#ifndef TUFMIRROR_SRC_CLI_CLOCK_HINT_H_
#define TUFMIRROR_SRC_CLI_CLOCK_HINT_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace tufmirror::cli {

// The time in a Date header; nullopt if it is none.
std::optional<absl::Time> ParseHttpDate(std::string_view text);

// A sentence for a failure that a clock may have caused (expired metadata, a
// certificate that is not valid now), empty for any other. `server`: what the
// mirror's server says the time is. Only a hint: nothing is decided by it.
std::string ClockHint(const absl::Status& failure, absl::Time now,
                      std::optional<absl::Time> server);

// `status`, its message followed by the hint where there is one; the first of
// `mirrors` (base URLs) that answers is asked for the time.
absl::Status WithClockHint(const absl::Status& status,
                           const std::vector<std::string>& mirrors,
                           absl::Time now);

}  // namespace tufmirror::cli

#endif  // TUFMIRROR_SRC_CLI_CLOCK_HINT_H_
