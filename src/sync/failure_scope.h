// Whose trouble a failure is: one file's, or the whole run's; and how long it
// lasts.
#ifndef TUFMIRROR_SYNC_FAILURE_SCOPE_H_
#define TUFMIRROR_SYNC_FAILURE_SCOPE_H_

#include "tufmirror/base/failure.h"

namespace tufmirror::sync {

// True for failures of this machine, which every further file would meet too.
inline bool ConcernsEveryFile(Failure failure) {
  return failure == Failure::kDiskFull || failure == Failure::kFileSystem ||
         failure == Failure::kInternal || failure == Failure::kCancelled;
}

// True for failures that the next run may not meet, with nothing changed.
inline bool MayPass(Failure failure) {
  return failure == Failure::kNetwork || failure == Failure::kTimeout ||
         failure == Failure::kHttpStatus;
}

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_FAILURE_SCOPE_H_
