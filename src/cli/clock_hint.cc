#include "cli/clock_hint.h"

#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/http/transfers.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::cli {
namespace {

// Clocks that agree to within this are both right.
constexpr absl::Duration kSameTime = absl::Minutes(10);
constexpr uint64_t kMaxAnswerBytes = uint64_t{64} << 10;

bool MayBeTheClock(const absl::Status& failure) {
  if (FailureOf(failure) == Failure::kExpired) return true;
  return FailureOf(failure) == Failure::kNetwork &&
         MessageOf(failure).find("certificate") != std::string_view::npos;
}

// An answer that comes at all says what time it is, whatever else it says; one
// attempt only.
std::optional<absl::Time> ServerTime(const std::vector<std::string>& mirrors) {
  http::TransferOptions options;
  options.retries = 0;
  options.connect_timeout = absl::Seconds(5);
  options.metadata_timeout = absl::Seconds(5);
  const auto transfers = http::Transfers::Create(options);
  if (!transfers.ok()) return std::nullopt;
  for (const std::string& mirror : mirrors) {
    http::FetchRequest request;
    request.urls = {http::JoinUrl(mirror, "metadata/timestamp.json")};
    request.max_bytes = kMaxAnswerBytes;
    request.wanted_headers = {"date"};
    const auto response = (*transfers)->Fetch(std::move(request));
    if (!response.ok()) continue;
    const auto date = response->headers.find("date");
    if (date != response->headers.end()) return ParseHttpDate(date->second);
  }
  return std::nullopt;
}

}  // namespace

std::optional<absl::Time> ParseHttpDate(std::string_view text) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT", ToAbsl(text), &time,
                       &error)) {
    return std::nullopt;
  }
  return time;
}

std::string ClockHint(const absl::Status& failure, absl::Time now,
                      std::optional<absl::Time> server) {
  if (!MayBeTheClock(failure)) return "";
  const std::string mine = tuf::FormatExpiry(now);
  if (!server) {
    return fmt::format(
        "Your clock says {}; if that is wrong, set it. If it is right, tell "
        "whoever runs the mirror",
        mine);
  }
  if (absl::AbsDuration(*server - now) <= kSameTime) {
    return fmt::format(
        "Your clock says {}, and so does the mirror's server: what it offers "
        "is too old. Tell whoever runs the mirror, or use another one",
        mine);
  }
  return fmt::format(
      "Your clock says {}, the mirror's server says {}: if your clock is "
      "wrong, "
      "set it",
      mine, tuf::FormatExpiry(*server));
}

absl::Status WithClockHint(const absl::Status& status,
                           const std::vector<std::string>& mirrors,
                           absl::Time now) {
  if (status.ok() || !MayBeTheClock(status)) return status;
  return MakeFailure(FailureOf(status),
                     fmt::format("{}. {}", MessageOf(status),
                                 ClockHint(status, now, ServerTime(mirrors))));
}

}  // namespace tufmirror::cli
