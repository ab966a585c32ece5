#include "source/role_fetch.h"

#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/client/refresh.h"
#include "tufmirror/client/repository_view.h"

namespace tufmirror::source {

using tuf::MetaFile;
using tuf::RawMetadata;
using tuf::RolePtr;
using Role = tuf::Verified<tuf::Targets>;

namespace {

bool IsOfOneProject(std::string_view delegator_name,
                    const tuf::Targets& delegator, std::string_view role) {
  if (delegator_name == "targets" || !delegator.delegations) return false;
  const auto* roles = std::get_if<std::vector<tuf::DelegatedRole>>(
      &delegator.delegations->roles);
  if (roles == nullptr) return false;
  for (const tuf::DelegatedRole& delegated : *roles) {
    if (delegated.name == role) {
      return std::holds_alternative<tuf::PathPatterns>(delegated.paths);
    }
  }
  return false;
}

}  // namespace

absl::StatusOr<ChangedRoles> RoleFetch::Run() {
  const auto top = std::make_shared<const Role>(*trusted_.targets());
  const RolePtr published_top =
      published_ == nullptr ? nullptr : published_->view.top();
  changed_.same_delegations = published_ != nullptr;
  Compare(**top, published_top);
  if (!IsSameInSnapshot("targets")) changed_.roles.insert("targets");

  std::vector<Delegator> level = {{"targets", top, published_top}};
  while (!level.empty()) {
    std::vector<Wanted> missing;
    for (const Delegator& delegator : level) {
      RETURN_IF_ERROR(Follow(delegator, missing));
    }
    ASSIGN_OR_RETURN(const std::vector<Wanted> whole,
                     RebuildFromPacks(missing));
    RETURN_IF_ERROR(FetchMissing(whole));
    level = std::exchange(next_level_, {});
  }
  return std::move(changed_);
}

bool RoleFetch::IsSameInSnapshot(std::string_view role) const {
  if (published_ == nullptr) return false;
  const MetaFile* then = (*published_->view.trusted().snapshot())->Find(role);
  const MetaFile* now = (*trusted_.snapshot())->Find(role);
  return then != nullptr && now != nullptr && *then == *now;
}

// Whether the published copy of a role that is the same is good still.
bool RoleFetch::IsFresh(std::string_view role) const {
  const auto known = published_->fresh.find(role);
  return known != published_->fresh.end() &&
         known->second.version == (*trusted_.snapshot())->Find(role)->version;
}

void RoleFetch::Compare(const tuf::Targets& now, const RolePtr& published) {
  const bool same = published == nullptr
                        ? !now.delegations.has_value()
                        : (*published)->delegations == now.delegations;
  if (!same) changed_.same_delegations = false;
}

// One project whose maintainers are gone must not keep a mirror from following
// all others: its role is passed on, for readers to refuse. What it may list is
// what a delegated role gave it by path patterns; bins, which hold everybody's
// targets, are none of these.
absl::StatusOr<Role> RoleFetch::Verify(const RawMetadata& raw,
                                       const Wanted& wanted) {
  const Role& delegator = *wanted.delegator->role;
  auto verified = trusted_.VerifyDelegated(raw, wanted.role, delegator);
  const bool expired =
      !verified.ok() && FailureOf(verified.status()) == Failure::kExpired;
  if (!expired ||
      !IsOfOneProject(wanted.delegator->name, *delegator, wanted.role)) {
    return verified;
  }
  tuf::TrustedMetadataSet lenient = trusted_;
  lenient.IgnoreExpiryOf(wanted.role);
  auto taken = lenient.VerifyDelegated(raw, wanted.role, delegator);
  if (!taken.ok() || (*taken)->delegations) return verified;
  changed_.expired.emplace(wanted.role, (*taken)->expires);
  return taken;
}

// Accepts the roles of `delegator` that are here and verify; the others are
// appended to `missing`.
absl::Status RoleFetch::Follow(const Delegator& delegator,
                               std::vector<Wanted>& missing) {
  ASSIGN_OR_RETURN(
      const std::vector<std::string> names,
      client::DelegatedRoleNames(**delegator.role, **trusted_.snapshot()));
  for (const std::string& name : names) {
    if (!seen_.emplace(delegator.name, name).second) continue;
    if ((*trusted_.snapshot())->Find(name) == nullptr) {
      changed_.unlisted.emplace_back(delegator.name, name);
      continue;
    }
    const bool known_leaf =
        changed_.same_delegations && IsSameInSnapshot(name) &&
        !published_->delegating_roles.contains(name) && IsFresh(name);
    if (known_leaf) continue;
    Wanted wanted{name, &delegator};
    ASSIGN_OR_RETURN(const MetaFile meta, trusted_.RoleMeta(name));
    const auto local = store_.Load(name, meta.version);
    if (!local.ok()) {
      missing.push_back(std::move(wanted));
      continue;
    }
    auto verified = Verify(*local, wanted);
    if (!verified.ok()) {
      missing.push_back(std::move(wanted));
      continue;
    }
    RETURN_IF_ERROR(Accept(wanted, *std::move(verified)));
  }
  return absl::OkStatus();
}

std::optional<RawMetadata> RoleFetch::PublishedBytes(std::string_view role) {
  if (published_ == nullptr) return std::nullopt;
  const MetaFile* then = (*published_->view.trusted().snapshot())->Find(role);
  if (then == nullptr) return std::nullopt;
  auto raw = store_.Load(role, then->version);
  if (!raw.ok()) return std::nullopt;
  return *std::move(raw);
}

absl::StatusOr<std::vector<RoleFetch::Wanted>> RoleFetch::RebuildFromPacks(
    const std::vector<Wanted>& missing) {
  std::vector<Wanted> whole;
  size_t next = 0;
  const auto next_request = [&]() -> std::optional<http::FetchRequest> {
    while (next < missing.size()) {
      const Wanted& wanted = missing[next++];
      const MetaFile* now = (*trusted_.snapshot())->Find(wanted.role);
      const auto base = PublishedBytes(wanted.role);
      auto request = base ? fetcher_.PackRequestFor(wanted.role, now->version,
                                                    base->bytes.size())
                          : std::nullopt;
      if (request) {
        request->tag = next - 1;
        return request;
      }
      whole.push_back(wanted);
    }
    return std::nullopt;
  };
  const auto done =
      [&](const http::FetchRequest& request,
          absl::StatusOr<http::FetchResponse> response) -> absl::Status {
    const Wanted& wanted = missing[request.tag];
    whole.push_back(wanted);
    const MetaFile* now = (*trusted_.snapshot())->Find(wanted.role);
    const auto base = PublishedBytes(wanted.role);
    if (!base) return absl::OkStatus();
    const auto raw =
        fetcher_.Rebuild(wanted.role, now->length, *base, response);
    auto verified = raw.ok() ? Verify(*raw, wanted) : raw.status();
    fetcher_.CountPack(response.status(), verified.status());
    if (!verified.ok()) return absl::OkStatus();
    whole.pop_back();
    RETURN_IF_ERROR(store_.Save(wanted.role, (*verified)->version, *raw));
    ++changed_.fetched;
    return Accept(wanted, *std::move(verified));
  };
  if (!trusted_.root()->consistent_snapshot) return missing;
  RETURN_IF_ERROR(fetcher_.transfers().FetchAll(next_request, done));
  return whole;
}

absl::Status RoleFetch::FetchMissing(const std::vector<Wanted>& missing) {
  size_t next = 0;
  std::vector<const Wanted*> refused;
  const bool consistent = trusted_.root()->consistent_snapshot;
  const auto next_request = [&]() -> std::optional<http::FetchRequest> {
    if (next == missing.size()) return std::nullopt;
    const std::string& role = missing[next].role;
    const MetaFile meta = *(*trusted_.snapshot())->Find(role);
    http::FetchRequest request = fetcher_.RequestFor(
        role, consistent ? std::optional(meta.version) : std::nullopt,
        meta.length);
    request.tag = next++;
    return request;
  };
  const auto done =
      [&](const http::FetchRequest& request,
          absl::StatusOr<http::FetchResponse> response) -> absl::Status {
    const Wanted& wanted = missing[request.tag];
    const auto named = [&wanted](const absl::Status& status) {
      return Annotate(
          status, fmt::format("fetch role '{}'", Printable(wanted.role, 80)));
    };
    if (!response.ok()) return named(response.status());
    const RawMetadata raw{std::move(response->body)};
    auto verified = Verify(raw, wanted);
    if (!verified.ok() && fetcher_.mirrors() > 1) {
      refused.push_back(&wanted);
      return absl::OkStatus();
    }
    if (!verified.ok()) return named(verified.status());
    RETURN_IF_ERROR(store_.Save(wanted.role, (*verified)->version, raw));
    ++changed_.fetched;
    return Accept(wanted, *std::move(verified));
  };
  RETURN_IF_ERROR(fetcher_.transfers().FetchAll(next_request, done));
  for (const Wanted* wanted : refused) {
    RETURN_IF_ERROR(FetchFromAnyMirror(*wanted));
  }
  return absl::OkStatus();
}

// One mirror had a file that does not verify: the others are asked, one after
// the other.
absl::Status RoleFetch::FetchFromAnyMirror(const Wanted& wanted) {
  ASSIGN_OR_RETURN(
      const RolePtr role,
      client::LoadDelegatedRole(trusted_, wanted.role, *wanted.delegator->role,
                                fetcher_, store_));
  ++changed_.fetched;
  return Accept(wanted, *role);
}

RolePtr RoleFetch::PublishedRole(const Wanted& wanted) {
  if (wanted.delegator->published == nullptr) return nullptr;
  auto loaded = published_->view.Load(wanted.role, wanted.delegator->name,
                                      wanted.delegator->published);
  return loaded.ok() ? *std::move(loaded) : nullptr;
}

absl::Status RoleFetch::Accept(const Wanted& wanted, Role verified) {
  changed_.verified.insert_or_assign(wanted.role, verified->expires);
  if (!IsSameInSnapshot(wanted.role)) changed_.roles.insert(wanted.role);
  const bool delegated_before =
      published_ != nullptr &&
      published_->delegating_roles.contains(wanted.role);
  if (!verified->delegations && !delegated_before) return absl::OkStatus();
  const RolePtr published = PublishedRole(wanted);
  Compare(*verified, published);
  if (!verified->delegations) return absl::OkStatus();
  changed_.delegating_roles.insert(wanted.role);
  next_level_.push_back(
      Delegator{wanted.role, std::make_shared<const Role>(std::move(verified)),
                published});
  return absl::OkStatus();
}

}  // namespace tufmirror::source
