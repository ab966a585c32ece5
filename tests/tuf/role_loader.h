// Gives a lookup the roles of a RepositoryFixture, verified by their delegator
// on the path walked, and remembers which were asked for.
#ifndef TUFMIRROR_TESTS_TUF_ROLE_LOADER_H_
#define TUFMIRROR_TESTS_TUF_ROLE_LOADER_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/repository_fixture.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/tuf/lookup.h"
#include "tufmirror/tuf/verified.h"

namespace tufmirror::testing {

class RoleLoader {
 public:
  explicit RoleLoader(RepositoryFixture& repository)
      : repository_(repository) {}

  // Looks `path` up from the top. asked() is of this lookup then.
  absl::StatusOr<std::optional<tuf::FoundTarget>> Find(
      std::string_view path, int max_roles = tuf::kDefaultMaxRoles) {
    asked_.clear();
    ASSIGN_OR_RETURN(const tuf::Verified<tuf::Root> root,
                     tuf::Verifier::VerifyInitialRoot(repository_.Raw("root")));
    ASSIGN_OR_RETURN(
        tuf::Verified<tuf::Targets> top,
        tuf::Verifier::VerifyTargets(repository_.Raw("targets"), root));
    return tuf::FindTarget(
        path,
        std::make_shared<const tuf::Verified<tuf::Targets>>(std::move(top)),
        [this](std::string_view role, std::string_view delegator_name,
               const tuf::RolePtr& delegator) {
          return Load(role, delegator_name, delegator);
        },
        max_roles);
  }
  // The role that is authoritative for `path`, "" for none, "error: ..." for
  // an error.
  std::string RoleFor(std::string_view path,
                      int max_roles = tuf::kDefaultMaxRoles) {
    const auto found = Find(path, max_roles);
    if (!found.ok()) return "error: " + found.status().ToString();
    return found->has_value() ? (*found)->role : "";
  }
  // "role<delegator", in order.
  const std::vector<std::string>& asked() const { return asked_; }

 private:
  absl::StatusOr<tuf::RolePtr> Load(std::string_view role,
                                    std::string_view delegator_name,
                                    const tuf::RolePtr& delegator) {
    asked_.push_back(std::string(role) + "<" + std::string(delegator_name));
    ASSIGN_OR_RETURN(tuf::Verified<tuf::Targets> verified,
                     tuf::Verifier::VerifyDelegated(repository_.Raw(role), role,
                                                    *delegator));
    return std::make_shared<const tuf::Verified<tuf::Targets>>(
        std::move(verified));
  }

  RepositoryFixture& repository_;
  std::vector<std::string> asked_;
};

}  // namespace tufmirror::testing

#endif  // TUFMIRROR_TESTS_TUF_ROLE_LOADER_H_
