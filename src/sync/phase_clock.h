// Measures the phases of a run into its report.
#ifndef TUFMIRROR_SYNC_PHASE_CLOCK_H_
#define TUFMIRROR_SYNC_PHASE_CLOCK_H_

#include <string_view>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tufmirror/report/run_report.h"

namespace tufmirror::sync {

// Runs `step` and adds its duration to `report` under `name`.
template <typename Step>
absl::Status RunPhase(std::string_view name, report::RunReport& report,
                      Step&& step) {
  const absl::Time start = absl::Now();
  absl::Status status = step();
  report.phases.push_back({std::string(name), absl::Now() - start});
  return status;
}

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_PHASE_CLOCK_H_
