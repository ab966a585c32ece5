// Projects whose maintainers sign them themselves (PEP 480): the delegations
// that top-level targets makes ahead of the bins.
//
//   targets -> claimed (offline keys) ----------> claim-PROJECT, its own keys
//           -> recently-claimed (online keys) --> claim-PROJECT, its own keys
//           -> bins
//
// A project's delegation covers simple/PROJECT/* and packages/PROJECT/* and
// terminates. Who has the online keys can replace what recently-claimed
// delegates, never what claimed does.
#ifndef TUFMIRROR_REPO_CLAIM_ROLES_H_
#define TUFMIRROR_REPO_CLAIM_ROLES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::repo {

inline constexpr std::string_view kClaimedRole = "claimed";
inline constexpr std::string_view kRecentlyClaimedRole = "recently-claimed";

// The keys of a project's maintainers, and how many of them must sign.
struct ClaimKeys {
  tuf::KeyMap keys;
  int64_t threshold = 1;

  tuf::RoleKeys role() const;
  friend bool operator==(const ClaimKeys&, const ClaimKeys&) = default;
};
inline constexpr size_t kMaxClaimKeys = 16;

// kUsage unless there are 1 to kMaxClaimKeys keys under their customary keyids,
// and as many distinct ones as must sign; kMalformed or kUnsupported for a key
// that no client can use.
absl::Status CheckClaimKeys(const ClaimKeys& claim);

// "claim-flit": the role that lists a claimed project's targets.
std::string ClaimRoleName(const pypi::ProjectName& project);
// The project in whose directory the target `path` lies, as the path says it;
// empty for targets of no project.
std::string_view ProjectOfTarget(std::string_view path);

// The projects that `delegator` (claimed or recently-claimed) delegates,
// sorted.
std::vector<pypi::ProjectName> ProjectsIn(const tuf::Targets& delegator);
// The keys that it names for `project`; nullopt if it delegates no such role.
std::optional<ClaimKeys> ClaimKeysIn(const tuf::Targets& delegator,
                                     const pypi::ProjectName& project);
// What it says once `project` is delegated to `keys`, or to nobody. Version and
// expiry are left to the caller. Keys that no project has are dropped.
tuf::Targets WithClaim(tuf::Targets delegator, const pypi::ProjectName& project,
                       const ClaimKeys& keys);
tuf::Targets WithoutClaim(tuf::Targets delegator,
                          const pypi::ProjectName& project);
// kMalformed unless projects and their keys are all that `delegator` says: it
// lists no target, and each of its delegations is the one that WithClaim makes,
// once. So who is shown those knows the whole of what is signed.
absl::Status CheckOnlyClaims(const tuf::Targets& delegator);

// Top-level targets with the delegations to claimed, signed by `offline`, and
// recently-claimed, signed by `online`, ahead of all that it delegates already;
// unchanged if it has them. Whoever publishes the result publishes a `claimed`
// and a `recently-claimed` with it: without them clients find nothing.
tuf::Targets WithClaims(tuf::Targets targets,
                        const std::vector<tuf::Key>& offline,
                        int64_t offline_threshold,
                        const std::vector<tuf::Key>& online,
                        int64_t online_threshold);
bool HasClaims(const tuf::Targets& targets);

}  // namespace tufmirror::repo

#endif  // TUFMIRROR_REPO_CLAIM_ROLES_H_
