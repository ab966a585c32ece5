// One line of the list of retired files.
#ifndef TUFMIRROR_SRC_TREE_RETIRED_LINE_H_
#define TUFMIRROR_SRC_TREE_RETIRED_LINE_H_

#include <optional>
#include <string_view>

#include "tufmirror/tree/retired.h"

namespace tufmirror::tree {

// nullopt if `line` is damaged.
std::optional<RetiredFile> ParseRetiredLine(std::string_view line);

}  // namespace tufmirror::tree

#endif  // TUFMIRROR_SRC_TREE_RETIRED_LINE_H_
