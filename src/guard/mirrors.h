// Which mirror is asked next: the fastest good one; one that lies or is dead
// waits.
#ifndef TUFMIRROR_SRC_GUARD_MIRRORS_H_
#define TUFMIRROR_SRC_GUARD_MIRRORS_H_

#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "guard/ledger.h"
#include "tufmirror/guard/guard.h"

namespace tufmirror::guard {

// `status` with the mirror (without credentials) that is to blame for it.
absl::Status Blame(absl::Status status, const std::string& mirror);
// That mirror; empty if none.
std::string BlamedMirror(const absl::Status& status);

// What several mirrors failed with, as one failure: the gravest, with the
// messages of all. `failures` is not empty.
absl::Status GravestOf(const std::vector<absl::Status>& failures);

// True for failures that say something about the mirror, and not about this
// machine or the request.
bool IsMirrorsFault(const absl::Status& status);

// For any number of threads. Mirrors are known by their index in `urls`.
class Mirrors {
 public:
  // `ledger` outlives this.
  Mirrors(std::vector<std::string> urls, absl::Duration drop_time,
          Ledger& ledger);

  size_t size() const { return urls_.size(); }
  const std::string& url(size_t mirror) const { return urls_[mirror]; }
  // Fit for a message.
  const std::string& shown(size_t mirror) const { return shown_[mirror]; }

  // Good mirrors, the fastest first; those whose speed is not known are as
  // good as the fastest. If none is good, all.
  std::vector<size_t> Order() const;

  // It gave what it should.
  void Succeeded(size_t mirror);
  // The time of a small request, for the order.
  void Measured(size_t mirror, absl::Duration took);
  // Drops it for a while.
  void Failed(size_t mirror, const absl::Status& reason);

  std::vector<MirrorState> states() const;
  // The one that succeeded last; empty if none did.
  std::string in_use() const;

 private:
  struct State {
    absl::Duration speed;  // zero: not known
    absl::Time dropped_until = absl::InfinitePast();
    bool dropped = false;
    std::string reason;
  };

  const std::vector<std::string> urls_;
  std::vector<std::string> shown_;
  const absl::Duration drop_time_;
  Ledger& ledger_;
  mutable std::mutex mutex_;  // of everything below
  std::vector<State> states_;
  size_t in_use_;
};

}  // namespace tufmirror::guard

#endif  // TUFMIRROR_SRC_GUARD_MIRRORS_H_
