// Says of a project of an index what an origin mirrors of it, and which rule
// decided.
#ifndef TUFMIRROR_SYNC_EXPLAIN_H_
#define TUFMIRROR_SYNC_EXPLAIN_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/select/selection.h"
#include "tufmirror/sync/config.h"
#include "tufmirror/tree/home.h"

namespace tufmirror::sync {

struct ExplainedFile {
  std::string filename;
  select::Verdict verdict;
};

struct ExplainReport {
  pypi::ProjectName project;
  select::Verdict verdict;  // on the project as a whole
  // False: no sync has looked at its page, and the verdict is by name alone.
  bool has_page = false;
  std::vector<ExplainedFile> files = {};  // in the page's order
  // When the passing of time alone may change a verdict.
  std::optional<absl::Time> changes_at = {};
};

// By the configured rules as they are now, on what the last sync saw; asks
// nobody. `version`: files of that release alone, in any spelling. kUsage for
// a home that follows no index.
absl::StatusOr<ExplainReport> Explain(const tree::Home& home,
                                      const Config& config,
                                      const pypi::ProjectName& project,
                                      const std::optional<std::string>& version,
                                      absl::Time now);

std::string ToText(const ExplainReport& report);
std::string ToJson(const ExplainReport& report);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_EXPLAIN_H_
