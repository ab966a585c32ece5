// The words of bandersnatch's exclude_platform.
#ifndef TUFMIRROR_SRC_CLI_BANDERSNATCH_PLATFORMS_H_
#define TUFMIRROR_SRC_CLI_BANDERSNATCH_PLATFORMS_H_

#include <string>
#include <string_view>
#include <vector>

namespace tufmirror::cli {

// Values for exclude_platforms, exclude_pythons and exclude_files.
struct ExcludedPlatform {
  std::vector<std::string> platforms = {};
  std::vector<std::string> pythons = {};
  std::vector<std::string> files = {};
};

// An operating system, a Python ("py2", "py3.9"), or else a part of a file's
// name, which source distributions may have.
ExcludedPlatform ExcludePlatform(std::string_view word);

}  // namespace tufmirror::cli

#endif  // TUFMIRROR_SRC_CLI_BANDERSNATCH_PLATFORMS_H_
