// The policy of a guard, compiled: which projects and files it refuses although
// they verify, and which rule says so.
#ifndef TUFMIRROR_SRC_GUARD_JUDGE_H_
#define TUFMIRROR_SRC_GUARD_JUDGE_H_

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "guard/ledger.h"
#include "tufmirror/base/digest.h"
#include "tufmirror/guard/guard.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/pypi/upstream_page.h"
#include "tufmirror/select/selection.h"

namespace tufmirror::guard {

// A refusal by policy: kUnauthorised is what a check of TUF says, so this has a
// kind of its own, kHeldBack.
absl::Status PolicyRefusal(std::string_view reason);

// Immutable, for any number of threads.
class Judge {
 public:
  // Reads the hash lists: kUsage for one without a sha256, and the failures of
  // select::ReadProjectList.
  static absl::StatusOr<Judge> Create(const Policy& policy, Ledger& ledger);

  // True if nothing is refused.
  bool lenient() const { return policy_.empty(); }
  // True if the verdict on a file depends on what its project's page says.
  bool NeedsPage() const;
  bool SelectsProjects() const { return !policy_.projects.empty(); }

  absl::Status OfProject(const pypi::ProjectName& project) const;
  // Of a distribution with that digest.
  absl::Status OfDigest(const std::optional<Sha256>& sha256) const;
  // One for each of page.files, with all rules.
  std::vector<absl::Status> OfFiles(const pypi::ProjectName& project,
                                    const pypi::UpstreamPage& page,
                                    absl::Time now) const;

 private:
  Judge(Policy policy, select::Selection selection)
      : policy_(std::move(policy)), selection_(std::move(selection)) {}

  Policy policy_;
  select::Selection selection_;
  std::set<Sha256> hashes_;
};

}  // namespace tufmirror::guard

#endif  // TUFMIRROR_SRC_GUARD_JUDGE_H_
