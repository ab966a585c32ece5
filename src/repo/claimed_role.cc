#include "tufmirror/repo/claimed_role.h"

#include <utility>

#include "fmt/format.h"
#include "repo/role_file.h"
#include "repo/sign.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/repo/claim_roles.h"

namespace tufmirror::repo {

absl::StatusOr<std::string> NextClaimedRole(
    std::string_view current, const ClaimedChanges& changes,
    const std::vector<const Signer*>& signers) {
  ASSIGN_OR_RETURN(RoleFile file, OpenRoleFile(current));
  tuf::Targets next = std::move(file.role);
  if (changes.add.empty() && changes.remove.empty()) {
    return MakeFailure(Failure::kUsage,
                       "role 'claimed': expected a project to add or remove");
  }
  for (const pypi::ProjectName& project : changes.remove) {
    if (!ClaimKeysIn(next, project)) {
      return MakeFailure(Failure::kUsage,
                         fmt::format("role 'claimed': expected to find {}, it "
                                     "is not there",
                                     project.str()));
    }
    next = WithoutClaim(std::move(next), project);
  }
  for (const ClaimRequest& request : changes.add) {
    next = WithClaim(std::move(next), request.project, request.keys);
  }
  ++next.version;
  next.expires = changes.expires;
  next.spec_version = std::string(tuf::kSpecVersion);
  return SignRole(next, signers);
}

absl::StatusOr<std::string> SignClaimedRole(std::string_view text,
                                            const Signer& signer) {
  ASSIGN_OR_RETURN(RoleFile file, OpenRoleFile(text));
  return SignRoleFile(std::move(file), signer);
}

absl::StatusOr<tuf::Targets> ReadTargetsRole(std::string_view text) {
  ASSIGN_OR_RETURN(RoleFile file, OpenRoleFile(text));
  return std::move(file.role);
}

}  // namespace tufmirror::repo
