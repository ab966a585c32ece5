// What earlier runs did: one JSON line a run, the newest last.
#ifndef TUFMIRROR_REPORT_HISTORY_H_
#define TUFMIRROR_REPORT_HISTORY_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/report/run_report.h"

namespace tufmirror::report {

// Appends `report` to the file `path`, keeping it at a few hundred runs.
absl::Status AppendHistory(const std::string& path, const RunReport& report);

// The last `count` lines of the file, the newest last; empty if there is none.
absl::StatusOr<std::vector<std::string>> ReadHistory(const std::string& path,
                                                     size_t count);

}  // namespace tufmirror::report

#endif  // TUFMIRROR_REPORT_HISTORY_H_
