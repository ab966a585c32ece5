// The versions of a snapshot without its names: for who has any older snapshot
// with the same roles, whichever it is.
//
// A list is trusted as little as a delta pack, and as bounded in use.
#ifndef TUFMIRROR_COMPRESS_VERSION_LIST_H_
#define TUFMIRROR_COMPRESS_VERSION_LIST_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tufmirror::compress {

// A longer list is not worth reading.
inline constexpr uint64_t kMaxVersionListBytes = uint64_t{4} << 20;

// A smaller snapshot is better fetched whole.
inline constexpr uint64_t kLeastListedSnapshot = uint64_t{8} << 10;

// What is special about `snapshot` beside others of the same roles: the text
// before its first version and after its last one, and all its versions.
// kMalformed for text that has not at least one version.
absl::StatusOr<std::string> MakeVersionList(std::string_view snapshot);

// The snapshot of which `list` was made, if `base` has the same roles; other
// bytes if not. kMalformed for a list that is broken or has another number of
// versions, kTooLarge beyond `max_bytes`.
absl::StatusOr<std::string> ApplyVersionList(std::string_view base,
                                             std::string_view list,
                                             uint64_t max_bytes);

}  // namespace tufmirror::compress

#endif  // TUFMIRROR_COMPRESS_VERSION_LIST_H_
