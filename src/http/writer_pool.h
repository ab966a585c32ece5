// The threads that hash and write, so that the loop never waits for the disk.
#ifndef TUFMIRROR_SRC_HTTP_WRITER_POOL_H_
#define TUFMIRROR_SRC_HTTP_WRITER_POOL_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "http/job.h"

namespace tufmirror::http {

class WriterPool {
 public:
  // Threads start with the first Post. `wake` is called on a pool thread to
  // end a wait that WakeMe announced.
  WriterPool(int threads, std::function<void()> wake);
  // Waits for what was posted.
  ~WriterPool();
  WriterPool(const WriterPool&) = delete;
  WriterPool& operator=(const WriterPool&) = delete;

  // `job`->RunOnPool() will run soon. `job` must not be posted again before
  // that call has begun to return.
  void Post(Job* job);

  // Jobs whose RunOnPool said that they are done, in that order.
  std::vector<Job*> TakeDone();
  // Asks for one `wake` as soon as any posted job has run. False, and nothing
  // asked, if there are done jobs to take at once.
  bool WakeMe();
  // Returns when nothing is queued or running.
  void WaitUntilIdle();

  // Bytes handed to jobs and not yet on disk; jobs keep the account.
  std::atomic<uint64_t>& queued_bytes() { return queued_bytes_; }

 private:
  void Work();

  const int thread_count_;
  const std::function<void()> wake_;
  std::atomic<uint64_t> queued_bytes_ = 0;

  std::mutex mutex_;
  std::condition_variable has_work_;
  std::condition_variable idle_;
  std::deque<Job*> queue_;
  std::vector<Job*> done_;
  int running_ = 0;
  int sleeping_ = 0;
  bool wake_wanted_ = false;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace tufmirror::http

#endif  // TUFMIRROR_SRC_HTTP_WRITER_POOL_H_
