// One form for both, that of expiries in metadata.
#include "cli/moment.h"

#include <string>

#include "absl/time/clock.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::cli {

absl::StatusOr<absl::Time> ParseMoment(std::string_view text) {
  if (text.empty()) return absl::Now();
  constexpr size_t kDayLength = 10;
  const bool is_day = text.size() == kDayLength;
  auto moment =
      tuf::ParseExpiry(std::string(text) + (is_day ? "T00:00:00Z" : ""));
  if (moment.ok()) return moment;
  return MakeFailure(
      Failure::kUsage,
      fmt::format("expected a day such as \"2027-03-01\" or a moment such as "
                  "\"2027-03-01T12:00:00Z\", got \"{}\"",
                  Printable(text, 40)));
}

}  // namespace tufmirror::cli
