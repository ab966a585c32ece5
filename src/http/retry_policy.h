// Which failures can heal, and how long to wait before the next try.
#ifndef TUFMIRROR_SRC_HTTP_RETRY_POLICY_H_
#define TUFMIRROR_SRC_HTTP_RETRY_POLICY_H_

#include <optional>
#include <random>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace tufmirror::http {

// How one try on one mirror failed.
struct TryFailure {
  absl::Status status;    // message without URL or object: "HTTP 503"
  bool can_heal = false;  // the same mirror may do better later
  absl::Duration retry_after =
      absl::ZeroDuration();  // what the server asked for; zero: nothing
};

// True for the HTTP statuses after which another try may succeed: 408, 425,
// 429 and 5xx.
bool HttpStatusCanHeal(int http_status);

// Jittered exponential back-off: between half and all of
// `first` * 2^round, never more than `most`.
class Backoff {
 public:
  Backoff(absl::Duration first, absl::Duration most);

  // `retry_after` replaces the computed time; it too is capped.
  absl::Duration Delay(int round, absl::Duration retry_after);

 private:
  absl::Duration first_;
  absl::Duration most_;
  std::minstd_rand random_;
};

// The order in which the mirrors of one object are tried. A mirror that failed
// in a way that cannot heal is out. The others are tried one after the other
// without a wait; a new round over them begins after a back-off.
class MirrorRounds {
 public:
  MirrorRounds(size_t mirrors, int retries)
      : mirrors_(mirrors), retries_(retries) {}

  size_t current() const { return current_; }
  // True if no try has failed yet.
  bool untroubled() const { return states_.empty(); }

  // Notes that the try on current() failed and moves on. The wait before the
  // next try (zero: at once), or nullopt when there is none left.
  std::optional<absl::Duration> AfterFailure(TryFailure failure,
                                             Backoff& backoff);

  // Everything that failed, each mirror once: "download WHAT from URL: HTTP
  // 503 after 5 tries". `operation` is "fetch" or "download WHAT". The Failure
  // is the gravest: wrong bytes before trouble before absence.
  absl::Status Summary(std::string_view operation,
                       absl::Span<const std::string> urls) const;

 private:
  struct State {
    int tries = 0;
    bool out = false;
    absl::Status status;
  };

  size_t mirrors_;
  int retries_;
  size_t current_ = 0;
  int round_ = 0;
  absl::Duration round_retry_after_;
  std::vector<State> states_;  // made at the first failure
};

}  // namespace tufmirror::http

#endif  // TUFMIRROR_SRC_HTTP_RETRY_POLICY_H_
