// The part of a run that publishes what maintainers signed. An origin adds
// nothing to it: a release is published whole and as it was signed, or not.
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "sync/origin_adoption.h"
#include "sync/origin_claims.h"
#include "sync/origin_session.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/repo/project_pages.h"

namespace tufmirror::sync {
namespace {

constexpr absl::Duration kClaimWarning = absl::Hours(30 * 24);

// What is published of a project that is about to leave the bins.
std::vector<std::string> TargetsOn(const pypi::ProjectPage& page) {
  std::vector<std::string> paths = {repo::HtmlPagePath(page.name),
                                    repo::JsonPagePath(page.name)};
  for (const pypi::IndexFile& file : page.files) {
    paths.push_back(repo::PackagePath(page.name, file.filename));
    if (file.core_metadata) {
      paths.push_back(repo::CoreMetadataPath(page.name, file.filename));
    }
    if (!file.provenance.empty()) {
      paths.push_back(repo::ProvenancePath(page.name, file.filename));
    }
  }
  return paths;
}

// OK if all that was to come for one file came, just as it was signed.
absl::Status CheckSupplied(const WantedPackage& wanted,
                           const tuf::Targets& role) {
  RETURN_IF_ERROR(wanted.supplied.status());
  const SuppliedPackage& supplied = *wanted.supplied;
  if (wanted.file->has_core_metadata && !supplied.core_metadata) {
    if (!supplied.core_metadata_status.ok()) {
      return supplied.core_metadata_status;
    }
    return MakeFailure(Failure::kHeldBack, "upstream has no core metadata");
  }
  for (const auto& target : {supplied.file, supplied.core_metadata}) {
    if (!target) continue;
    const tuf::TargetFile* listed = role.Find(target->path);
    if (listed != nullptr && listed->content == target->content) continue;
    return MakeFailure(Failure::kHeldBack,
                       fmt::format("upstream's {} is not what was signed",
                                   Printable(target->path)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status OriginSession::OpenClaims() {
  for (const auto& [project, claim] : editor_->claims()) {
    if (!claim.trouble.ok()) continue;
    const std::string day =
        absl::FormatTime("%E4Y-%m-%d", claim.expires, absl::UTCTimeZone());
    if (claim.expires <= options_.now) {
      report_.problems.push_back(
          {project,
           MakeFailure(Failure::kExpired,
                       fmt::format("what its maintainers signed expired on {}: "
                                   "readers refuse it until they sign again, "
                                   "or the claim is revoked",
                                   day))});
    } else if (claim.expires - options_.now < kClaimWarning) {
      report_.warnings.push_back(
          fmt::format("{}: what its maintainers signed expires on {}; readers "
                      "refuse it then",
                      project, day));
    }
  }
  ASSIGN_OR_RETURN(claims_,
                   OriginClaims::Prepare(home_.layout(), live_root_, *editor_,
                                         options_.now, report_.problems));
  return absl::OkStatus();
}

absl::StatusOr<std::optional<OriginSession::Adoption>>
OriginSession::ClaimAdoptionOf(const pypi::ProjectName& project,
                               const source::ProjectOffer& offer) {
  ASSIGN_OR_RETURN(const auto page, published_->Page(project));
  const WaitingClaim* claim = claims_->Waiting(project);
  if (claim == nullptr) {
    RETURN_IF_ERROR(CheckSigned(page, offer));
    return std::nullopt;
  }
  ASSIGN_OR_RETURN(source::ProjectOffer claimed,
                   OfferOfClaim(claim->release.page, offer, page));
  ASSIGN_OR_RETURN(ProjectPlan plan, published_->Compare(project, claimed));
  if (!plan.left_out.empty()) return plan.left_out.front().reason;
  plan.page = claim->release.page;
  plan.page_changes = true;
  Adoption adoption{std::move(claimed), std::move(plan)};
  adoption.claim = claim;
  adoption.not_signed = CheckSigned(claim->release.page, offer);
  return adoption;
}

// What is not supplied must be published just as it was signed: a publication
// of all projects would fail for it otherwise.
absl::Status OriginSession::CheckComplete(const Adoption& adoption) {
  std::set<std::string> here = {repo::HtmlPagePath(adoption.plan.project),
                                repo::JsonPagePath(adoption.plan.project)};
  for (const WantedPackage& wanted : adoption.wanted) {
    RETURN_IF_ERROR(
        Annotate(CheckSupplied(wanted, adoption.claim->release.role),
                 Printable(wanted.file->filename)));
    for (const auto& target :
         {wanted.supplied->file, wanted.supplied->core_metadata}) {
      if (target) here.insert(target->path);
    }
  }
  for (const tuf::TargetFile& target : adoption.claim->release.role.targets) {
    if (here.contains(target.path)) continue;
    ASSIGN_OR_RETURN(const auto found, view_->Find(target.path));
    if (found && found->target.content == target.content) continue;
    return MakeFailure(Failure::kHeldBack,
                       fmt::format("{} is published with other content than "
                                   "was signed",
                                   Printable(target.path)));
  }
  return absl::OkStatus();
}

absl::Status OriginSession::SettleClaim(Adoption& adoption) {
  const ProjectPlan& plan = adoption.plan;
  const WaitingClaim& claim = *adoption.claim;
  if (absl::Status complete = CheckComplete(adoption); !complete.ok()) {
    HoldBack(plan.project, std::move(complete));
    return absl::OkStatus();
  }
  repo::ClaimUpdate update{plan.project, claim.keys, claim.bundle.role, {}};
  ASSIGN_OR_RETURN(const auto page, published_->Page(plan.project));
  if (page) update.in_bins = TargetsOn(*page);
  if (const absl::Status adopted = editor_->AdoptClaim(std::move(update));
      !adopted.ok()) {
    HoldBack(plan.project, adopted);
    return absl::OkStatus();
  }
  for (const std::string* bytes : {&claim.bundle.html, &claim.bundle.json}) {
    RETURN_IF_ERROR(StageBlobOf(*bytes));
  }
  if (!plan.published) index_changes_[plan.project] = true;
  report_.files_downloaded += adoption.wanted.size();
  return absl::OkStatus();
}

}  // namespace tufmirror::sync
