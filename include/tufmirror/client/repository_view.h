// One complete repository state whose metadata is on local disk, as its
// readers will see it: every role reachable, every target that a role is
// authorised for. Memory does not grow with the number of targets.
#ifndef TUFMIRROR_CLIENT_REPOSITORY_VIEW_H_
#define TUFMIRROR_CLIENT_REPOSITORY_VIEW_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/tuf/lookup.h"
#include "tufmirror/tuf/trusted_metadata_set.h"

namespace tufmirror::client {

// The names of every role that `role` delegates to, in list order; for succinct
// roles every bin. kUnauthorised if those are more than `snapshot` lists.
absl::StatusOr<std::vector<std::string>> DelegatedRoleNames(
    const tuf::Targets& role, const tuf::Snapshot& snapshot);

// Not for use by two threads at once.
class RepositoryView {
 public:
  // Bytes of `role` at `version` from local disk; they are verified here.
  using ReadRole = absl::AnyInvocable<absl::StatusOr<tuf::RawMetadata>(
      std::string_view role, int64_t version)>;

  // `trusted` has its top-level targets already.
  RepositoryView(tuf::TrustedMetadataSet trusted, ReadRole read);

  const tuf::TrustedMetadataSet& trusted() const { return trusted_; }
  // As TrustedMetadataSet.
  void IgnoreExpiryOf(std::string role) {
    trusted_.IgnoreExpiryOf(std::move(role));
  }

  // The role that a client would trust for `path`, without a cap on roles. A
  // role on the way that the snapshot does not list ends the search: whoever
  // looks from the top cannot get past it, and does not find the target
  // (TUF 5.6.7).
  absl::StatusOr<std::optional<tuf::FoundTarget>> Find(std::string_view path);

  // `role` verified under `delegator`.
  absl::StatusOr<tuf::RolePtr> Load(std::string_view role,
                                    std::string_view delegator_name,
                                    const tuf::RolePtr& delegator);

  // The first failure to read or verify a role that the snapshot lists, in any
  // call so far; OK if there was none. Tells damage of the local copy from
  // everything else that a call may fail for.
  const absl::Status& damage() const { return damage_; }

  // A delegation that the walk meets. `listed`: the snapshot has the role; one
  // that it lacks cannot be loaded.
  struct Delegation {
    std::string_view role;
    std::string_view delegator_name;
    const tuf::RolePtr& delegator;
    bool listed;
  };
  enum class Descend { kLoad, kSkip };

  // Calls `visit` for every delegation reachable from top-level targets, each
  // (delegator, role) once, delegators before what they delegate. After kLoad
  // the role is loaded and its own delegations follow, if it is listed; kSkip
  // says that the caller knows it to have none.
  absl::Status WalkDelegations(
      absl::FunctionRef<absl::StatusOr<Descend>(const Delegation&)> visit);

  // Calls `visit` for every target that `role`, loaded under `delegator`, is
  // authoritative for: those that Find gives from this very role. Targets that
  // are not authorised or shadowed are passed over.
  absl::Status ForEachTarget(
      std::string_view role, const tuf::RolePtr& loaded,
      absl::FunctionRef<absl::Status(const tuf::TargetFile&)> visit);

  // Top-level targets, named "targets".
  const tuf::RolePtr& top() const { return top_; }

 private:
  using Key = std::pair<std::string, std::string>;  // delegator, role
  struct Cached {
    tuf::RolePtr role;
    std::list<Key>::iterator recent;  // position in recent_, leaves only
    bool leaf = false;
  };
  void Evict();
  bool IsListed(std::string_view role) const;
  absl::StatusOr<tuf::Verified<tuf::Targets>> ReadVerified(
      std::string_view role, const tuf::MetaFile& meta,
      const tuf::RolePtr& delegator);

  tuf::TrustedMetadataSet trusted_;
  ReadRole read_;
  tuf::RolePtr top_;
  std::map<Key, Cached> cache_;
  std::list<Key> recent_;      // leaf roles, the latest used first
  size_t cached_targets_ = 0;  // in leaf roles
  absl::Status damage_;
};

}  // namespace tufmirror::client

#endif  // TUFMIRROR_CLIENT_REPOSITORY_VIEW_H_
