// A bundle was checked when it was accepted; it is checked again here, because
// its file lay on the origin's disk since then.
#include "sync/origin_claims.h"

#include <algorithm>
#include <set>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/client/metadata_fetcher.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/repo/claim_request.h"
#include "tufmirror/repo/claimed_role.h"
#include "tufmirror/tree/layout.h"
#include "tufmirror/tuf/verified.h"

namespace tufmirror::sync {
namespace {

using pypi::IndexFile;
using source::SourceFile;

// What readers trust of `project` must be good under the keys that they are to
// ask for from now on.
absl::Status CheckUnderNewKeys(const std::string& tree_root,
                               const repo::ClaimState& claim,
                               const repo::ClaimKeys& keys) {
  const std::string role = repo::ClaimRoleName(claim.project);
  ASSIGN_OR_RETURN(
      std::string bytes,
      fs::ReadFile(tree_root + "/" + tree::MetadataPath(role, claim.version),
                   client::MetadataLimits().ForRole(role)));
  return tuf::Verifier::VerifyUnder(tuf::RawMetadata{std::move(bytes)}, role,
                                    keys.keys, keys.role())
      .status();
}

absl::Status CheckClaimedRole(const std::string& tree_root,
                              const repo::RepositoryEditor& editor,
                              const tuf::Targets& next, absl::Time now) {
  if (next.expires <= now) {
    return MakeFailure(Failure::kExpired,
                       fmt::format("role '{}' version {} is expired",
                                   repo::kClaimedRole, next.version));
  }
  RETURN_IF_ERROR(Annotate(
      repo::CheckOnlyClaims(next),
      fmt::format("role '{}' version {}", repo::kClaimedRole, next.version)));
  for (const pypi::ProjectName& project : repo::ProjectsIn(next)) {
    const repo::ClaimState* claim = editor.FindClaim(project.str());
    if (claim == nullptr || claim->version == 0) {
      return MakeFailure(Failure::kNotFound,
                         fmt::format("role '{}': {} has published nothing that "
                                     "its maintainers signed",
                                     repo::kClaimedRole, project.str()));
    }
    const auto keys = repo::ClaimKeysIn(next, project);
    RETURN_IF_ERROR(Annotate(
        CheckUnderNewKeys(tree_root, *claim, *keys),
        fmt::format("{0} has published nothing that its new keys signed: "
                    "publish a release that the old and the new keys sign, or, "
                    "if the old ones are lost, take {0} out first (claim "
                    "promote --remove)",
                    project.str())));
  }
  return absl::OkStatus();
}

bool IsOtherThanPublished(const std::string& tree_root, int64_t version,
                          std::string_view accepted) {
  const auto published = fs::ReadFile(
      tree_root + "/" + tree::MetadataPath(repo::kClaimedRole, version),
      client::MetadataLimits().targets);
  return published.ok() && *published != accepted;
}

// A ceremony that renews the role may have been quicker.
absl::Status AnotherWasPublished(int64_t version) {
  return MakeFailure(
      Failure::kHeldBack,
      fmt::format("version {0} was accepted, but another version {0} was "
                  "published: claim promote again, on top of that one, and "
                  "accept the result",
                  version));
}

const SourceFile* FindFile(const source::ProjectOffer& offer,
                           std::string_view filename) {
  for (const SourceFile& file : offer.files) {
    if (file.filename == filename) return &file;
  }
  return nullptr;
}

const IndexFile* FindLine(const std::optional<pypi::ProjectPage>& page,
                          std::string_view filename) {
  if (!page) return nullptr;
  for (const IndexFile& line : page->files) {
    if (line.filename == filename) return &line;
  }
  return nullptr;
}

absl::Status Waits(const IndexFile& line, std::string_view got) {
  return MakeFailure(
      Failure::kHeldBack,
      fmt::format("signed by its maintainers, waits for upstream: expected {} "
                  "with sha256 {}, got {}",
                  Printable(line.filename), line.sha256.Hex(), got));
}

absl::Status NotSigned(std::string_view what,
                       const std::vector<std::string>& files) {
  const size_t shown = std::min<size_t>(files.size(), 3);
  return MakeFailure(
      Failure::kHeldBack,
      fmt::format(
          "{} {}{}; readers keep what they signed last", what,
          fmt::join(files.begin(),
                    files.begin() + static_cast<ptrdiff_t>(shown), ", "),
          files.size() > shown
              ? fmt::format(" and {} more", files.size() - shown)
              : std::string()));
}

// What the supply is to bring, as the maintainers describe it.
absl::StatusOr<SourceFile> FileOfClaim(const pypi::ProjectName& project,
                                       const IndexFile& line,
                                       const SourceFile* offered,
                                       const IndexFile* published) {
  const bool is_published =
      published != nullptr && published->sha256 == line.sha256;
  if (offered == nullptr && !is_published) return Waits(line, "no such file");
  if (offered != nullptr && !is_published && offered->sha256 != line.sha256) {
    return Waits(line, offered->sha256
                           ? fmt::format("sha256 {}", offered->sha256->Hex())
                           : std::string("no sha256"));
  }
  // Core metadata that upstream does not offer are in the wheel.
  ASSIGN_OR_RETURN(const pypi::DistributionName name,
                   pypi::ParseDistributionName(line.filename, project));
  SourceFile file{.location = offered != nullptr ? offered->location : "",
                  .filename = line.filename,
                  .project = project,
                  .version = name.version};
  file.sha256 = line.sha256;
  file.size = line.size;
  file.upload_time = line.upload_time;
  file.requires_python = line.requires_python;
  file.has_core_metadata = line.core_metadata.has_value();
  file.core_metadata = line.core_metadata;
  file.yanked = line.yanked;
  return file;
}

}  // namespace

absl::StatusOr<OriginClaims> OriginClaims::Prepare(
    const tree::Layout& layout, const std::string& tree_root,
    repo::RepositoryEditor& editor, absl::Time now,
    std::vector<report::Problem>& problems) {
  OriginClaims claims(editor);
  const ClaimStore store(layout);
  ASSIGN_OR_RETURN(const auto stored, store.List());
  for (const auto& [project, claim] : editor.claims()) {
    if (!claim.trouble.ok()) problems.push_back({project, claim.trouble});
  }
  RETURN_IF_ERROR(claims.TakeNextClaimed(store, tree_root, now, problems));
  RETURN_IF_ERROR(claims.Drop(stored, problems));
  for (const auto& [project, claim] : stored) {
    const repo::ClaimState* published = editor.FindClaim(project.str());
    const int64_t version = published == nullptr ? 0 : published->version;
    if (claim.revoked || claim.version <= version) continue;
    const absl::Status taken = claims.TakeBundle(store, project, claim, now);
    if (!taken.ok()) problems.push_back({project.str(), taken});
  }
  return claims;
}

absl::Status OriginClaims::Drop(
    const std::map<pypi::ProjectName, StoredClaim>& stored,
    std::vector<report::Problem>& problems) {
  for (const auto& [project, claim] : stored) {
    if (!claim.revoked || editor_->FindClaim(project.str()) == nullptr) {
      continue;
    }
    const absl::Status dropped = editor_->DropClaim(project);
    if (dropped.ok()) {
      candidates_.push_back(project);
    } else {
      problems.push_back({project.str(), dropped});
    }
  }
  return absl::OkStatus();
}

absl::Status OriginClaims::TakeNextClaimed(
    const ClaimStore& store, const std::string& tree_root, absl::Time now,
    std::vector<report::Problem>& problems) {
  ASSIGN_OR_RETURN(auto bytes, store.NextClaimed());
  if (!bytes) return absl::OkStatus();
  // It stays where it is kept, for the case that an older generation is served
  // again.
  const auto next = repo::ReadTargetsRole(*bytes);
  const tuf::MetaFile* published = editor_->snapshot().Find(repo::kClaimedRole);
  if (next.ok() && published != nullptr &&
      next->version <= published->version) {
    const bool other =
        next->version == published->version &&
        IsOtherThanPublished(tree_root, published->version, *bytes);
    if (other) {
      problems.push_back({std::string(repo::kClaimedRole),
                          AnotherWasPublished(published->version)});
    }
    return absl::OkStatus();
  }
  absl::Status taken = next.status();
  if (taken.ok()) taken = CheckClaimedRole(tree_root, *editor_, *next, now);
  if (taken.ok()) taken = editor_->ReplaceClaimed(*std::move(bytes));
  replaces_claimed_ = taken.ok();
  if (!taken.ok()) {
    problems.push_back({std::string(repo::kClaimedRole), std::move(taken)});
  }
  return absl::OkStatus();
}

absl::Status OriginClaims::TakeBundle(const ClaimStore& store,
                                      const pypi::ProjectName& project,
                                      const StoredClaim& stored,
                                      absl::Time now) {
  candidates_.push_back(project);
  if (replaces_claimed_) {
    return MakeFailure(Failure::kHeldBack,
                       "signed by its maintainers, waits for the next run: "
                       "this one changes who may sign");
  }
  ASSIGN_OR_RETURN(const auto request, store.Request(project));
  const repo::ClaimState* published = editor_->FindClaim(project.str());
  repo::ClaimKeys keys;
  if (request) {
    auto parsed = repo::ParseClaimRequest(*request);
    if (!parsed.ok()) {
      return Annotate(parsed.status(), store.RequestPath(project));
    }
    keys = std::move(parsed->keys);
  } else if (published != nullptr) {
    keys = published->keys;
  }
  ASSIGN_OR_RETURN(const auto text, store.Bundle(project, stored.version));
  if (!text) return absl::OkStatus();
  ASSIGN_OR_RETURN(repo::ClaimBundle bundle, repo::ParseClaimBundle(*text));
  ASSIGN_OR_RETURN(repo::ClaimRelease release, repo::OpenClaimBundle(bundle));
  if (bundle.project != project || release.role.version != stored.version) {
    return MakeFailure(Failure::kMalformed,
                       fmt::format("kept bundle of {} version {}: it is "
                                   "another one",
                                   project.str(), stored.version));
  }
  if (release.role.expires <= now) {
    return MakeFailure(Failure::kExpired,
                       fmt::format("what its maintainers signed (version {}) "
                                   "expired before it could be published",
                                   release.role.version));
  }
  waiting_.emplace(project, WaitingClaim{std::move(keys), std::move(bundle),
                                         std::move(release)});
  return absl::OkStatus();
}

bool OriginClaims::Has(const pypi::ProjectName& project) const {
  return waiting_.contains(project) ||
         editor_->FindClaim(project.str()) != nullptr;
}

const WaitingClaim* OriginClaims::Waiting(
    const pypi::ProjectName& project) const {
  const auto found = waiting_.find(project);
  return found == waiting_.end() ? nullptr : &found->second;
}

absl::StatusOr<source::ProjectOffer> OfferOfClaim(
    const pypi::ProjectPage& page, const source::ProjectOffer& offer,
    const std::optional<pypi::ProjectPage>& published) {
  source::ProjectOffer claimed;
  claimed.listed = true;
  for (const IndexFile& line : page.files) {
    ASSIGN_OR_RETURN(
        SourceFile file,
        FileOfClaim(page.name, line, FindFile(offer, line.filename),
                    FindLine(published, line.filename)));
    claimed.files.push_back(std::move(file));
  }
  std::sort(claimed.files.begin(), claimed.files.end(),
            [](const SourceFile& a, const SourceFile& b) {
              return a.filename < b.filename;
            });
  return claimed;
}

absl::Status CheckSigned(const std::optional<pypi::ProjectPage>& page,
                         const source::ProjectOffer& offer) {
  std::vector<std::string> not_signed;
  for (const SourceFile& file : offer.files) {
    const IndexFile* line = FindLine(page, file.filename);
    const bool same =
        line != nullptr && (!file.sha256 || line->sha256 == *file.sha256);
    if (!same) not_signed.push_back(Printable(file.filename));
  }
  if (!not_signed.empty()) {
    return NotSigned("its maintainers have not signed", not_signed);
  }
  if (!page) return absl::OkStatus();
  for (const IndexFile& line : page->files) {
    if (FindFile(offer, line.filename) == nullptr) {
      not_signed.push_back(Printable(line.filename));
    }
  }
  if (not_signed.empty()) return absl::OkStatus();
  return NotSigned("its maintainers have not signed that upstream dropped",
                   not_signed);
}

}  // namespace tufmirror::sync
