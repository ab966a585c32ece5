// Expiry times: one strict format (TUF 4.2.1), because lenient readers
// disagree about the rest.
#include <cstdint>

#include "absl/time/civil_time.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::tuf {
namespace {

constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:ddZ";

absl::Status NotAnExpiry(std::string_view text) {
  return MakeFailure(
      Failure::kMalformed,
      fmt::format("expires: expected YYYY-MM-DDTHH:MM:SSZ, got '{}'",
                  Printable(text, 40)));
}

int64_t NumberAt(std::string_view text, size_t position, size_t digits) {
  int64_t number = 0;
  for (const char c : text.substr(position, digits)) {
    number = number * 10 + (c - '0');
  }
  return number;
}

}  // namespace

absl::StatusOr<absl::Time> ParseExpiry(std::string_view text) {
  if (text.size() != kForm.size()) return NotAnExpiry(text);
  for (size_t i = 0; i < kForm.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kForm[i] == 'd' ? !digit : text[i] != kForm[i]) {
      return NotAnExpiry(text);
    }
  }
  const int64_t year = NumberAt(text, 0, 4);
  const int64_t month = NumberAt(text, 5, 2);
  const int64_t day = NumberAt(text, 8, 2);
  const int64_t hour = NumberAt(text, 11, 2);
  const int64_t minute = NumberAt(text, 14, 2);
  const int64_t second = NumberAt(text, 17, 2);
  const absl::CivilSecond civil(year, month, day, hour, minute, second);
  // CivilSecond normalizes 31 February; a strict reader does not.
  if (civil.month() != month || civil.day() != day || civil.hour() != hour ||
      civil.minute() != minute || civil.second() != second) {
    return NotAnExpiry(text);
  }
  return absl::FromCivil(civil, absl::UTCTimeZone());
}

std::string FormatExpiry(absl::Time time) {
  return absl::FormatTime("%E4Y-%m-%d%ET%H:%M:%SZ", time, absl::UTCTimeZone());
}

}  // namespace tufmirror::tuf
