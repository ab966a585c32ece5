// What the maintainers of a project ask an origin for: that from now on only
// their keys sign the project. One file:
//   {"signatures": [...], "signed": {"_type": "claim-request", "contact": ...,
//    "delegation": {...}, "project": ...}}
// where the delegation is what the origin is to publish, as TUF metadata has
// it, until when the request is good among it.
#ifndef TUFMIRROR_REPO_CLAIM_REQUEST_H_
#define TUFMIRROR_REPO_CLAIM_REQUEST_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/repo/claim_bundle.h"
#include "tufmirror/repo/claim_roles.h"
#include "tufmirror/repo/keys.h"

namespace tufmirror::repo {

inline constexpr size_t kMaxClaimRequestBytes = size_t{1} << 20;
inline constexpr size_t kMaxClaimContactBytes = 200;

struct ClaimRequest {
  pypi::ProjectName project;
  ClaimKeys keys;
  std::string contact;  // may be empty; no control characters
  absl::Time expires;   // not to be accepted after that
};

// True if `text` says that it is a claim request.
bool LooksLikeClaimRequest(std::string_view text);

// The file. `signers` are empty for a project's first keys; for others they are
// the keys that it has until then. kUsage for what ParseClaimRequest refuses.
absl::StatusOr<std::string> WriteClaimRequest(
    const ClaimRequest& request, const std::vector<const Signer*>& signers);

// Signatures are not looked at. kTooLarge, kMalformed, kUsage (keys that
// CheckClaimKeys refuses), each naming what.
absl::StatusOr<ClaimRequest> ParseClaimRequest(std::string_view text);

// kThreshold if `text` is not signed as `keys` ask for.
absl::Status CheckClaimRequestSigned(std::string_view text,
                                     const ClaimKeys& keys);

// kUsage unless one of `requests`, all of `project`, names the key of `signer`.
absl::Status CheckMaySign(const std::vector<ClaimRequest>& requests,
                          const pypi::ProjectName& project,
                          const Signer& signer);
// True if `keyid` is a key that one of `requests` names, and its signature of
// the bundle is good.
bool CountsAsSigned(const ClaimBundle& bundle, const std::string& keyid,
                    const std::vector<ClaimRequest>& requests);

}  // namespace tufmirror::repo

#endif  // TUFMIRROR_REPO_CLAIM_REQUEST_H_
