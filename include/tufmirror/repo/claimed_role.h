// The role `claimed`, which the offline keys sign: what they do to a project
// that is to be safe from whoever has the online keys.
#ifndef TUFMIRROR_REPO_CLAIMED_ROLE_H_
#define TUFMIRROR_REPO_CLAIMED_ROLE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/repo/claim_request.h"
#include "tufmirror/repo/keys.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::repo {

struct ClaimedChanges {
  std::vector<ClaimRequest> add;  // or with other keys than until now
  std::vector<pypi::ProjectName> remove;
  absl::Time expires;
};

// The metadata file that follows `current`, one of `claimed`, signed by all of
// `signers`. kUsage if nothing would change or a project to be removed is not
// there.
absl::StatusOr<std::string> NextClaimedRole(
    std::string_view current, const ClaimedChanges& changes,
    const std::vector<const Signer*>& signers);

// The metadata file `text` with one more signature. kUsage if it is there.
absl::StatusOr<std::string> SignClaimedRole(std::string_view text,
                                            const Signer& signer);

// The content of a metadata file of a targets role, unverified.
absl::StatusOr<tuf::Targets> ReadTargetsRole(std::string_view text);

}  // namespace tufmirror::repo

#endif  // TUFMIRROR_REPO_CLAIMED_ROLE_H_
