// What the configuration of a bandersnatch mirror means here.
#ifndef TUFMIRROR_SRC_CLI_BANDERSNATCH_CONFIG_H_
#define TUFMIRROR_SRC_CLI_BANDERSNATCH_CONFIG_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "tufmirror/sync/config.h"

namespace tufmirror::cli {

struct ImportNote {
  size_t line = 0;   // of the INI file, from 1
  std::string text;  // what the line says, and what becomes of it
};

struct ImportedConfig {
  // [upstream] and [select]; all else is as it was in `base`.
  sync::Config config;
  // Lines whose effect is lost, in order.
  std::vector<ImportNote> lost = {};
  // Lines that need no equivalent: they had no effect, or have it always here.
  std::vector<ImportNote> needless = {};
};

// Puts what `text`, a bandersnatch.conf, says in place of [upstream] and
// [select] of `base`. kMalformed if it is no INI file or has no [mirror].
absl::StatusOr<ImportedConfig> ImportBandersnatch(std::string_view text,
                                                  const sync::Config& base);

}  // namespace tufmirror::cli

#endif  // TUFMIRROR_SRC_CLI_BANDERSNATCH_CONFIG_H_
