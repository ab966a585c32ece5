#include "guard/ledger.h"

#include "tufmirror/base/strings.h"

namespace tufmirror::guard {
namespace {

constexpr size_t kKeptRefusals = 100;
constexpr size_t kLogLineBytes = 2000;

}  // namespace

void Ledger::Log(LogLine::Kind kind, std::string text) {
  if (!log_) return;
  const std::lock_guard lock(log_mutex_);
  log_({.kind = kind, .text = Printable(text, kLogLineBytes)});
}

void Ledger::Refuse(Refusal refusal) {
  Log(LogLine::Kind::kRefusal, refusal.message);
  const std::lock_guard lock(mutex_);
  ++stats_.refused;
  refusals_.push_back(std::move(refusal));
  if (refusals_.size() > kKeptRefusals) refusals_.pop_front();
}

void Ledger::CountAnswer(uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  ++stats_.files_verified;
  stats_.bytes_sent += bytes;
}

void Ledger::Add(uint64_t Stats::*counter, uint64_t count) {
  const std::lock_guard lock(mutex_);
  stats_.*counter += count;
}

Stats Ledger::stats() const {
  const std::lock_guard lock(mutex_);
  Stats stats = stats_;
  stats.refusals.assign(refusals_.begin(), refusals_.end());
  return stats;
}

}  // namespace tufmirror::guard
