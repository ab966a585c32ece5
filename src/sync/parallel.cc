// Threads take the next index from one counter; the caller waits and ticks.
#include "sync/parallel.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace tufmirror::sync {
namespace {

constexpr std::chrono::milliseconds kTickInterval(100);

class Pieces {
 public:
  explicit Pieces(size_t count) : count_(count) {}

  // Does pieces until there are none left or one failed. Taking one locks
  // nothing: pieces can be as small as a single file.
  void Work(absl::FunctionRef<absl::Status(size_t)> work) {
    for (size_t i = next_++; i < count_ && !stopped_; i = next_++) {
      Stop(work(i));
      ++done_;
    }
    const std::lock_guard lock(mutex_);
    --running_;
    ended_.notify_all();
  }
  void AddWorker() {
    const std::lock_guard lock(mutex_);
    ++running_;
  }

  // Waits until all workers ended or it is time to tick again; true: ended.
  bool Wait(size_t& done) {
    std::unique_lock lock(mutex_);
    const bool ended =
        ended_.wait_for(lock, kTickInterval, [this] { return running_ == 0; });
    done = done_;
    return ended;
  }

  // Lets no further piece begin, unless `status` is OK.
  void Stop(const absl::Status& status) {
    if (status.ok()) return;
    const std::lock_guard lock(mutex_);
    if (status_.ok()) status_ = status;
    stopped_ = true;
  }
  absl::Status status() {
    const std::lock_guard lock(mutex_);
    return status_;
  }

 private:
  const size_t count_;
  std::atomic<size_t> next_ = 0;
  std::atomic<size_t> done_ = 0;
  std::atomic<bool> stopped_ = false;
  std::mutex mutex_;
  std::condition_variable ended_;
  int running_ = 0;      // guarded by mutex_
  absl::Status status_;  // guarded by mutex_
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
