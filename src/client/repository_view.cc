#include "tufmirror/client/repository_view.h"

#include <deque>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::client {
namespace {

// Leaf roles stay parsed up to this many targets in all (about 30 MB), always
// at least one role. Delegating roles stay for good: they are few and small.
constexpr size_t kMaxCachedTargets = 100'000;

}  // namespace

absl::StatusOr<std::vector<std::string>> DelegatedRoleNames(
    const tuf::Targets& role, const tuf::Snapshot& snapshot) {
  std::vector<std::string> names;
  if (!role.delegations) return names;
  const auto& roles = role.delegations->roles;
  if (const auto* succinct = std::get_if<tuf::SuccinctRoles>(&roles)) {
    // 2^32 bins are legal and would fill memory with names; what the snapshot
    // does not list cannot be there.
    if (succinct->bin_count() > snapshot.meta.size()) {
      return MakeFailure(
          Failure::kUnauthorised,
          fmt::format("succinct roles '{}': {} bins are delegated, but the "
                      "snapshot lists only {} roles",
                      Printable(succinct->name_prefix, 80),
                      succinct->bin_count(), snapshot.meta.size()));
    }
    names.reserve(succinct->bin_count());
    for (uint64_t bin = 0; bin < succinct->bin_count(); ++bin) {
      names.push_back(succinct->BinName(bin));
    }
    return names;
  }
  for (const auto& child : std::get<std::vector<tuf::DelegatedRole>>(roles)) {
    names.push_back(child.name);
  }
  return names;
}

RepositoryView::RepositoryView(tuf::TrustedMetadataSet trusted, ReadRole read)
    : trusted_(std::move(trusted)),
      read_(std::move(read)),
      top_(std::make_shared<const tuf::Verified<tuf::Targets>>(
          *trusted_.targets())) {}

absl::StatusOr<tuf::RolePtr> RepositoryView::Load(
    std::string_view role, std::string_view delegator_name,
    const tuf::RolePtr& delegator) {
  const Key key(delegator_name, role);
  if (const auto found = cache_.find(key); found != cache_.end()) {
    Cached& cached = found->second;
    if (cached.leaf) recent_.splice(recent_.begin(), recent_, cached.recent);
    return cached.role;
  }
  ASSIGN_OR_RETURN(const tuf::MetaFile meta, trusted_.RoleMeta(role));
  auto verified = ReadVerified(role, meta, delegator);
  if (!verified.ok()) {
    absl::Status damage = Annotate(
        verified.status(), fmt::format("role '{}'", Printable(role, 80)));
    if (damage_.ok()) damage_ = damage;
    return damage;
  }
  Cached cached;
  cached.role =
      std::make_shared<const tuf::Verified<tuf::Targets>>(*std::move(verified));
  cached.leaf = !(*cached.role)->delegations.has_value();
  tuf::RolePtr loaded = cached.role;
  if (cached.leaf) {
    cached_targets_ += (*loaded)->targets.size();
    recent_.push_front(key);
    cached.recent = recent_.begin();
  }
  cache_.emplace(key, std::move(cached));
  Evict();
  return loaded;
}

absl::StatusOr<tuf::Verified<tuf::Targets>> RepositoryView::ReadVerified(
    std::string_view role, const tuf::MetaFile& meta,
    const tuf::RolePtr& delegator) {
  ASSIGN_OR_RETURN(const tuf::RawMetadata raw, read_(role, meta.version));
  return trusted_.VerifyDelegated(raw, role, *delegator);
}

void RepositoryView::Evict() {
  while (cached_targets_ > kMaxCachedTargets && recent_.size() > 1) {
    const auto oldest = cache_.find(recent_.back());
    cached_targets_ -= (*oldest->second.role)->targets.size();
    cache_.erase(oldest);
    recent_.pop_back();
  }
}

bool RepositoryView::IsListed(std::string_view role) const {
  return (*trusted_.snapshot())->Find(role) != nullptr;
}

absl::StatusOr<std::optional<tuf::FoundTarget>> RepositoryView::Find(
    std::string_view path) {
  bool unlisted = false;
  auto found = tuf::FindTarget(
      path, top_,
      [&](std::string_view role, std::string_view delegator_name,
          const tuf::RolePtr& delegator) {
        unlisted = !IsListed(role);
        return Load(role, delegator_name, delegator);
      },
      /*max_roles=*/0);
  if (unlisted) return std::nullopt;
  return found;
}

absl::Status RepositoryView::WalkDelegations(
    absl::FunctionRef<absl::StatusOr<Descend>(const Delegation&)> visit) {
  struct Pending {
    std::string name;
    tuf::RolePtr role;
  };
  std::deque<Pending> delegators = {{"targets", top_}};
  std::set<Key> seen;
  while (!delegators.empty()) {
    const Pending delegator = std::move(delegators.front());
    delegators.pop_front();
    ASSIGN_OR_RETURN(
        const std::vector<std::string> names,
        DelegatedRoleNames(**delegator.role, **trusted_.snapshot()));
    for (const std::string& role : names) {
      if (!seen.emplace(delegator.name, role).second) continue;
      const bool listed = IsListed(role);
      ASSIGN_OR_RETURN(
          const Descend descend,
          visit(Delegation{role, delegator.name, delegator.role, listed}));
      if (descend == Descend::kSkip || !listed) continue;
      ASSIGN_OR_RETURN(tuf::RolePtr loaded,
                       Load(role, delegator.name, delegator.role));
      if ((*loaded)->delegations) {
        delegators.push_back(Pending{role, std::move(loaded)});
      }
    }
  }
  return absl::OkStatus();
}

absl::Status RepositoryView::ForEachTarget(
    std::string_view role, const tuf::RolePtr& loaded,
    absl::FunctionRef<absl::Status(const tuf::TargetFile&)> visit) {
  for (const tuf::TargetFile& target : (*loaded)->targets) {
    ASSIGN_OR_RETURN(const auto found, Find(target.path));
    if (!found || found->role != role || found->target != target) continue;
    RETURN_IF_ERROR(visit(target));
  }
  return absl::OkStatus();
}

}  // namespace tufmirror::client
