// INI files of another mirror, and what they become: always a configuration
// whose rules are valid and which reads back.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "cli/bandersnatch_config.h"
#include "cli/config_file.h"
#include "tufmirror/select/rules.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using tufmirror::cli::ImportBandersnatch;
  if (size > 4096) return 0;  // each line of a list is checked by itself
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto imported = ImportBandersnatch(text, {});
  if (!imported.ok()) return 0;
  if (!tufmirror::select::CheckRules(imported->config.select).ok()) {
    std::abort();
  }
  const std::string written = tufmirror::cli::WriteConfig(imported->config);
  const auto read = tufmirror::cli::ParseConfig(written, "x.toml");
  if (!read.ok() || read->select != imported->config.select) std::abort();
  return 0;
}
