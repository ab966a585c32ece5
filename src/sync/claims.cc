// Everything is checked against what is published and what was accepted before;
// what upstream has is looked at by the run that publishes.
#include "tufmirror/sync/claims.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "fmt/format.h"
#include "sync/claim_store.h"
#include "sync/origin_state.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/client/metadata_fetcher.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/repo/claim_bundle.h"
#include "tufmirror/repo/claim_request.h"
#include "tufmirror/repo/claimed_role.h"
#include "tufmirror/repo/editor.h"
#include "tufmirror/repo/project_pages.h"
#include "tufmirror/repo/tree_view.h"
#include "tufmirror/tree/layout.h"
#include "tufmirror/tuf/verified.h"

namespace tufmirror::sync {
namespace {

constexpr uint64_t kMaxOwnPageBytes = uint64_t{64} << 20;

// The published repository, opened to look at its claims.
struct Published {
  std::string tree_root;
  std::unique_ptr<client::RepositoryView> view;
  std::optional<repo::RepositoryEditor> editor;

  static absl::StatusOr<Published> Open(const tree::Home& home) {
    Published published;
    ASSIGN_OR_RETURN(const tree::TreeSide live, home.LiveSide());
    published.tree_root = home.layout().tree(live);
    ASSIGN_OR_RETURN(
        client::RepositoryView view,
        repo::OpenTreeView(published.tree_root, absl::InfinitePast()));
    published.view = std::make_unique<client::RepositoryView>(std::move(view));
    ASSIGN_OR_RETURN(OriginState state, LoadOriginState(home.layout()));
    ASSIGN_OR_RETURN(
        published.editor,
        repo::RepositoryEditor::Open(*published.view, std::move(state.bins)));
    return published;
  }

  bool has_claims() const { return repo::HasClaims(**view->top()); }
  // Of a role that may have been published under other delegations before.
  int64_t ListedVersion(std::string_view role) const {
    const tuf::MetaFile* meta = (*view->trusted().snapshot())->Find(role);
    return meta == nullptr ? 0 : meta->version;
  }
};

absl::Status CheckHasClaims(const Published& published) {
  if (published.has_claims()) return absl::OkStatus();
  return MakeFailure(
      Failure::kUnsupported,
      "claim: this origin was made without 'init origin --claims': its targets "
      "role delegates nothing to maintainers");
}

absl::StatusOr<std::optional<repo::ClaimRequest>> StoredRequest(
    const ClaimStore& store, const pypi::ProjectName& project) {
  ASSIGN_OR_RETURN(const auto text, store.Request(project));
  if (!text) return std::nullopt;
  auto request = repo::ParseClaimRequest(*text);
  if (request.ok()) return *std::move(request);
  return Annotate(request.status(),
                  fmt::format("{} (accept a request of {} again with --force)",
                              store.RequestPath(project), project.str()));
}

// The keys that must sign for the project now.
absl::StatusOr<std::optional<repo::ClaimKeys>> KeysInForce(
    const Published& published, const ClaimStore& store,
    const pypi::ProjectName& project) {
  if (const repo::ClaimState* claim =
          published.editor->FindClaim(project.str())) {
    return claim->keys;
  }
  ASSIGN_OR_RETURN(auto request, StoredRequest(store, project));
  if (!request) return std::nullopt;
  return std::move(request->keys);
}

absl::Status CheckKeyChange(const Published& published, const ClaimStore& store,
                            const pypi::ProjectName& project,
                            std::string_view text) {
  ASSIGN_OR_RETURN(const auto stored, store.Request(project));
  // Accepted before, by somebody who was then interrupted.
  if (stored && *stored == text) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto keys, KeysInForce(published, store, project));
  if (!keys) return absl::OkStatus();
  return Annotate(repo::CheckClaimRequestSigned(text, *keys),
                  fmt::format("new keys of {}, to be signed by those that it "
                              "has",
                              project.str()));
}

absl::StatusOr<AcceptedClaim> AcceptRequest(const Published& published,
                                            const ClaimStore& store,
                                            std::string_view text,
                                            KeyChange key_change,
                                            absl::Time now) {
  ASSIGN_OR_RETURN(repo::ClaimRequest request, repo::ParseClaimRequest(text));
  const pypi::ProjectName& project = request.project;
  if (request.expires <= now) {
    return MakeFailure(
        Failure::kExpired,
        fmt::format("claim request of {}: it was good until {} "
                    "only",
                    project.str(), tuf::FormatExpiry(request.expires)));
  }
  if (key_change == KeyChange::kSignedByOldKeys) {
    RETURN_IF_ERROR(CheckKeyChange(published, store, project, text));
  }
  RETURN_IF_ERROR(store.SaveRequest(project, text));
  return AcceptedClaim{AcceptedClaim::Kind::kRequest, project.str(), 0,
                       std::move(request.contact), std::move(request.keys)};
}

absl::Status CheckRoleSigned(const repo::ClaimBundle& bundle,
                             const repo::ClaimKeys& keys) {
  return tuf::Verifier::VerifyUnder(tuf::RawMetadata{bundle.role},
                                    repo::ClaimRoleName(bundle.project),
                                    keys.keys, keys.role())
      .status();
}

// Under the keys that readers will ask for once it is published.
absl::Status CheckBundleSigned(const Published& published,
                               const ClaimStore& store,
                               const repo::ClaimBundle& bundle) {
  ASSIGN_OR_RETURN(const auto request, StoredRequest(store, bundle.project));
  const repo::ClaimState* claim =
      published.editor->FindClaim(bundle.project.str());
  if (!request && claim == nullptr) {
    return MakeFailure(Failure::kUnauthorised,
                       fmt::format("claim bundle: expected a claim request of "
                                   "{} before, there is none",
                                   bundle.project.str()));
  }
  if (request) RETURN_IF_ERROR(CheckRoleSigned(bundle, request->keys));
  const bool claimed_keys =
      claim != nullptr && (!request || claim->delegator == repo::kClaimedRole);
  return claimed_keys ? CheckRoleSigned(bundle, claim->keys) : absl::OkStatus();
}

absl::Status CheckBundleVersion(const Published& published,
                                const ClaimStore& store,
                                const repo::ClaimBundle& bundle,
                                const tuf::Targets& role, absl::Time now) {
  ASSIGN_OR_RETURN(const auto stored, store.List());
  const auto kept = stored.find(bundle.project);
  const int64_t accepted = kept == stored.end() ? 0 : kept->second.version;
  const int64_t last = std::max(
      accepted, published.ListedVersion(repo::ClaimRoleName(bundle.project)));
  if (role.version != last + 1) {
    return MakeFailure(
        Failure::kVersion,
        fmt::format("claim bundle of {}: expected version {}, "
                    "the one after the last, got {}",
                    bundle.project.str(), last + 1, role.version));
  }
  if (role.expires > now) return absl::OkStatus();
  return MakeFailure(
      Failure::kExpired,
      fmt::format("claim bundle of {}: it expired at {}", bundle.project.str(),
                  tuf::FormatExpiry(role.expires)));
}

absl::StatusOr<AcceptedClaim> AcceptBundle(const Published& published,
                                           const ClaimStore& store,
                                           std::string_view text,
                                           absl::Time now) {
  ASSIGN_OR_RETURN(const repo::ClaimBundle bundle,
                   repo::ParseClaimBundle(text));
  RETURN_IF_ERROR(CheckBundleSigned(published, store, bundle));
  ASSIGN_OR_RETURN(const repo::ClaimRelease release,
                   repo::OpenClaimBundle(bundle));
  RETURN_IF_ERROR(
      CheckBundleVersion(published, store, bundle, release.role, now));
  RETURN_IF_ERROR(store.SaveBundle(bundle.project, release.role.version, text));
  return AcceptedClaim{AcceptedClaim::Kind::kRelease, bundle.project.str(),
                       release.role.version, "", std::nullopt};
}

absl::StatusOr<AcceptedClaim> AcceptClaimedRole(Published& published,
                                                const ClaimStore& store,
                                                std::string_view text,
                                                absl::Time now) {
  if (text.size() > client::MetadataLimits().targets) {
    return MakeFailure(
        Failure::kTooLarge,
        fmt::format("role 'claimed': expected at most {} bytes, "
                    "which is what readers take, got {}",
                    client::MetadataLimits().targets, text.size()));
  }
  ASSIGN_OR_RETURN(const tuf::Verified<tuf::Targets> next,
                   tuf::Verifier::VerifyDelegated(
                       tuf::RawMetadata{std::string(text)}, repo::kClaimedRole,
                       *published.view->top()));
  RETURN_IF_ERROR(Annotate(repo::CheckOnlyClaims(*next), "role 'claimed'"));
  const int64_t last = published.ListedVersion(repo::kClaimedRole);
  if (next->version != last + 1) {
    return MakeFailure(Failure::kVersion,
                       fmt::format("role 'claimed': expected version {}, got "
                                   "{}",
                                   last + 1, next->version));
  }
  if (next->expires <= now) {
    return MakeFailure(Failure::kExpired,
                       fmt::format("role 'claimed': it expired at {}",
                                   tuf::FormatExpiry(next->expires)));
  }
  RETURN_IF_ERROR(store.SaveNextClaimed(text));
  // What the offline keys take back is not to come again from the online ones.
  ASSIGN_OR_RETURN(const tuf::RolePtr last_role,
                   published.view->Load(repo::kClaimedRole, "targets",
                                        published.view->top()));
  for (const pypi::ProjectName& project : repo::ProjectsIn(**last_role)) {
    if (repo::ClaimKeysIn(*next, project)) continue;
    RETURN_IF_ERROR(store.Revoke(project));
  }
  // And what they give is not taken back by what was accepted before.
  for (const pypi::ProjectName& project : repo::ProjectsIn(*next)) {
    RETURN_IF_ERROR(store.ForgetRevocation(project));
  }
  return AcceptedClaim{AcceptedClaim::Kind::kClaimedRole, "", next->version, "",
                       std::nullopt};
}

// What a metadata file of a role looks like, and a bundle does not.
bool LooksLikeRole(std::string_view text) {
  return repo::ReadTargetsRole(text).ok();
}

std::string StateOf(const repo::ClaimState* claim, const StoredClaim& stored) {
  if (claim != nullptr) return std::string(claim->delegator);
  return stored.version > 0 ? "waiting" : "requested";
}

absl::StatusOr<ClaimListing> ListingOf(const Published& published,
                                       const ClaimStore& store,
                                       const pypi::ProjectName& project,
                                       const StoredClaim& stored) {
  const repo::ClaimState* claim = published.editor->FindClaim(project.str());
  ClaimListing listing;
  listing.project = project.str();
  listing.state = StateOf(claim, stored);
  if (claim != nullptr) {
    listing.published = claim->version;
    listing.expires = claim->expires;
    listing.keys = claim->keys;
    listing.trouble = claim->trouble;
  }
  if (stored.version > listing.published) listing.accepted = stored.version;
  ASSIGN_OR_RETURN(auto request, StoredRequest(store, project));
  if (!request) return listing;
  listing.contact = std::move(request->contact);
  if (claim == nullptr) {
    listing.keys = std::move(request->keys);
  } else if (request->keys != listing.keys) {
    listing.next_keys = std::move(request->keys);
  }
  return listing;
}

}  // namespace

absl::StatusOr<AcceptedClaim> AcceptClaim(const tree::Home& home,
                                          std::string_view text,
                                          KeyChange key_change,
                                          absl::Time now) {
  ASSIGN_OR_RETURN(const auto lock, home.Lock("claim"));
  ASSIGN_OR_RETURN(Published published, Published::Open(home));
  RETURN_IF_ERROR(CheckHasClaims(published));
  const ClaimStore store(home.layout());
  if (repo::LooksLikeClaimRequest(text)) {
    return AcceptRequest(published, store, text, key_change, now);
  }
  if (LooksLikeRole(text)) {
    return AcceptClaimedRole(published, store, text, now);
  }
  return AcceptBundle(published, store, text, now);
}

absl::StatusOr<RevokedClaim> RevokeClaim(const tree::Home& home,
                                         const pypi::ProjectName& project) {
  ASSIGN_OR_RETURN(const auto lock, home.Lock("claim"));
  ASSIGN_OR_RETURN(const Published published, Published::Open(home));
  const ClaimStore store(home.layout());
  ASSIGN_OR_RETURN(const auto stored, store.List());
  const repo::ClaimState* claim = published.editor->FindClaim(project.str());
  const auto kept = stored.find(project);
  if (claim == nullptr && (kept == stored.end() || !kept->second.has_request)) {
    return MakeFailure(Failure::kUsage,
                       fmt::format("claim revoke: expected a claimed project, "
                                   "{} is none",
                                   project.str()));
  }
  if (claim != nullptr && claim->delegator == repo::kClaimedRole) {
    return MakeFailure(
        Failure::kKey,
        fmt::format("claim revoke: the offline keys delegate {0}: sign a "
                    "'claimed' without it (tufmirror claim promote --remove "
                    "{0}), and accept that",
                    project.str()));
  }
  RETURN_IF_ERROR(store.Revoke(project));
  return claim == nullptr ? RevokedClaim::kRequest : RevokedClaim::kPublished;
}

absl::StatusOr<std::vector<ClaimListing>> ListClaims(const tree::Home& home) {
  ASSIGN_OR_RETURN(const Published published, Published::Open(home));
  const ClaimStore store(home.layout());
  ASSIGN_OR_RETURN(auto all, store.List());
  std::erase_if(all, [](const auto& claim) {
    return !claim.second.has_request && claim.second.version == 0;
  });
  for (const auto& [name, claim] : published.editor->claims()) {
    all.try_emplace(claim.project);
  }
  std::vector<ClaimListing> listings;
  for (const auto& [project, stored] : all) {
    ASSIGN_OR_RETURN(ClaimListing listing,
                     ListingOf(published, store, project, stored));
    listings.push_back(std::move(listing));
  }
  return listings;
}

absl::StatusOr<std::string> ExportClaim(const tree::Home& home,
                                        const pypi::ProjectName& project) {
  ASSIGN_OR_RETURN(const Published published, Published::Open(home));
  const ClaimStore store(home.layout());
  ASSIGN_OR_RETURN(const auto stored, store.List());
  const auto kept = stored.find(project);
  if (kept != stored.end() && kept->second.version > 0) {
    ASSIGN_OR_RETURN(auto text, store.Bundle(project, kept->second.version));
    if (text) return *std::move(text);
  }
  const repo::ClaimState* claim = published.editor->FindClaim(project.str());
  if (claim == nullptr) {
    return MakeFailure(
        Failure::kNotFound,
        fmt::format("{}: its maintainers have signed nothing", project.str()));
  }
  repo::ClaimBundle bundle{project, "", "", ""};
  const auto read = [&published](const std::string& path) {
    return fs::ReadFile(published.tree_root + "/" + path, kMaxOwnPageBytes);
  };
  ASSIGN_OR_RETURN(
      bundle.role,
      read(tree::MetadataPath(repo::ClaimRoleName(project), claim->version)));
  ASSIGN_OR_RETURN(bundle.html, read(repo::HtmlPagePath(project)));
  ASSIGN_OR_RETURN(bundle.json, read(repo::JsonPagePath(project)));
  return repo::WriteClaimBundle(bundle);
}

}  // namespace tufmirror::sync
