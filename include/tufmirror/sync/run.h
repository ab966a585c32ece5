// One run of the main job: lock, look upstream, plan, brakes, get what is
// missing, stage, publish, prune, report.
#ifndef TUFMIRROR_SYNC_RUN_H_
#define TUFMIRROR_SYNC_RUN_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tufmirror/crypto/private_key.h"
#include "tufmirror/report/run_report.h"
#include "tufmirror/sync/config.h"
#include "tufmirror/tree/home.h"

namespace tufmirror::sync {

// How far a run is; for progress bars.
struct Progress {
  std::string_view phase;  // "fetch", "download", "publish", ...
  uint64_t files_done = 0;
  uint64_t files_total = 0;
  uint64_t bytes_done = 0;
  uint64_t bytes_total = 0;  // 0: not known
};

struct RunOptions {
  bool dry_run = false;
  absl::Time now;  // the reference time of the whole run
  // Called about ten times a second; an error from it (kCancelled) stops the
  // run, the old generation still served.
  absl::AnyInvocable<absl::Status(const Progress&)> on_progress;
  // Called for each planned change in a dry run: "add", "change" or "remove".
  absl::AnyInvocable<void(std::string_view action, std::string_view path)>
      on_planned;
  // Origin: gives the passphrase of an online key that is an encrypted file;
  // called at most once for each.
  absl::AnyInvocable<absl::StatusOr<crypto::Secret>(const OnlineSigner& key)>
      passphrase;
};

// Runs once. Takes the home's lock; kLocked in the outcome if it is held.
// Whatever happened is in the report; its outcome is the run's.
report::RunReport RunSync(const tree::Home& home, const Config& config,
                          RunOptions& options);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_RUN_H_
