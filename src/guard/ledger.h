// What a guard counts and tells: statistics, refusals, log lines.
#ifndef TUFMIRROR_SRC_GUARD_LEDGER_H_
#define TUFMIRROR_SRC_GUARD_LEDGER_H_

#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <utility>

#include "tufmirror/guard/guard.h"

namespace tufmirror::guard {

// For any number of threads.
class Ledger {
 public:
  explicit Ledger(std::function<void(const LogLine&)> log)
      : log_(std::move(log)) {}

  void Log(LogLine::Kind kind, std::string text);
  // Counts, keeps and logs it.
  void Refuse(Refusal refusal);

  void CountRequest() { Add(&Stats::requests, 1); }
  // An answer with `bytes` of a verified target.
  void CountAnswer(uint64_t bytes);
  void CountCacheHit() { Add(&Stats::cache_hits, 1); }
  void CountMetadata(uint64_t bytes) { Add(&Stats::metadata_bytes, bytes); }
  void CountTargets(uint64_t bytes) { Add(&Stats::target_bytes, bytes); }

  // Without what only the mirrors know.
  Stats stats() const;

 private:
  void Add(uint64_t Stats::*counter, uint64_t count);

  const std::function<void(const LogLine&)> log_;
  std::mutex log_mutex_;
  mutable std::mutex mutex_;  // of everything below
  Stats stats_;
  std::deque<Refusal> refusals_;
};

}  // namespace tufmirror::guard

#endif  // TUFMIRROR_SRC_GUARD_LEDGER_H_
