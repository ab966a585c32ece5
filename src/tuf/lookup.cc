// The pre-order walk over delegations that finds one target.
#include "tufmirror/tuf/lookup.h"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "tufmirror/base/status_macros.h"

namespace tufmirror::tuf {
namespace {

// A delegation still to be followed.
struct Visit {
  std::string role;
  std::string delegator_name;
  RolePtr delegator;
};

// The delegations of `role` that cover `path`, in list order. Ends after a
// terminating one, and says so.
struct Matching {
  std::vector<std::string> roles;
  bool terminated = false;
};
Matching MatchingDelegations(const Targets& role, std::string_view path) {
  Matching matching;
  if (!role.delegations) return matching;
  const auto& delegated = role.delegations->roles;
  if (const auto* succinct = std::get_if<SuccinctRoles>(&delegated)) {
    // TAP 15 leaves open whether bins terminate; treating them as terminating
    // is what python-tuf does, and the strict reading.
    matching.roles.push_back(succinct->BinNameOf(path));
    matching.terminated = true;
    return matching;
  }
  for (const auto& child : std::get<std::vector<DelegatedRole>>(delegated)) {
    if (!child.Matches(path)) continue;
    matching.roles.push_back(child.name);
    if (child.terminating) {
      matching.terminated = true;
      break;
    }
  }
  return matching;
}

}  // namespace

absl::StatusOr<std::optional<FoundTarget>> FindTarget(std::string_view path,
                                                      const RolePtr& top,
                                                      LoadRole load,
                                                      int max_roles) {
  absl::flat_hash_set<std::string> visited;
  std::vector<Visit> to_visit;  // the next one is at the back
  std::string name(RoleName(TopLevelRole::kTargets));
  RolePtr role = top;
  while (true) {
    if (const TargetFile* target = (*role)->Find(path)) {
      return FoundTarget{*target, name};
    }
    visited.insert(name);
    Matching matching = MatchingDelegations(**role, path);
    // Terminating: what is below is still searched, nothing after it.
    if (matching.terminated) to_visit.clear();
    for (auto child = matching.roles.rbegin(); child != matching.roles.rend();
         ++child) {
      to_visit.push_back(Visit{std::move(*child), name, role});
    }
    while (!to_visit.empty() && visited.contains(to_visit.back().role)) {
      to_visit.pop_back();
    }
    const bool at_cap =
        max_roles > 0 && static_cast<int>(visited.size()) > max_roles;
    if (to_visit.empty() || at_cap) return std::nullopt;
    Visit next = std::move(to_visit.back());
    to_visit.pop_back();
    ASSIGN_OR_RETURN(role,
                     load(next.role, next.delegator_name, next.delegator));
    name = std::move(next.role);
  }
}

}  // namespace tufmirror::tuf
