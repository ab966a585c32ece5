// The options of [select].
#ifndef TUFMIRROR_SRC_CLI_SELECT_OPTIONS_H_
#define TUFMIRROR_SRC_CLI_SELECT_OPTIONS_H_

#include <vector>

#include "cli/config_options.h"

namespace tufmirror::cli {

std::vector<Option> SelectOptions();

}  // namespace tufmirror::cli

#endif  // TUFMIRROR_SRC_CLI_SELECT_OPTIONS_H_
