// What the metadata say of distributions besides length and digest: out of the
// published page and the core metadata beside the file, never out of anything
// that has to be asked for.
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "sync/origin_session.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/pypi/core_metadata.h"
#include "tufmirror/repo/custom_fields.h"
#include "tufmirror/repo/project_pages.h"

namespace tufmirror::sync {
namespace {

constexpr uint64_t kMaxCoreMetadataBytes = uint64_t{16} << 20;

// The Requires-Dist lines of the core metadata at `path`; an error if they are
// not those that `digest` names, nullopt if they do not parse.
absl::StatusOr<std::optional<std::vector<std::string>>> RequiresDistOf(
    const std::string& path, const Sha256& digest) {
  ASSIGN_OR_RETURN(const std::string bytes,
                   fs::ReadFile(path, kMaxCoreMetadataBytes));
  if (const Sha256 got = crypto::Sha256Of(bytes); got != digest) {
    return MakeFailure(Failure::kDigest,
                       fmt::format("{}: expected sha256 {}, got {}",
                                   Printable(path), digest.Hex(), got.Hex()));
  }
  absl::StatusOr<pypi::CoreMetadata> metadata = pypi::ParseCoreMetadata(bytes);
  if (!metadata.ok()) return std::nullopt;
  return std::move(metadata->requires_dist);
}

}  // namespace

absl::StatusOr<tuf::TargetFile> OriginSession::DistributionTarget(
    const pypi::ProjectName& project, const pypi::IndexFile& file) {
  const repo::CustomFields& fields = config_.origin.custom_fields;
  std::optional<std::vector<std::string>> requires_dist;
  if (file.core_metadata && fields.contains(repo::CustomField::kRequiresDist)) {
    const std::string path = home_.layout().home() + "/" +
                             repo::CoreMetadataPath(project, file.filename);
    auto lines = RequiresDistOf(path, *file.core_metadata);
    if (lines.ok()) {
      requires_dist = *std::move(lines);
    } else {
      report_.warnings.push_back(
          fmt::format("{}: {}: signed without requires-dist: {}", project.str(),
                      Printable(file.filename), MessageOf(lines.status())));
    }
  }
  tuf::TargetFile target = repo::TargetOf(
      repo::PackagePath(project, file.filename), file.size, file.sha256);
  target.custom = repo::CustomOf(file, requires_dist, fields);
  return target;
}

// New files, and published ones of which there is something else to say.
absl::Status OriginSession::PutDistributions(
    const ProjectPlan& plan, const std::vector<WantedPackage>& wanted) {
  if (config_.origin.custom_fields.empty() || !plan.page) {
    return absl::OkStatus();
  }
  std::set<std::string_view> names(plan.retargeted.begin(),
                                   plan.retargeted.end());
  for (const WantedPackage& package : wanted) {
    if (package.supplied.ok()) names.insert(package.file->filename);
  }
  for (const pypi::IndexFile& file : plan.page->files) {
    if (!names.contains(file.filename)) continue;
    ASSIGN_OR_RETURN(tuf::TargetFile target,
                     DistributionTarget(plan.project, file));
    RETURN_IF_ERROR(editor_->Put(std::move(target)));
  }
  return absl::OkStatus();
}

absl::Status OriginSession::ForEachDistribution(
    absl::FunctionRef<absl::Status(tuf::TargetFile target)> visit) {
  ASSIGN_OR_RETURN(const std::set<pypi::ProjectName> names,
                   published_->Names());
  // Whatever cannot be read now is tried again in the next run.
  std::string done = CustomFieldsText(config_.origin.custom_fields,
                                      loaded_state_.custom_fields);
  size_t count = 0;
  for (const pypi::ProjectName& project : names) {
    RETURN_IF_ERROR(Tick("custom fields", count++, names.size()));
    if (claims_->Has(project)) continue;
    const auto page = published_->Page(project);
    if (!page.ok()) {
      report_.problems.push_back({project.str(), page.status()});
      done = "incomplete";
      continue;
    }
    if (!*page) continue;
    for (const pypi::IndexFile& file : (*page)->files) {
      ASSIGN_OR_RETURN(tuf::TargetFile target,
                       DistributionTarget(project, file));
      RETURN_IF_ERROR(visit(std::move(target)));
    }
  }
  state_.custom_fields = std::move(done);
  return absl::OkStatus();
}

absl::Status OriginSession::ShowRetargeted() {
  return ForEachDistribution([this](tuf::TargetFile target) -> absl::Status {
    ASSIGN_OR_RETURN(const auto found, view_->Find(target.path));
    if (!found || found->target.custom == target.custom) {
      return absl::OkStatus();
    }
    ++summary_.changed;
    if (options_.on_planned) options_.on_planned("change", target.path);
    return absl::OkStatus();
  });
}

}  // namespace tufmirror::sync
