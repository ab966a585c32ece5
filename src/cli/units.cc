// Durations and byte counts as people write them.
#include <array>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "cli/config_file.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::cli {
namespace {

constexpr std::array<std::pair<std::string_view, double>, 10> kByteUnits = {{
    {"", 1},
    {"B", 1},
    {"kB", 1e3},
    {"MB", 1e6},
    {"GB", 1e9},
    {"TB", 1e12},
    {"KiB", 1024.0},
    {"MiB", 1024.0 * 1024},
    {"GiB", 1024.0 * 1024 * 1024},
    {"TiB", 1024.0 * 1024 * 1024 * 1024},
}};

}  // namespace

absl::StatusOr<absl::Duration> ParseDuration(std::string_view text) {
  absl::Duration duration;
  int64_t days = 0;
  const bool is_days =
      text.ends_with('d') &&
      absl::SimpleAtoi(ToAbsl(text.substr(0, text.size() - 1)), &days);
  if (is_days && days >= 0 && days < 100'000) return absl::Hours(24 * days);
  if (!is_days && absl::ParseDuration(std::string(text), &duration) &&
      duration >= absl::ZeroDuration() && duration < absl::Hours(2'400'000)) {
    return duration;
  }
  return MakeFailure(
      Failure::kUsage,
      fmt::format("expected a duration such as \"90s\", \"6h\" or \"14d\", "
                  "got \"{}\"",
                  Printable(text, 40)));
}

std::string DurationText(absl::Duration duration) {
  const int64_t hours = absl::ToInt64Hours(duration);
  if (hours >= 24 && duration == absl::Hours(hours) && hours % 24 == 0) {
    return fmt::format("{}d", hours / 24);
  }
  return std::string(absl::FormatDuration(duration));
}

absl::StatusOr<uint64_t> ParseByteCount(std::string_view text) {
  const size_t number_end = text.find_first_not_of("0123456789.");
  const std::string_view number = text.substr(0, number_end);
  const std::string_view unit =
      number_end == std::string_view::npos ? "" : text.substr(number_end);
  double value = 0;
  if (!number.empty() && absl::SimpleAtod(ToAbsl(number), &value)) {
    for (const auto& [name, factor] : kByteUnits) {
      if (unit == name && value * factor < 9e18) {
        return static_cast<uint64_t>(std::llround(value * factor));
      }
    }
  }
  return MakeFailure(
      Failure::kUsage,
      fmt::format("expected a number of bytes such as \"512kB\", \"1GiB\" or "
                  "\"1000000\", got \"{}\"",
                  Printable(text, 40)));
}

std::string ByteCountText(uint64_t bytes) {
  for (auto unit = kByteUnits.rbegin(); unit != kByteUnits.rend(); ++unit) {
    const auto factor = static_cast<uint64_t>(unit->second);
    if (factor > 1 && bytes >= factor && bytes % factor == 0) {
      return fmt::format("{}{}", bytes / factor, unit->first);
    }
  }
  return fmt::format("{}", bytes);
}

}  // namespace tufmirror::cli
