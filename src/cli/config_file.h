// HOME/tufmirror.toml: every option, read strictly, written with comments.
#ifndef TUFMIRROR_CLI_CONFIG_FILE_H_
#define TUFMIRROR_CLI_CONFIG_FILE_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "tufmirror/sync/config.h"

namespace tufmirror::cli {

// kUsage, naming file, line, key and what was expected, for text that is not
// TOML, a key that does not exist (with the nearest one that does), a value of
// another type or out of range, and a configuration that lacks its upstream.
absl::StatusOr<sync::Config> ParseConfig(std::string_view text,
                                         const std::string& path);
absl::StatusOr<sync::Config> LoadConfig(const std::string& path);

// The text of a configuration file with every option of `config`.
std::string WriteConfig(const sync::Config& config);

// "90s", "6h", "14d", "1h30m"; kUsage otherwise, and for negative ones.
absl::StatusOr<absl::Duration> ParseDuration(std::string_view text);
std::string DurationText(absl::Duration duration);

// "1073741824", "512kB", "1GiB", "2.5MB"; kUsage otherwise.
absl::StatusOr<uint64_t> ParseByteCount(std::string_view text);
std::string ByteCountText(uint64_t bytes);

}  // namespace tufmirror::cli

#endif  // TUFMIRROR_CLI_CONFIG_FILE_H_
