// The developer's side of a claim: from distributions on disk to a release that
// is ready to be signed, without a network and without a home.
#ifndef TUFMIRROR_SYNC_CLAIM_SIGN_H_
#define TUFMIRROR_SYNC_CLAIM_SIGN_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/repo/claim_bundle.h"

namespace tufmirror::sync {

struct ReleaseOptions {
  pypi::ProjectName project;
  std::vector<std::string> distributions = {};  // paths of wheels and sdists
  // The release before; its files stay unless they are withdrawn.
  std::optional<repo::ClaimBundle> previous = {};
  std::set<std::string> withdrawn = {};            // file names
  std::map<std::string, std::string> yanked = {};  // reasons by file name
  // Without a release before: the version that was signed last, by whomever.
  int64_t last_version = 0;
  absl::Time expires = absl::InfinitePast();
};

// The page and the role as the origin will publish them, without signatures.
// kUsage if nothing would be on the page, a file that is to be withdrawn or
// yanked is not there, or `previous` is another project's; kReplacedFile if a
// distribution has other bytes than the release before says; otherwise as
// source::ReadDistribution.
absl::StatusOr<repo::ClaimBundle> PrepareRelease(const ReleaseOptions& options);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_CLAIM_SIGN_H_
