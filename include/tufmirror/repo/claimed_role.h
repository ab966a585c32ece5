// The role `claimed`, which the offline keys sign: what they do to a project
// that is to be safe from whoever has the online keys.
#ifndef TUFMIRROR_REPO_CLAIMED_ROLE_H_
#define TUFMIRROR_REPO_CLAIMED_ROLE_H_

#include <cstdint>
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

// No role of this program has a greater version: some clients read numbers only
// up to there.
inline constexpr int64_t kMaxRoleVersion = (int64_t{1} << 53) - 1;

// The role `claimed` in the metadata file `text`: projects, their keys and
// nothing else. kMalformed otherwise, or for a version that none can follow.
absl::StatusOr<tuf::Targets> ReadClaimedRole(std::string_view text);

// What follows `current`, a metadata file of `claimed`, still unsigned. kUsage
// if nothing would change or a project to be removed is not there.
absl::StatusOr<tuf::Targets> DraftClaimedRole(std::string_view current,
                                              const ClaimedChanges& changes);

// The metadata file of that, signed by all of `signers`. kThreshold unless one
// of them has signed `current`: else nobody vouches for what it says already.
absl::StatusOr<std::string> NextClaimedRole(
    std::string_view current, const ClaimedChanges& changes,
    const std::vector<const Signer*>& signers);

// The metadata file `text`, which ReadClaimedRole takes, with one more
// signature. kUsage if it is there.
absl::StatusOr<std::string> SignClaimedRole(std::string_view text,
                                            const Signer& signer);

// The content of a metadata file of a targets role, unverified.
absl::StatusOr<tuf::Targets> ReadTargetsRole(std::string_view text);

}  // namespace tufmirror::repo

#endif  // TUFMIRROR_REPO_CLAIMED_ROLE_H_
