// Whether a candidate may become what is published: nothing that a client would
// refuse, and nothing that would lock one out, leaves here as OK.
#include <algorithm>
#include <utility>

#include "absl/strings/str_join.h"
#include "fmt/format.h"
#include "repo/ceremony_access.h"
#include "repo/ceremony_roles.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/tuf/trusted_metadata_set.h"

namespace tufmirror::repo {
namespace {

std::string MissingText(const Quorum& quorum) {
  std::vector<std::string> waiting;
  for (const SigningKey& key : quorum.keys) {
    if (!key.has_signed) waiting.push_back(KeyText(key.keyid, key.holder));
  }
  return fmt::format("{} more of {}", quorum.threshold - quorum.good,
                     absl::StrJoin(waiting, ", "));
}

absl::Status CheckThresholds(const Candidate& candidate) {
  for (const RoleSignatures& role : SignaturesOf(candidate)) {
    for (const Quorum& quorum : role.quorums) {
      if (quorum.complete()) continue;
      return MakeFailure(
          Failure::kThreshold,
          fmt::format("publish candidate {}: {} needs {} signatures by keys "
                      "that {} names, got {}: missing are {}",
                      candidate.id(), role.role, quorum.threshold,
                      quorum.named_by, quorum.good, MissingText(quorum)));
    }
  }
  return absl::OkStatus();
}

absl::Status Stale(const Candidate& candidate, std::string_view role,
                   std::string_view made_for, std::string_view got) {
  return MakeFailure(
      Failure::kVersion,
      fmt::format("publish candidate {} (begun {}): it was made for {} {}, and "
                  "{} is published: another ceremony came first; begin again",
                  candidate.id(), tuf::FormatExpiry(candidate.created()),
                  Printable(role, 80), made_for, got));
}

absl::Status CheckSame(const Candidate& candidate, const OfflineRole* made_for,
                       const OfflineRole* published, std::string_view name) {
  const auto text = [](const OfflineRole* role) {
    return role == nullptr ? std::string("none")
                           : fmt::format("version {}", role->common().version);
  };
  const OfflineRole* fresh = candidate.New(name);
  const bool is_published_already =
      fresh != nullptr && published != nullptr &&
      fresh->document.canonical == published->document.canonical;
  if (is_published_already) {
    return MakeFailure(Failure::kVersion,
                       fmt::format("publish candidate {}: its {} version {} is "
                                   "published already",
                                   candidate.id(), Printable(name, 80),
                                   published->common().version));
  }
  const bool same =
      made_for == nullptr || published == nullptr
          ? made_for == published
          : made_for->document.canonical == published->document.canonical;
  if (same) return absl::OkStatus();
  const bool other_bytes = text(made_for) == text(published);
  return Stale(
      candidate, name, text(made_for),
      other_bytes ? text(published) + " with other content" : text(published));
}

// Null if it is not published.
const OfflineRole* FindPublished(const TrustedRoles& published,
                                 std::string_view name) {
  if (name == kRootRole) {
    return published.roots.empty() ? nullptr : &published.roots.back();
  }
  for (const OfflineRole& role : published.others) {
    if (role.name == name) return &role;
  }
  return nullptr;
}

absl::Status CheckMadeFor(const Candidate& candidate,
                          const TrustedRoles& published) {
  const auto find = [&](std::string_view name) {
    return FindPublished(published, name);
  };
  RETURN_IF_ERROR(CheckSame(candidate, candidate.Trusted(kRootRole),
                            find(kRootRole), kRootRole));
  for (const OfflineRole& role : candidate.trusted()) {
    RETURN_IF_ERROR(CheckSame(candidate, &role, find(role.name), role.name));
  }
  for (const OfflineRole& role : candidate.roles()) {
    if (role.name == kRootRole) continue;
    RETURN_IF_ERROR(CheckSame(candidate, candidate.Trusted(role.name),
                              find(role.name), role.name));
  }
  return absl::OkStatus();
}

absl::Status CheckLatestUnexpired(const OfflineRole& role, absl::Time now) {
  if (role.common().expires > now) return absl::OkStatus();
  return MakeFailure(
      Failure::kExpired,
      fmt::format("{} version {} expired at {}, and it is {} now: the ceremony "
                  "must renew it too",
                  role.name, role.common().version,
                  tuf::FormatExpiry(role.common().expires),
                  tuf::FormatExpiry(now)));
}

// The steps of a client that knows the first root, up to where metadata come
// that are signed online.
absl::Status WalkAsClient(const Candidate& candidate,
                          const TrustedRoles& published, absl::Time now) {
  const OfflineRole* new_root = candidate.New(kRootRole);
  const OfflineRole& first =
      published.roots.empty() ? *new_root : published.roots[0];
  ASSIGN_OR_RETURN(auto set,
                   tuf::TrustedMetadataSet::Create(first.document.Raw(), now));
  for (size_t i = 1; i < published.roots.size(); ++i) {
    RETURN_IF_ERROR(set.UpdateRoot(published.roots[i].document.Raw()));
  }
  if (new_root != nullptr && !published.roots.empty()) {
    RETURN_IF_ERROR(set.UpdateRoot(new_root->document.Raw()));
  }
  RETURN_IF_ERROR(CheckLatestUnexpired(*candidate.Latest(kRootRole), now));
  const OfflineRole& targets = *candidate.Latest(kTargetsRole);
  ASSIGN_OR_RETURN(
      const auto verified,
      tuf::Verifier::VerifyTargets(targets.document.Raw(), set.root()));
  RETURN_IF_ERROR(CheckLatestUnexpired(targets, now));
  std::vector<std::string> delegated;
  for (const auto* roles : {&candidate.trusted(), &candidate.roles()}) {
    for (const OfflineRole& role : *roles) {
      if (role.name != kRootRole && role.name != kTargetsRole) {
        delegated.push_back(role.name);
      }
    }
  }
  for (const std::string& name : delegated) {
    // One that is delegated no longer is not asked for any more.
    if (KeysNamedBy(targets, name).role == nullptr) continue;
    const OfflineRole& role = *candidate.Latest(name);
    RETURN_IF_ERROR(Annotate(
        tuf::Verifier::VerifyDelegated(role.document.Raw(), name, verified)
            .status(),
        Printable(name, 80)));
    RETURN_IF_ERROR(CheckLatestUnexpired(role, now));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckUnexpired(const Candidate& candidate, absl::Time now) {
  for (const OfflineRole& role : candidate.roles()) {
    if (role.common().expires > now) continue;
    return MakeFailure(
        Failure::kExpired,
        fmt::format("candidate {}: its {} expires at {}, and this machine's "
                    "clock says {}: no client would take it; begin again, or "
                    "set the clock if that is wrong",
                    candidate.id(), role.name,
                    tuf::FormatExpiry(role.common().expires),
                    tuf::FormatExpiry(now)));
  }
  return absl::OkStatus();
}

absl::Status CheckFollowsFrom(const Candidate& candidate,
                              const tuf::RawMetadata& known_root) {
  ASSIGN_OR_RETURN(const auto known,
                   tuf::Verifier::VerifyInitialRoot(known_root));
  ASSIGN_OR_RETURN(const SignedDocument document,
                   ReadDocument(known_root, kRootRole));
  for (const OfflineRole& root : candidate.trusted_roots()) {
    if (root.common().version != known->version) continue;
    if (root.document.canonical == document.canonical) return absl::OkStatus();
    return MakeFailure(
        Failure::kThreshold,
        fmt::format("candidate {}: expected the root version {} that you know, "
                    "got another one of that version: this candidate is of "
                    "another repository, or somebody wants to deceive you",
                    candidate.id(), known->version));
  }
  if (candidate.trusted_roots().empty()) {
    return MakeFailure(Failure::kVersion,
                       fmt::format("candidate {}: it begins a new repository, "
                                   "and follows from no root",
                                   candidate.id()));
  }
  return MakeFailure(
      Failure::kVersion,
      fmt::format("candidate {}: it was made for root version {}, and you know "
                  "version {} already",
                  candidate.id(),
                  candidate.trusted_roots().back().common().version,
                  known->version));
}

absl::StatusOr<bool> IsPublished(const Candidate& candidate,
                                 const OfflineMetadata& current) {
  ASSIGN_OR_RETURN(const TrustedRoles published, VerifyTrusted(current));
  return std::all_of(candidate.roles().begin(), candidate.roles().end(),
                     [&](const OfflineRole& role) {
                       const OfflineRole* live =
                           FindPublished(published, role.name);
                       return live != nullptr && live->document.canonical ==
                                                     role.document.canonical;
                     });
}

absl::Status CheckPublishable(const Candidate& candidate,
                              const OfflineMetadata& current, absl::Time now) {
  ASSIGN_OR_RETURN(const TrustedRoles published, VerifyTrusted(current));
  RETURN_IF_ERROR(CheckMadeFor(candidate, published));
  RETURN_IF_ERROR(CheckUnexpired(candidate, now));
  if (published.roots.empty() && (candidate.New(kRootRole) == nullptr ||
                                  candidate.New(kTargetsRole) == nullptr)) {
    return MakeFailure(Failure::kUsage,
                       fmt::format("publish candidate {}: the first metadata "
                                   "need root and targets",
                                   candidate.id()));
  }
  RETURN_IF_ERROR(CheckThresholds(candidate));
  return Annotate(WalkAsClient(candidate, published, now),
                  fmt::format("publish candidate {}: a client would refuse it",
                              candidate.id()));
}

}  // namespace tufmirror::repo
