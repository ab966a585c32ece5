// What one run did: for the operator's eyes, for --json, for the history, and
// for the exit code.
#ifndef TUFMIRROR_REPORT_RUN_REPORT_H_
#define TUFMIRROR_REPORT_RUN_REPORT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tufmirror/report/expiring_role.h"

namespace tufmirror::report {

// How long one phase of the story took.
struct Phase {
  std::string name;
  absl::Duration duration;
};

// A project or file that was left out while the run went on.
struct Problem {
  std::string object;   // a file, project or target
  absl::Status reason;  // with its Failure
};

struct RunReport {
  std::string kind;  // "origin" or "replica"
  absl::Time started;
  absl::Duration duration;
  bool dry_run = false;
  bool published = false;
  uint64_t generation = 0;  // live after the run

  // Targets: distribution files, their metadata files, and pages.
  uint64_t targets = 0;  // in the live generation
  uint64_t added = 0;
  uint64_t changed = 0;
  uint64_t removed = 0;

  uint64_t requests = 0;
  uint64_t retries = 0;
  uint64_t bytes_received = 0;    // over the wire, metadata too
  uint64_t files_downloaded = 0;  // targets that were not on disk
  uint64_t metadata_files = 0;    // fetched (replica) or signed (origin)

  std::vector<Phase> phases;
  std::vector<Problem> problems;  // held back
  std::vector<std::string> warnings;
  // Offline roles that expire within kSoonBefore; a warning each.
  std::vector<ExpiringRole> expiring;
  // False: whoever reads what a quiet run prints was told of them lately.
  bool remind_of_expiring = true;
  absl::Status outcome;  // of the run as a whole
};

// One JSON object, one line, stable keys, durations in seconds, times as
// YYYY-MM-DDTHH:MM:SSZ.
std::string ToJson(const RunReport& report);

// A few lines for a person. Problems one a line, at most 20, then how many
// more there are.
std::string ToText(const RunReport& report);

// Exit codes of the command line: 0 published or nothing to do, 1 failed, 2
// usage or configuration, 3 published but something was held back, 4 another
// run holds the lock, 5 a security check failed, 6 stopped by a brake.
int ExitCodeOf(const absl::Status& status);
int ExitCodeOf(const RunReport& report);

}  // namespace tufmirror::report

#endif  // TUFMIRROR_REPORT_RUN_REPORT_H_
