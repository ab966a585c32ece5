// Threads take the next index from one counter; the caller waits and ticks.
#include "sync/parallel.h"

#include <algorithm>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace tufmirror::sync {
namespace {

constexpr absl::Duration kTickInterval = absl::Milliseconds(100);

class Pieces {
 public:
  explicit Pieces(size_t count) : count_(count) {}

  // Does pieces until there are none left or one failed.
  void Work(absl::FunctionRef<absl::Status(size_t)> work) {
    size_t index = 0;
    while (Take(index)) Finish(work(index));
    const absl::MutexLock lock(&mutex_);
    --running_;
  }
  void AddWorker() {
    const absl::MutexLock lock(&mutex_);
    ++running_;
  }

  // Waits until all workers ended or it is time to tick again; true: ended.
  bool Wait(size_t& done) {
    const absl::MutexLock lock(&mutex_);
    const bool ended = mutex_.AwaitWithTimeout(
        absl::Condition(
            +[](int* running) { return *running == 0; }, &running_),
        kTickInterval);
    done = done_;
    return ended;
  }

  void Stop(const absl::Status& status) {
    const absl::MutexLock lock(&mutex_);
    if (status_.ok()) status_ = status;
  }
  absl::Status status() {
    const absl::MutexLock lock(&mutex_);
    return status_;
  }

 private:
  bool Take(size_t& index) {
    const absl::MutexLock lock(&mutex_);
    if (next_ == count_ || !status_.ok()) return false;
    index = next_++;
    return true;
  }
  void Finish(const absl::Status& status) {
    const absl::MutexLock lock(&mutex_);
    ++done_;
    if (status_.ok()) status_ = status;
  }

  const size_t count_;
  absl::Mutex mutex_;
  size_t next_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t done_ ABSL_GUARDED_BY(mutex_) = 0;
  int running_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

int WorkerThreads() {
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 2,
                    8);
}

absl::Status ParallelFor(size_t count,
                         absl::FunctionRef<absl::Status(size_t)> work,
                         absl::FunctionRef<absl::Status(size_t done)> tick) {
  if (count == 0) return absl::OkStatus();
  Pieces pieces(count);
  std::vector<std::thread> workers;
  const size_t threads = std::min(count, static_cast<size_t>(WorkerThreads()));
  for (size_t i = 0; i < threads; ++i) {
    pieces.AddWorker();
    workers.emplace_back([&pieces, work] { pieces.Work(work); });
  }
  size_t done = 0;
  bool ended = false;
  while (!ended) {
    ended = pieces.Wait(done);
    pieces.Stop(tick(done));
  }
  for (std::thread& worker : workers) worker.join();
  return pieces.status();
}

}  // namespace tufmirror::sync
