// The origin's half of the main job: what the source directory has becomes
// signed targets.
#ifndef TUFMIRROR_SYNC_ORIGIN_RUN_H_
#define TUFMIRROR_SYNC_ORIGIN_RUN_H_

#include "absl/status/status.h"
#include "tufmirror/report/run_report.h"
#include "tufmirror/sync/config.h"
#include "tufmirror/sync/run.h"
#include "tufmirror/tree/home.h"

namespace tufmirror::sync {

// One run: scan, compare, brakes, adopt, sign, stage, verify, publish, prune.
// The caller holds the home's lock. The result is the run's outcome; all else
// is in `report`.
absl::Status RunOrigin(const tree::Home& home, const Config& config,
                       RunOptions& options, report::RunReport& report);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_ORIGIN_RUN_H_
