// Which of the targets that upstream signs a tree can have.
#ifndef TUFMIRROR_SYNC_SERVABLE_H_
#define TUFMIRROR_SYNC_SERVABLE_H_

#include "absl/status/statusor.h"
#include "tufmirror/base/target_path.h"
#include "tufmirror/tree/layout.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::sync {

// The path of `target` in the trees of a home. kUnsafePath if it would escape
// or collide with the mirror's own files, or if one of its names would be too
// long for a file system.
//
// Such a target is left out and reported, and the rest is mirrored: what is
// signed is upstream's doing, verified like everything else, so that it is no
// sign of an attack on the way here; and one bad name must not keep a whole
// repository from its readers. They miss this file, and say so when asked.
absl::StatusOr<TargetPath> ServablePath(const tree::Layout& layout,
                                        const tuf::TargetFile& target);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_SERVABLE_H_
