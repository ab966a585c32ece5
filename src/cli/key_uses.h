// Which roles name a key: in a metadata file, or in all that a home serves.
#ifndef TUFMIRROR_SRC_CLI_KEY_USES_H_
#define TUFMIRROR_SRC_CLI_KEY_USES_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::cli {

struct KeyUse {
  std::string role;  // "bin-*" for bins that share their keys
  int64_t threshold = 0;
  size_t keys = 0;
};

// `place` is a home, whose metadata are verified as a client does, or a file of
// root or targets metadata, taken as it is. The same key counts however it is
// written down. Errors of reading `place`; kUnsupported for other metadata.
absl::StatusOr<std::vector<KeyUse>> UsesOfKey(const tuf::Key& key,
                                              const std::string& place);

}  // namespace tufmirror::cli

#endif  // TUFMIRROR_SRC_CLI_KEY_USES_H_
