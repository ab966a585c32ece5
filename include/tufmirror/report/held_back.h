// What is held back at the moment, and since when: state/held-back.json.
#ifndef TUFMIRROR_REPORT_HELD_BACK_H_
#define TUFMIRROR_REPORT_HELD_BACK_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "tufmirror/report/run_report.h"

namespace tufmirror::report {

// Makes `path` list `problems`, those of a run at `now`, as
//   {"held_back": [{"object": ..., "failure": ..., "reason": ...,
//                   "since": "2026-01-31T23:59:59Z"}, ...]}
// sorted by object. One that was listed already keeps its time. Without
// problems there is no file. Writes nothing if that is what the file says.
absl::Status UpdateHeldBack(const std::string& path,
                            const std::vector<Problem>& problems,
                            absl::Time now);

struct HeldBackObject {
  std::string object;
  std::string reason;
  std::string since;  // "2026-01-31T23:59:59Z"
};
// What the file at `path` lists; nothing if there is none, or if it does not
// parse.
std::vector<HeldBackObject> ReadHeldBack(const std::string& path);

}  // namespace tufmirror::report

#endif  // TUFMIRROR_REPORT_HELD_BACK_H_
