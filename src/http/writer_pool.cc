// See writer_pool.h. One mutex; jobs run without it.
#include "http/writer_pool.h"

#include <utility>

namespace tufmirror::http {

WriterPool::WriterPool(int threads, std::function<void()> wake)
    : thread_count_(threads), wake_(std::move(wake)) {}

WriterPool::~WriterPool() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  has_work_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void WriterPool::Post(Job* job) {
  bool notify = false;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    queue_.push_back(job);
    notify = sleeping_ > 0;
    const auto wanted = queue_.size() + static_cast<size_t>(running_);
    if (wanted > threads_.size() &&
        threads_.size() < static_cast<size_t>(thread_count_)) {
      threads_.emplace_back(&WriterPool::Work, this);
    }
  }
  if (notify) has_work_.notify_one();
}

std::vector<Job*> WriterPool::TakeDone() {
  std::lock_guard<std::mutex> lock(mutex_);
  return std::exchange(done_, {});
}

bool WriterPool::WakeMe() {
  std::lock_guard<std::mutex> lock(mutex_);
  if (!done_.empty()) return false;
  wake_wanted_ = true;
  return true;
}

void WriterPool::WaitUntilIdle() {
  std::unique_lock<std::mutex> lock(mutex_);
  idle_.wait(lock, [this] { return queue_.empty() && running_ == 0; });
}

void WriterPool::Work() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    ++sleeping_;
    has_work_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    --sleeping_;
    if (queue_.empty()) return;
    Job* job = queue_.front();
    queue_.pop_front();
    ++running_;
    lock.unlock();
    const bool done = job->RunOnPool();
    lock.lock();
    --running_;
    if (done) done_.push_back(job);
    if (queue_.empty() && running_ == 0) idle_.notify_all();
    if (std::exchange(wake_wanted_, false)) {
      lock.unlock();
      wake_();
      lock.lock();
    }
  }
}

}  // namespace tufmirror::http
