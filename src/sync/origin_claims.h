// What is to become of claimed projects in one run of an origin: which releases
// that maintainers signed can be published, and what upstream has that they did
// not sign.
#ifndef TUFMIRROR_SYNC_ORIGIN_CLAIMS_H_
#define TUFMIRROR_SYNC_ORIGIN_CLAIMS_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "sync/claim_store.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/pypi/simple_index.h"
#include "tufmirror/repo/claim_bundle.h"
#include "tufmirror/repo/editor.h"
#include "tufmirror/report/run_report.h"
#include "tufmirror/source/origin_source.h"

namespace tufmirror::sync {

// A release that was accepted, and is not published yet.
struct WaitingClaim {
  repo::ClaimKeys keys;  // for readers to ask for
  repo::ClaimBundle bundle;
  repo::ClaimRelease release;
};

class OriginClaims {
 public:
  // Reads what was accepted since it was published last, and edits what needs
  // no look at upstream: claims that were revoked, a new role `claimed`. What
  // cannot be done goes to `problems`, by project. `editor` outlives it;
  // `tree_root` is the tree it was opened on.
  static absl::StatusOr<OriginClaims> Prepare(
      const tree::Layout& layout, const std::string& tree_root,
      repo::RepositoryEditor& editor, absl::Time now,
      std::vector<report::Problem>& problems);

  // True if its maintainers decide about `project`: published or waiting.
  bool Has(const pypi::ProjectName& project) const;
  // nullptr if nothing is waiting.
  const WaitingClaim* Waiting(const pypi::ProjectName& project) const;
  // To be looked at in this run, whatever upstream says.
  const std::vector<pypi::ProjectName>& candidates() const {
    return candidates_;
  }

 private:
  explicit OriginClaims(repo::RepositoryEditor& editor) : editor_(&editor) {}
  absl::Status Drop(const std::map<pypi::ProjectName, StoredClaim>& stored,
                    std::vector<report::Problem>& problems);
  absl::Status TakeNextClaimed(const ClaimStore& store,
                               const std::string& tree_root, absl::Time now,
                               std::vector<report::Problem>& problems);
  absl::Status TakeBundle(const ClaimStore& store,
                          const pypi::ProjectName& project,
                          const StoredClaim& stored, absl::Time now);

  repo::RepositoryEditor* editor_;
  std::map<pypi::ProjectName, WaitingClaim> waiting_;
  std::vector<pypi::ProjectName> candidates_;
  bool replaces_claimed_ = false;
};

// `offer` reduced to what `page`, which the maintainers signed, has, with what
// that says of it. `published` is the page until now; what it has already,
// upstream need not have. kHeldBack if upstream lacks a file, or has it with
// other bytes.
absl::StatusOr<source::ProjectOffer> OfferOfClaim(
    const pypi::ProjectPage& page, const source::ProjectOffer& offer,
    const std::optional<pypi::ProjectPage>& published);

// kHeldBack, naming what upstream has that is not on the page, or not any more:
// its maintainers did not sign that. `page` nullopt: nothing is published.
absl::Status CheckSigned(const std::optional<pypi::ProjectPage>& page,
                         const source::ProjectOffer& offer);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_ORIGIN_CLAIMS_H_
