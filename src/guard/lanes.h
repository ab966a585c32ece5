// Transfers for several threads: each thread leases a lane of its own for one
// piece of work.
#ifndef TUFMIRROR_SRC_GUARD_LANES_H_
#define TUFMIRROR_SRC_GUARD_LANES_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/statusor.h"
#include "tufmirror/http/transfers.h"

namespace tufmirror::guard {

// For any number of threads.
class Lanes {
 public:
  // Makes a lane at once, so that what is wrong with `options` is told here.
  // `stopping` outlives this; once it is true, transfers fail (kCancelled).
  static absl::StatusOr<std::unique_ptr<Lanes>> Create(
      const http::TransferOptions& options, size_t most,
      const std::atomic<bool>& stopping);

  class Lease {
   public:
    Lease(Lanes& lanes, std::unique_ptr<http::Transfers> transfers)
        : lanes_(&lanes), transfers_(std::move(transfers)) {
      before_ = transfers_->counters().bytes_received;
    }
    Lease(Lease&&) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (transfers_) lanes_->Return(std::move(transfers_));
    }
    http::Transfers& transfers() { return *transfers_; }
    // Received during this lease.
    uint64_t bytes() const {
      return transfers_->counters().bytes_received - before_;
    }

   private:
    Lanes* lanes_;
    std::unique_ptr<http::Transfers> transfers_;
    uint64_t before_ = 0;
  };

  bool stopping() const { return stopping_; }

  // Waits for a free lane. kCancelled when stopping.
  absl::StatusOr<Lease> Take();

 private:
  Lanes(const http::TransferOptions& options, size_t most,
        const std::atomic<bool>& stopping)
      : options_(options), most_(most), stopping_(stopping) {}
  absl::StatusOr<std::unique_ptr<http::Transfers>> NewLane() const;
  void Return(std::unique_ptr<http::Transfers> transfers);

  const http::TransferOptions options_;
  const size_t most_;
  const std::atomic<bool>& stopping_;
  std::mutex mutex_;  // of everything below
  std::condition_variable freed_;
  std::vector<std::unique_ptr<http::Transfers>> free_;
  size_t made_ = 0;
};

}  // namespace tufmirror::guard

#endif  // TUFMIRROR_SRC_GUARD_LANES_H_
