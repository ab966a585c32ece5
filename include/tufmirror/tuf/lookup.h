// Finding a target along delegations (TUF 5.6.7), and nothing else: which role
// is asked next, who may be asked, where the search ends.
#ifndef TUFMIRROR_TUF_LOOKUP_H_
#define TUFMIRROR_TUF_LOOKUP_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "tufmirror/tuf/model.h"
#include "tufmirror/tuf/verified.h"

namespace tufmirror::tuf {

// A role that is loaded and verified under one delegator.
using RolePtr = std::shared_ptr<const Verified<Targets>>;

// Gives `role` verified under `delegator` (called `delegator_name`).
using LoadRole = absl::FunctionRef<absl::StatusOr<RolePtr>(
    std::string_view role, std::string_view delegator_name,
    const RolePtr& delegator)>;

struct FoundTarget {
  TargetFile target;
  std::string role;  // the role that is authoritative for it
};

// Delegated roles visited in one lookup, `top` not counted.
inline constexpr int kDefaultMaxRoles = 32;

// Pre-order, depth-first in list order from `top` ("targets"); each role
// visited once; a terminating delegation that matches ends the search of later
// siblings. nullopt if no role lists `path`, also when `max_roles` is reached.
// Errors are those of `load`. `max_roles` 0: no cap.
absl::StatusOr<std::optional<FoundTarget>> FindTarget(std::string_view path,
                                                      const RolePtr& top,
                                                      LoadRole load,
                                                      int max_roles);

}  // namespace tufmirror::tuf

#endif  // TUFMIRROR_TUF_LOOKUP_H_
