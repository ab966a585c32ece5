// Names of projects have no dot, so that what follows the first one is ours.
#include "sync/claim_store.h"

#include <algorithm>
#include <vector>

#include "absl/strings/numbers.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/client/metadata_fetcher.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/fs/walk.h"
#include "tufmirror/repo/claim_bundle.h"
#include "tufmirror/repo/claim_request.h"

namespace tufmirror::sync {
namespace {

constexpr std::string_view kRequestEnding = "request";
constexpr std::string_view kRevokedEnding = "revoked";
constexpr std::string_view kNextClaimedName = ".claimed";

std::string NameOf(const pypi::ProjectName& project, std::string_view ending) {
  return fmt::format("{}.{}", project.str(), ending);
}

}  // namespace

absl::StatusOr<std::map<pypi::ProjectName, StoredClaim>> ClaimStore::List()
    const {
  std::map<pypi::ProjectName, StoredClaim> claims;
  const auto names = fs::ListDirectory(directory_);
  if (!names.ok() && FailureOf(names.status()) == Failure::kNotFound) {
    return claims;
  }
  if (!names.ok()) return names.status();
  for (const std::string& name : *names) {
    const size_t dot = name.find('.');
    if (dot == std::string::npos) continue;
    const auto project = pypi::ProjectName::Parse(name.substr(0, dot));
    if (!project.ok()) continue;
    const std::string ending = name.substr(dot + 1);
    StoredClaim& claim = claims[*project];
    int64_t version = 0;
    if (ending == kRequestEnding) claim.has_request = true;
    if (ending == kRevokedEnding) claim.revoked = true;
    if (absl::SimpleAtoi(ending, &version)) {
      claim.version = std::max(claim.version, version);
    }
  }
  return claims;
}

absl::StatusOr<std::optional<std::string>> ClaimStore::Read(
    const std::string& name, uint64_t max_bytes) const {
  auto text = fs::ReadFile(directory_ + "/" + name, max_bytes);
  if (text.ok()) return *std::move(text);
  if (FailureOf(text.status()) == Failure::kNotFound) return std::nullopt;
  return text.status();
}

absl::StatusOr<std::optional<std::string>> ClaimStore::Request(
    const pypi::ProjectName& project) const {
  return Read(NameOf(project, kRequestEnding), repo::kMaxClaimRequestBytes);
}

absl::StatusOr<std::optional<std::string>> ClaimStore::Bundle(
    const pypi::ProjectName& project, int64_t version) const {
  return Read(NameOf(project, std::to_string(version)),
              repo::kMaxClaimBundleBytes);
}

absl::StatusOr<std::optional<std::string>> ClaimStore::NextClaimed() const {
  return Read(std::string(kNextClaimedName), client::MetadataLimits().targets);
}

absl::Status ClaimStore::Save(const std::string& name,
                              std::string_view bytes) const {
  RETURN_IF_ERROR(fs::MakeDirectories(directory_, tree::kPrivateDirectoryMode));
  return fs::WriteFileAtomically(directory_ + "/" + name, bytes,
                                 tree::kPrivateFileMode,
                                 fs::Durability::kFsync);
}

absl::Status ClaimStore::SaveRequest(const pypi::ProjectName& project,
                                     std::string_view text) const {
  RETURN_IF_ERROR(Save(NameOf(project, kRequestEnding), text));
  return fs::Remove(directory_ + "/" + NameOf(project, kRevokedEnding));
}

absl::Status ClaimStore::SaveBundle(const pypi::ProjectName& project,
                                    int64_t version,
                                    std::string_view text) const {
  RETURN_IF_ERROR(Save(NameOf(project, std::to_string(version)), text));
  return RemoveBundlesBut(project, version);
}

absl::Status ClaimStore::SaveNextClaimed(std::string_view bytes) const {
  return Save(std::string(kNextClaimedName), bytes);
}

absl::Status ClaimStore::Revoke(const pypi::ProjectName& project) const {
  RETURN_IF_ERROR(Save(NameOf(project, kRevokedEnding), ""));
  RETURN_IF_ERROR(
      fs::Remove(directory_ + "/" + NameOf(project, kRequestEnding)));
  return RemoveBundlesBut(project, 0);
}

absl::Status ClaimStore::ForgetRevocation(
    const pypi::ProjectName& project) const {
  return fs::Remove(directory_ + "/" + NameOf(project, kRevokedEnding));
}

std::string ClaimStore::RequestPath(const pypi::ProjectName& project) const {
  return directory_ + "/" + NameOf(project, kRequestEnding);
}

absl::Status ClaimStore::RemoveBundlesBut(const pypi::ProjectName& project,
                                          int64_t version) const {
  ASSIGN_OR_RETURN(const std::vector<std::string> names,
                   fs::ListDirectory(directory_));
  const std::string prefix = project.str() + ".";
  for (const std::string& name : names) {
    int64_t other = 0;
    if (!name.starts_with(prefix) ||
        !absl::SimpleAtoi(name.substr(prefix.size()), &other) ||
        other == version) {
      continue;
    }
    RETURN_IF_ERROR(fs::Remove(directory_ + "/" + name));
  }
  return absl::OkStatus();
}

}  // namespace tufmirror::sync
