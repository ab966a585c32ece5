// Checks what a home serves, as a reader would: every signature, every file.
#ifndef TUFMIRROR_SYNC_VERIFY_H_
#define TUFMIRROR_SYNC_VERIFY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/report/run_report.h"
#include "tufmirror/sync/run.h"
#include "tufmirror/tree/home.h"

namespace tufmirror::sync {

enum class VerifyDepth {
  kPresence,  // metadata verified; files are there with the right length
  kDeep,      // every byte of every file is hashed too
};

struct VerifyOptions {
  VerifyDepth depth = VerifyDepth::kPresence;
  absl::Time now;  // expired metadata is a problem
  absl::AnyInvocable<absl::Status(const Progress&)> on_progress;
};

struct VerifyReport {
  uint64_t generation = 0;
  uint64_t roles = 0;  // metadata files below top level
  uint64_t targets = 0;
  uint64_t bytes = 0;  // that the targets have
  // Damaged, missing or expired, under the name a reader would ask for.
  std::vector<report::Problem> problems;
  // What is signed, but no tree can have: upstream's doing, not damage.
  std::vector<report::Problem> held_back;
  // Served files that no role lists and that are not kept for a while after
  // their removal: nothing will remove them.
  std::vector<std::string> orphans;
};

// Verifies the live tree, from its oldest root on. An error is one that kept
// the work from being done (no home, no generation, metadata so damaged that
// nothing can be said); everything else is a problem in the report.
absl::StatusOr<VerifyReport> VerifyHome(const tree::Home& home,
                                        VerifyOptions& options);

// A JSON array.
std::string ToJson(const std::vector<report::Problem>& problems);
std::string ToJson(const VerifyReport& report);
std::string ToText(const VerifyReport& report);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_VERIFY_H_
