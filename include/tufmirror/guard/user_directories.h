// Where a user's own files are: the XDG base directories, and their defaults
// below HOME.
#ifndef TUFMIRROR_GUARD_USER_DIRECTORIES_H_
#define TUFMIRROR_GUARD_USER_DIRECTORIES_H_

#include <string>

#include "absl/status/statusor.h"
#include "tufmirror/guard/installer_environment.h"

namespace tufmirror::guard {

// Absolute paths. Nothing is made here; whoever writes there makes them, for
// their owner only.
struct UserDirectories {
  std::string trust;    // XDG_DATA_HOME/tufmirror/trust: kept for years
  std::string cache;    // XDG_CACHE_HOME/tufmirror/guard: may be lost any time
  std::string runtime;  // XDG_RUNTIME_DIR/tufmirror, else below the cache
};

// A variable whose value is not an absolute path counts as unset, as XDG has
// it. kUsage if HOME would be needed and is not there.
absl::StatusOr<UserDirectories> UserDirectoriesOf(
    const Environment& environment);

}  // namespace tufmirror::guard

#endif  // TUFMIRROR_GUARD_USER_DIRECTORIES_H_
