// What the operator of an origin does about projects that their maintainers
// sign (PEP 480): accept what they send, take a claim back, look. Runs of the
// origin publish it.
#ifndef TUFMIRROR_SYNC_CLAIMS_H_
#define TUFMIRROR_SYNC_CLAIMS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/repo/claim_roles.h"
#include "tufmirror/tree/home.h"

namespace tufmirror::sync {

// Whether new keys of a claimed project are taken without a signature by its
// old ones, because the operator knows better.
enum class KeyChange { kSignedByOldKeys, kVouchedForByOperator };

// What an accepted file was.
struct AcceptedClaim {
  enum class Kind { kRequest, kRelease, kClaimedRole };
  Kind kind = Kind::kRequest;
  std::string project;  // empty for the role `claimed`
  int64_t version = 0;  // of what is signed; 0 for a request
  std::string contact;
  std::optional<repo::ClaimKeys> keys;
};

// Takes a claim request, a claim bundle or a next version of the role `claimed`
// into the home, for the next run to publish.
//
// A request needs the signatures of the keys that the project has already, if
// any; it must not be expired. A bundle must be complete (OpenClaimBundle), the
// next version, not expired, and signed by as many keys as the project's
// request says and, where `claimed` delegates it, that says. kThreshold,
// kVersion, kExpired, kMalformed, kUsage; kUnsupported if the origin has no
// claims. Then nothing is changed.
absl::StatusOr<AcceptedClaim> AcceptClaim(const tree::Home& home,
                                          std::string_view text,
                                          KeyChange key_change, absl::Time now);

// What was taken back: something that readers follow, or what only waited.
enum class RevokedClaim { kPublished, kRequest };

// From the next run on the origin signs the project again, beginning with what
// its maintainers signed last. kUsage if there is no claim; kKey if the role
// `claimed` delegates it.
absl::StatusOr<RevokedClaim> RevokeClaim(const tree::Home& home,
                                         const pypi::ProjectName& project);

struct ClaimListing {
  std::string project;
  // "requested", "waiting", "recently-claimed", "claimed"
  std::string state;
  int64_t published = 0;  // version; 0: none
  int64_t accepted = 0;   // version that waits for the next run; 0: none
  std::optional<absl::Time> expires;  // what is published
  repo::ClaimKeys keys;
  // Of the request that was accepted last, where it has other keys.
  std::optional<repo::ClaimKeys> next_keys;
  std::string contact;
  absl::Status trouble;
};
// Sorted by project.
absl::StatusOr<std::vector<ClaimListing>> ListClaims(const tree::Home& home);

// The release that was signed last, as a bundle: what the next one builds on.
// kNotFound if there is none.
absl::StatusOr<std::string> ExportClaim(const tree::Home& home,
                                        const pypi::ProjectName& project);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_CLAIMS_H_
