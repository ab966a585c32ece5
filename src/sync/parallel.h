// Independent pieces of work on a few threads, with the caller kept informed.
#ifndef TUFMIRROR_SYNC_PARALLEL_H_
#define TUFMIRROR_SYNC_PARALLEL_H_

#include <cstddef>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace tufmirror::sync {

// Threads that are worth having here: 2 to 8.
int WorkerThreads();

// Calls `work(0)` to `work(count - 1)`, several at a time. Meanwhile calls
// `tick` with the number of finished pieces on the caller's thread, about ten
// times a second and once at the end. The first error, also one of `tick`, lets
// no further piece begin and is returned.
absl::Status ParallelFor(size_t count,
                         absl::FunctionRef<absl::Status(size_t)> work,
                         absl::FunctionRef<absl::Status(size_t done)> tick);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_PARALLEL_H_
