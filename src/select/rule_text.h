// How messages name an option with its values.
#ifndef TUFMIRROR_SRC_SELECT_RULE_TEXT_H_
#define TUFMIRROR_SRC_SELECT_RULE_TEXT_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace tufmirror::select {

// "platforms 'linux', 'macos'", shortened if there are many.
std::string RuleText(std::string_view option,
                     const std::vector<std::string>& values);
std::string RuleText(std::string_view option, std::string_view value);

// The failure of a value of [select]: "select.platforms: 'beos': ...".
absl::Status BadValue(std::string_view option, std::string_view value,
                      std::string_view expected);

}  // namespace tufmirror::select

#endif  // TUFMIRROR_SRC_SELECT_RULE_TEXT_H_
