#include "tufmirror/sync/claim_sign.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/pypi/version.h"
#include "tufmirror/repo/claimed_role.h"
#include "tufmirror/repo/project_pages.h"
#include "tufmirror/source/distribution_reader.h"

namespace tufmirror::sync {
namespace {

using repo::ClaimFile;
using ClaimFiles = std::map<std::string, ClaimFile>;  // by file name

std::string NormalVersion(const std::string& text) {
  const auto version = pypi::Version::Parse(text);
  return version.ok() ? version->str() : text;
}

absl::StatusOr<ClaimFile> ReadFile(const ReleaseOptions& options,
                                   const std::string& path) {
  const std::string filename = path.substr(path.rfind('/') + 1);
  ASSIGN_OR_RETURN(const source::Distribution distribution,
                   source::ReadDistribution(path, filename));
  if (distribution.name.project != options.project) {
    return MakeFailure(
        Failure::kUsage,
        fmt::format("{}: expected a file of {}, got one of {}", Printable(path),
                    options.project.str(), distribution.name.project.str()));
  }
  ClaimFile file;
  file.version = NormalVersion(distribution.metadata.version);
  file.line.filename = filename;
  file.line.sha256 = *distribution.content.digests.sha256;
  file.line.size = distribution.content.length;
  file.line.requires_python = distribution.metadata.requires_python;
  if (!distribution.metadata_file.empty()) {
    file.line.core_metadata = crypto::Sha256Of(distribution.metadata_file);
    file.core_metadata_bytes = distribution.metadata_file.size();
  }
  return file;
}

absl::StatusOr<ClaimFiles> FilesBefore(const ReleaseOptions& options,
                                       const repo::ClaimRelease& release) {
  ClaimFiles files;
  for (const pypi::IndexFile& line : release.page.files) {
    if (options.withdrawn.contains(line.filename)) continue;
    ASSIGN_OR_RETURN(
        const pypi::DistributionName name,
        pypi::ParseDistributionName(line.filename, options.project));
    ClaimFile file{line, NormalVersion(name.version)};
    const tuf::TargetFile* metadata = release.role.Find(
        repo::CoreMetadataPath(options.project, line.filename));
    if (metadata != nullptr) {
      file.core_metadata_bytes = metadata->content.length;
    }
    files.emplace(line.filename, std::move(file));
  }
  return files;
}

absl::Status NotThere(std::string_view filename) {
  return MakeFailure(
      Failure::kUsage,
      fmt::format("{}: expected a file of the release", Printable(filename)));
}

absl::Status CheckWithdrawn(const ReleaseOptions& options,
                            const std::optional<repo::ClaimRelease>& before) {
  for (const std::string& filename : options.withdrawn) {
    const bool there = before && before->role.Find(repo::PackagePath(
                                     options.project, filename)) != nullptr;
    if (!there) return NotThere(filename);
  }
  return absl::OkStatus();
}

absl::Status AddDistributions(const ReleaseOptions& options,
                              ClaimFiles& files) {
  for (const std::string& path : options.distributions) {
    ASSIGN_OR_RETURN(ClaimFile file, ReadFile(options, path));
    const auto before = files.find(file.line.filename);
    if (before == files.end()) {
      std::string filename = file.line.filename;
      files.emplace(std::move(filename), std::move(file));
    } else if (before->second.line.sha256 != file.line.sha256) {
      return MakeFailure(
          Failure::kReplacedFile,
          fmt::format("{}: expected the bytes that were signed before (sha256 "
                      "{}), got others (sha256 {})",
                      Printable(path), before->second.line.sha256.Hex(),
                      file.line.sha256.Hex()));
    }
  }
  for (const auto& [filename, reason] : options.yanked) {
    const auto file = files.find(filename);
    if (file == files.end()) return NotThere(filename);
    file->second.line.yanked = reason;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<repo::ClaimBundle> PrepareRelease(
    const ReleaseOptions& options) {
  ClaimFiles files;
  std::optional<repo::ClaimRelease> before;
  if (options.previous) {
    if (options.previous->project != options.project) {
      return MakeFailure(
          Failure::kUsage,
          fmt::format("the release before: expected one of {}, "
                      "got one of {}",
                      options.project.str(), options.previous->project.str()));
    }
    ASSIGN_OR_RETURN(before, repo::OpenClaimBundle(*options.previous));
    ASSIGN_OR_RETURN(files, FilesBefore(options, *before));
  }
  RETURN_IF_ERROR(CheckWithdrawn(options, before));
  RETURN_IF_ERROR(AddDistributions(options, files));
  if (files.empty()) {
    return MakeFailure(Failure::kUsage,
                       fmt::format("{}: expected a distribution, got none",
                                   options.project.str()));
  }
  std::vector<ClaimFile> list;
  for (auto& [filename, file] : files) list.push_back(std::move(file));
  const int64_t last = before ? before->role.version : options.last_version;
  if (last < 0 || last >= repo::kMaxRoleVersion) {
    return MakeFailure(
        Failure::kUsage,
        fmt::format("{}: expected 0 to {} as the version that was signed last, "
                    "got {}",
                    options.project.str(), repo::kMaxRoleVersion - 1, last));
  }
  repo::ClaimBundle bundle =
      repo::MakeClaimBundle(options.project, list, last + 1, options.expires);
  // What an origin would refuse is not worth a signature.
  RETURN_IF_ERROR(repo::OpenClaimBundle(bundle).status());
  return bundle;
}

}  // namespace tufmirror::sync
