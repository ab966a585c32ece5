// Puts right what verify finds wrong, without changing what is signed.
#ifndef TUFMIRROR_SYNC_REPAIR_H_
#define TUFMIRROR_SYNC_REPAIR_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/report/run_report.h"
#include "tufmirror/sync/config.h"
#include "tufmirror/sync/verify.h"
#include "tufmirror/tree/home.h"

namespace tufmirror::sync {

struct RepairReport {
  // Served paths that were damaged or missing and no longer are, and files
  // that nothing referred to and that are gone.
  std::vector<std::string> repaired;
  std::vector<std::string> removed;
  // What could not be had again, and why; and why the repair as a whole ended
  // early, if it did.
  std::vector<report::Problem> failed;
  absl::Status outcome;
  VerifyReport after;  // what is still wrong
};

// Verifies as VerifyHome, then mends. A replica gets damaged files from
// upstream again, in a run that follows upstream too; an origin takes them
// from its source directory, downloads them from where the index had them last,
// or renders them again. Whatever still has the right bytes under another name
// is taken from there. Every replacement is verified against signed metadata
// before it takes a name, and becomes visible as one new generation: a repair
// that dies leaves what there was. Nothing happens to a home in which nothing
// is wrong. The caller holds the home's lock.
//
// An error is one that kept the work from being done: nothing is published
// yet, the operator's signal, metadata that is damaged still.
absl::StatusOr<RepairReport> RepairHome(const tree::Home& home,
                                        const Config& config,
                                        VerifyOptions& options);

std::string ToJson(const RepairReport& report);
std::string ToText(const RepairReport& report);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_REPAIR_H_
