// The filter plugins of bandersnatch as rules of selection.
#ifndef TUFMIRROR_SRC_CLI_BANDERSNATCH_PLUGINS_H_
#define TUFMIRROR_SRC_CLI_BANDERSNATCH_PLUGINS_H_

#include "cli/bandersnatch_config.h"
#include "cli/ini_file.h"

namespace tufmirror::cli {

// Translates [plugins] and the sections of its plugins into
// `imported.config.select`, which is empty before, and notes the rest.
void ImportPlugins(const IniFile& file, ImportedConfig& imported);

}  // namespace tufmirror::cli

#endif  // TUFMIRROR_SRC_CLI_BANDERSNATCH_PLUGINS_H_
