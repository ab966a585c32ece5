// The one thread of control over all transfers: keeps the window full, moves
// bytes, sends jobs to their next step. Knows nothing of what jobs do.
#ifndef TUFMIRROR_SRC_HTTP_TRANSFER_LOOP_H_
#define TUFMIRROR_SRC_HTTP_TRANSFER_LOOP_H_

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "http/easy_handle.h"
#include "http/job.h"
#include "http/multi_handle.h"
#include "http/rate_limit.h"
#include "http/writer_pool.h"
#include "tufmirror/http/transfers.h"

namespace tufmirror::http {

class TransferLoop {
 public:
  // The next job, or null when there are no more.
  using NextJob = absl::FunctionRef<std::unique_ptr<Job>()>;

  // References outlive the loop. `max_queued_bytes`: no new job begins while
  // the pool has more than that to do.
  TransferLoop(const TransferOptions& options, const Credentials& credentials,
               MultiHandle& multi, WriterPool& pool, TransferCounters& counters,
               size_t max_queued_bytes);
  ~TransferLoop();
  TransferLoop(const TransferLoop&) = delete;
  TransferLoop& operator=(const TransferLoop&) = delete;

  void SetTick(Transfers::Tick tick) { tick_ = std::move(tick); }

  // Runs jobs until `next` has no more and all have reported. On an error from
  // a report or a tick the rest is abandoned; nothing of it is left running.
  absl::Status Run(NextJob next);
  bool running() const { return running_; }

 private:
  using Clock = std::chrono::steady_clock;

  // A place in the window, with its own easy handle.
  struct Slot {
    TransferLoop* loop = nullptr;
    std::unique_ptr<EasyHandle> handle;
    std::unique_ptr<Job> job;  // null: free
    bool paused = false;
  };
  struct Waiting {
    Clock::time_point until;
    std::unique_ptr<Job> job;
  };

  absl::Status RunUntilDone(NextJob next);
  void Abandon();
  bool Idle() const;

  // Sends `job` where `step` says.
  absl::Status Take(std::unique_ptr<Job> job, Step step);
  absl::Status AdmitNew(NextJob next);
  void AdmitWaiting();
  absl::Status StartReady();
  absl::Status StartOn(Slot& slot, std::unique_ptr<Job> job);
  absl::StatusOr<Slot*> FreeSlot();
  absl::Status HandleEnded();
  absl::Status HandlePoolDone();
  void ResumePaused();
  absl::Status TickIfDue();
  absl::Status WaitForEvents();
  std::chrono::milliseconds WaitTime();

  static size_t OnWrite(char* data, size_t size, size_t count, void* slot);
  size_t Receive(Slot& slot, std::string_view bytes);
  void Count(uint64_t received);

  const TransferOptions& options_;
  const Credentials& credentials_;
  MultiHandle& multi_;
  WriterPool& pool_;
  TransferCounters& counters_;
  const size_t max_queued_bytes_;
  RateLimit rate_;
  Transfers::Tick tick_;

  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<Slot*> free_;
  size_t active_ = 0;                       // slots with a job
  size_t paused_ = 0;                       // of those
  size_t next_paused_ = 0;                  // whose turn it is to go on
  std::deque<std::unique_ptr<Job>> ready_;  // wait for a slot
  std::vector<Waiting> waiting_;            // wait for a time
  size_t in_pool_ = 0;  // jobs owned here by nobody until the pool is done
  bool no_more_ = false;
  bool running_ = false;
  Clock::time_point now_;
  Clock::time_point next_tick_;
};

}  // namespace tufmirror::http

#endif  // TUFMIRROR_SRC_HTTP_TRANSFER_LOOP_H_
