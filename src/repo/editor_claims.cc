// The part of an edition that is not the bins': projects that their maintainers
// sign, and the two roles that delegate to them.
#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "repo/sign.h"
#include "repo/stagger.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/repo/editor.h"
#include "tufmirror/tuf/verified.h"

namespace tufmirror::repo {
namespace {

using tuf::TargetFile;

absl::Status NotForUs(std::string_view path) {
  return MakeFailure(Failure::kUnauthorised,
                     fmt::format("target {}: expected what the project's "
                                 "maintainers signed, got something else",
                                 Printable(path)));
}

absl::Status NoClaims() {
  return MakeFailure(Failure::kUnsupported,
                     "claims: this repository delegates none; its targets must "
                     "be signed anew for that");
}

// What top-level targets says of who signs `role`.
const tuf::RoleKeys* KeysOf(const tuf::Targets& top, std::string_view role) {
  if (!top.delegations) return nullptr;
  const auto* roles =
      std::get_if<std::vector<tuf::DelegatedRole>>(&top.delegations->roles);
  if (roles == nullptr) return nullptr;
  for (const tuf::DelegatedRole& delegated : *roles) {
    if (delegated.name == role) return &delegated.keys;
  }
  return nullptr;
}

}  // namespace

absl::Status RepositoryEditor::OpenClaims(BinStates& known) {
  if (!HasClaims(**view_->top())) return absl::OkStatus();
  for (const std::string_view delegator :
       {kClaimedRole, kRecentlyClaimedRole}) {
    ASSIGN_OR_RETURN(const tuf::RolePtr role,
                     view_->Load(delegator, "targets", view_->top()));
    for (pypi::ProjectName& project : ProjectsIn(**role)) {
      // What is claimed wins.
      if (claims_.contains(project.str())) continue;
      RETURN_IF_ERROR(OpenClaim(std::move(project), delegator, role, known));
    }
    if (delegator == kClaimedRole) {
      claimed_role_ = role;
      continue;
    }
    recent_role_ = role;
    recent_ = **role;
    states_.insert_or_assign(std::string(kRecentlyClaimedRole),
                             BinState{recent_->version, recent_->expires});
  }
  return absl::OkStatus();
}

absl::Status RepositoryEditor::OpenClaim(pypi::ProjectName project,
                                         std::string_view delegator,
                                         const tuf::RolePtr& role,
                                         BinStates& known) {
  const std::string name = ClaimRoleName(project);
  ClaimState claim{project, *ClaimKeysIn(**role, project), delegator};
  if (const tuf::MetaFile* meta = snapshot_.Find(name)) {
    claim.version = meta->version;
    const auto found = known.find(name);
    if (found != known.end() && found->second.version == meta->version) {
      claim.expires = found->second.expires;
    } else if (const auto loaded = view_->Load(name, delegator, role);
               loaded.ok()) {
      claim.expires = (**loaded)->expires;
    } else {
      claim.trouble = loaded.status();
    }
  } else {
    claim.trouble =
        MakeFailure(Failure::kNotFound,
                    fmt::format("role '{}' is not in the snapshot", name));
  }
  claims_.emplace(project.str(), std::move(claim));
  return absl::OkStatus();
}

const ClaimState* RepositoryEditor::FindClaim(std::string_view project) const {
  const auto found = claims_.find(project);
  return found == claims_.end() ? nullptr : &found->second;
}

BinStates RepositoryEditor::role_states() const {
  BinStates states = states_;
  for (const auto& [project, claim] : claims_) {
    if (!claim.trouble.ok()) continue;
    states.insert_or_assign(ClaimRoleName(claim.project),
                            BinState{claim.version, claim.expires});
  }
  return states;
}

int64_t RepositoryEditor::ListedVersion(std::string_view role) const {
  const tuf::MetaFile* meta = snapshot_.Find(role);
  return meta == nullptr ? 0 : meta->version;
}

absl::StatusOr<const tuf::Targets*> RepositoryEditor::ClaimedTargets(
    const ClaimState& claim) {
  if (const auto adopted = adopted_.find(claim.project.str());
      adopted != adopted_.end()) {
    return &adopted->second.role;
  }
  ASSIGN_OR_RETURN(const tuf::RolePtr role, LoadClaim(claim));
  return &**role;
}

absl::StatusOr<tuf::RolePtr> RepositoryEditor::LoadClaim(
    const ClaimState& claim) {
  return view_->Load(
      ClaimRoleName(claim.project), claim.delegator,
      claim.delegator == kClaimedRole ? claimed_role_ : recent_role_);
}

// True if the path is the maintainers' affair, and `target` is what they say.
absl::StatusOr<bool> RepositoryEditor::IsAsClaimed(std::string_view path,
                                                   const TargetFile* target) {
  const ClaimState* claim = FindClaim(ProjectOfTarget(path));
  if (claim == nullptr) return false;
  ASSIGN_OR_RETURN(const tuf::Targets* role, ClaimedTargets(*claim));
  const TargetFile* listed = role->Find(path);
  const bool same = target == nullptr ? listed == nullptr
                                      : listed != nullptr &&
                                            listed->content == target->content;
  if (!same) return NotForUs(path);
  return true;
}

void RepositoryEditor::AddEffect(std::string_view role, TargetChange change) {
  if (change.before == change.after) return;
  changes_[std::string(role)].push_back(std::move(change));
}

// The targets that readers find of the project now, and then.
absl::Status RepositoryEditor::AddEffects(const std::string& role,
                                          const std::set<std::string>& paths,
                                          const tuf::Targets& after) {
  for (const std::string& path : paths) {
    ASSIGN_OR_RETURN(const auto before, view_->Find(path));
    const TargetFile* now = after.Find(path);
    AddEffect(role, {path, before ? Edit(before->target) : std::nullopt,
                     now != nullptr ? Edit(*now) : std::nullopt});
  }
  return absl::OkStatus();
}

absl::Status RepositoryEditor::AdoptClaim(ClaimUpdate update) {
  if (recent_role_ == nullptr) return NoClaims();
  const std::string name = ClaimRoleName(update.project);
  const ClaimState* known = FindClaim(update.project.str());
  const bool offline = known != nullptr && known->delegator == kClaimedRole;
  const ClaimKeys& keys = offline ? known->keys : update.keys;
  ASSIGN_OR_RETURN(const tuf::Verified<tuf::Targets> verified,
                   tuf::Verifier::VerifyUnder(tuf::RawMetadata{update.bytes},
                                              name, keys.keys, keys.role()));
  const int64_t published = ListedVersion(name);
  if (verified->version <= published) {
    return MakeFailure(Failure::kVersion,
                       fmt::format("role '{}': expected a version above {}, "
                                   "got {}",
                                   name, published, verified->version));
  }
  std::set<std::string> paths(update.in_bins.begin(), update.in_bins.end());
  if (known != nullptr) {
    ASSIGN_OR_RETURN(const tuf::RolePtr old, LoadClaim(*known));
    for (const TargetFile& target : (*old)->targets) paths.insert(target.path);
  } else {
    for (const std::string& path : update.in_bins) {
      ASSIGN_OR_RETURN(BinEdits * edits, EditsOf(path));
      edits->insert_or_assign(path, std::nullopt);
    }
  }
  for (const TargetFile& target : verified->targets) paths.insert(target.path);
  RETURN_IF_ERROR(AddEffects(name, paths, *verified));
  if (!offline && !(known != nullptr && known->keys == update.keys)) {
    recent_ = WithClaim(*std::move(recent_), update.project, update.keys);
    recent_changed_ = true;
  }
  const std::string project = update.project.str();
  const ClaimState state{std::move(update.project), keys,
                         offline ? kClaimedRole : kRecentlyClaimedRole,
                         verified->version, verified->expires};
  claims_.insert_or_assign(project, state);
  adopted_.insert_or_assign(project,
                            AdoptedClaim{*verified, std::move(update.bytes)});
  return absl::OkStatus();
}

// What readers find stays as it is; only that the origin signs it now.
absl::Status RepositoryEditor::MoveToBins(const ClaimState& claim) {
  ASSIGN_OR_RETURN(const tuf::RolePtr role, LoadClaim(claim));
  for (const TargetFile& target : (*role)->targets) {
    ASSIGN_OR_RETURN(BinEdits * edits, EditsOf(target.path));
    edits->insert_or_assign(target.path, target);
  }
  dropped_.insert(claim.project.str());
  claims_.erase(claim.project.str());
  return absl::OkStatus();
}

absl::Status RepositoryEditor::DropClaim(const pypi::ProjectName& project) {
  const ClaimState* claim = FindClaim(project.str());
  if (claim == nullptr) return absl::OkStatus();
  if (claim->delegator == kClaimedRole) {
    return MakeFailure(
        Failure::kKey,
        fmt::format("{}: the role '{}' delegates it: that is taken back with "
                    "the offline keys",
                    project.str(), kClaimedRole));
  }
  recent_ = WithoutClaim(*std::move(recent_), project);
  recent_changed_ = true;
  const ClaimState copy = *claim;
  return MoveToBins(copy);
}

absl::Status RepositoryEditor::ReplaceClaimed(std::string bytes) {
  if (claimed_role_ == nullptr) return NoClaims();
  ASSIGN_OR_RETURN(const tuf::Verified<tuf::Targets> next,
                   tuf::Verifier::VerifyDelegated(tuf::RawMetadata{bytes},
                                                  kClaimedRole, *view_->top()));
  const int64_t published = ListedVersion(kClaimedRole);
  if (next->version <= published) {
    return MakeFailure(Failure::kVersion,
                       fmt::format("role '{}': expected a version above {}, "
                                   "got {}",
                                   kClaimedRole, published, next->version));
  }
  for (const pypi::ProjectName& project : ProjectsIn(**claimed_role_)) {
    const bool stays = ClaimKeysIn(*next, project).has_value();
    if (stays || ClaimKeysIn(*recent_, project)) continue;
    if (const ClaimState* claim = FindClaim(project.str())) {
      const ClaimState copy = *claim;
      RETURN_IF_ERROR(MoveToBins(copy));
    }
  }
  for (const pypi::ProjectName& project : ProjectsIn(*next)) {
    if (!ClaimKeysIn(*recent_, project)) continue;
    recent_ = WithoutClaim(*std::move(recent_), project);
    recent_changed_ = true;
  }
  next_claimed_ = AdoptedClaim{*next, std::move(bytes)};
  return absl::OkStatus();
}

bool RepositoryEditor::ClaimsChanged() const {
  return recent_changed_ || next_claimed_ || !adopted_.empty() ||
         !dropped_.empty();
}

void RepositoryEditor::SetListed(std::string_view role, tuf::MetaFile listed) {
  auto& meta = snapshot_.meta;
  const auto place =
      std::lower_bound(meta.begin(), meta.end(), role,
                       [](const auto& entry, std::string_view name) {
                         return entry.first < name;
                       });
  if (place != meta.end() && place->first == role) {
    place->second = std::move(listed);
  } else {
    meta.insert(place, {std::string(role), std::move(listed)});
  }
}

absl::Status RepositoryEditor::WriteSigned(std::string_view role,
                                           std::string_view delegator,
                                           const AdoptedClaim& next,
                                           WriteRole write,
                                           SigningResult& result) {
  RETURN_IF_ERROR(write(role, next.role.version, next.bytes));
  const int64_t before = ListedVersion(role);
  result.roles.push_back({std::string(role), next.role.version,
                          before == 0 ? std::nullopt : std::optional(before),
                          std::string(delegator)});
  // Digests only of what is signed offline, see genesis.cc; those of ever so
  // many projects would make the snapshot large.
  tuf::MetaFile listed;
  listed.version = next.role.version;
  if (role == kClaimedRole) listed = MetaOf(next.role.version, next.bytes);
  SetListed(role, std::move(listed));
  return absl::OkStatus();
}

absl::Status RepositoryEditor::FinishClaims(const SigningPolicy& policy,
                                            absl::Time now, int64_t version,
                                            absl::Span<const Signer> online,
                                            WriteRole write,
                                            SigningResult& result) {
  if (recent_role_ == nullptr) return absl::OkStatus();
  for (const auto& [project, next] : adopted_) {
    const ClaimState& claim = claims_.find(project)->second;
    RETURN_IF_ERROR(WriteSigned(ClaimRoleName(claim.project), claim.delegator,
                                next, write, result));
  }
  if (next_claimed_) {
    RETURN_IF_ERROR(
        WriteSigned(kClaimedRole, "targets", *next_claimed_, write, result));
  }
  if (!recent_changed_ && !IsDue(kRecentlyClaimedRole, policy, now)) {
    return absl::OkStatus();
  }
  const tuf::Targets& top = **view_->top();
  ASSIGN_OR_RETURN(
      const std::vector<NamedSigner> signers,
      SignersOf(kRecentlyClaimedRole, *KeysOf(top, kRecentlyClaimedRole),
                top.delegations->keys, online));
  recent_->version = version;
  recent_->expires = ExpiryAfter(now, policy.bin_expiry);
  recent_->spec_version = std::string(tuf::kSpecVersion);
  ASSIGN_OR_RETURN(std::string bytes, SignNamed(*recent_, signers));
  states_[std::string(kRecentlyClaimedRole)] =
      BinState{version, recent_->expires};
  return WriteSigned(kRecentlyClaimedRole, "targets",
                     AdoptedClaim{*recent_, std::move(bytes)}, write, result);
}

}  // namespace tufmirror::repo
