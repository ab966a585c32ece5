#include "guard/mirrors.h"

#include <algorithm>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/time/clock.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/http/transfers.h"

namespace tufmirror::guard {
namespace {

constexpr absl::string_view kMirrorPayload = "tufmirror/mirror";
// The weight of the newest measurement.
constexpr double kNewest = 0.3;

// A lie is told before trouble, trouble before absence.
int Weight(const absl::Status& status) {
  const Failure failure = FailureOf(status);
  if (IsSecurityFailure(failure)) return 3;
  if (failure == Failure::kMalformed) return 2;
  return failure == Failure::kNotFound ? 0 : 1;
}

}  // namespace

absl::Status Blame(absl::Status status, const std::string& mirror) {
  status.SetPayload(kMirrorPayload, absl::Cord(mirror));
  return status;
}

std::string BlamedMirror(const absl::Status& status) {
  const auto payload = status.GetPayload(kMirrorPayload);
  return payload ? std::string(*payload) : std::string();
}

absl::Status GravestOf(const std::vector<absl::Status>& failures) {
  const absl::Status& gravest =
      *std::max_element(failures.begin(), failures.end(),
                        [](const absl::Status& a, const absl::Status& b) {
                          return Weight(a) < Weight(b);
                        });
  if (failures.size() == 1) return gravest;
  std::string message(MessageOf(gravest));
  for (const absl::Status& failure : failures) {
    if (&failure == &gravest) continue;
    message += "; ";
    message += MessageOf(failure);
  }
  absl::Status all = MakeFailure(FailureOf(gravest), message);
  return Blame(std::move(all), BlamedMirror(gravest));
}

bool IsMirrorsFault(const absl::Status& status) {
  switch (FailureOf(status)) {
    case Failure::kNetwork:
    case Failure::kTimeout:
    case Failure::kNotFound:
    case Failure::kHttpStatus:
    case Failure::kMalformed:
    case Failure::kUnsupported:
      return true;
    default:
      return IsSecurityFailure(FailureOf(status));
  }
}

Mirrors::Mirrors(std::vector<std::string> urls, absl::Duration drop_time,
                 Ledger& ledger)
    : urls_(std::move(urls)),
      drop_time_(drop_time),
      ledger_(ledger),
      states_(urls_.size()),
      in_use_(urls_.size()) {
  shown_.reserve(urls_.size());
  for (const std::string& url : urls_) shown_.push_back(http::RedactUrl(url));
}

std::vector<size_t> Mirrors::Order() const {
  const absl::Time now = absl::Now();
  const std::lock_guard lock(mutex_);
  std::vector<size_t> order;
  for (size_t i = 0; i < states_.size(); ++i) {
    if (states_[i].dropped_until <= now) order.push_back(i);
  }
  if (order.empty()) {
    for (size_t i = 0; i < states_.size(); ++i) order.push_back(i);
  }
  absl::Duration fastest = absl::InfiniteDuration();
  for (const State& state : states_) {
    if (state.speed > absl::ZeroDuration()) {
      fastest = std::min(fastest, state.speed);
    }
  }
  const auto speed = [this, fastest](size_t mirror) {
    const absl::Duration known = states_[mirror].speed;
    return known > absl::ZeroDuration() ? known : fastest;
  };
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    // One that was dropped before has to show first that it is better now.
    if (states_[a].dropped != states_[b].dropped) return states_[b].dropped;
    return speed(a) < speed(b);
  });
  return order;
}

void Mirrors::Succeeded(size_t mirror) {
  bool back = false;
  {
    const std::lock_guard lock(mutex_);
    State& state = states_[mirror];
    back = std::exchange(state.dropped, false);
    state.dropped_until = absl::InfinitePast();
    in_use_ = mirror;
  }
  if (back) {
    ledger_.Log(LogLine::Kind::kMirrorBack,
                fmt::format("mirror {} is used again", shown_[mirror]));
  }
}

void Mirrors::Measured(size_t mirror, absl::Duration took) {
  const std::lock_guard lock(mutex_);
  absl::Duration& speed = states_[mirror].speed;
  speed = speed == absl::ZeroDuration()
              ? took
              : speed * (1 - kNewest) + took * kNewest;
}

void Mirrors::Failed(size_t mirror, const absl::Status& reason) {
  {
    const std::lock_guard lock(mutex_);
    State& state = states_[mirror];
    state.dropped = true;
    state.dropped_until = absl::Now() + drop_time_;
    state.reason = Printable(MessageOf(reason), 1000);
  }
  ledger_.Log(LogLine::Kind::kMirrorDropped,
              fmt::format("mirror {} is not used for {}: {} check: {}",
                          shown_[mirror], absl::FormatDuration(drop_time_),
                          FailureName(FailureOf(reason)), MessageOf(reason)));
}

std::vector<MirrorState> Mirrors::states() const {
  const std::lock_guard lock(mutex_);
  std::vector<MirrorState> states;
  for (size_t i = 0; i < states_.size(); ++i) {
    states.push_back({.url = shown_[i],
                      .dropped = states_[i].dropped,
                      .reason = states_[i].reason});
  }
  return states;
}

std::string Mirrors::in_use() const {
  const std::lock_guard lock(mutex_);
  return in_use_ < shown_.size() ? shown_[in_use_] : std::string();
}

}  // namespace tufmirror::guard
