// Verified files on their way to where they are served from.
#ifndef TUFMIRROR_SYNC_LIVE_FILES_H_
#define TUFMIRROR_SYNC_LIVE_FILES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/base/digest.h"
#include "tufmirror/base/target_path.h"
#include "tufmirror/tree/home.h"
#include "tufmirror/tree/staging.h"

namespace tufmirror::sync {

// Where the bytes of one target collect. Two targets may have the same bytes:
// each collects in a file of its own.
std::string PartialPathOf(const tree::StagingArea& staging,
                          const TargetPath& path,
                          const ExpectedContent& content);

// Moves `from`, verified to be `content`, below packages/ if `path` is a
// package (as StagingArea::AcceptPackage), to its blob otherwise.
absl::Status AcceptFile(const tree::StagingArea& staging,
                        const TargetPath& path, const ExpectedContent& content,
                        const std::string& from);

// Looks for `content` under both names that a published target has in the live
// tree, and accepts it under those that lack it; false if neither has it.
absl::StatusOr<bool> TakeFromLive(const tree::Home& home,
                                  const TargetPath& path,
                                  const ExpectedContent& content);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_LIVE_FILES_H_
