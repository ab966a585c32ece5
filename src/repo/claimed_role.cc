#include "tufmirror/repo/claimed_role.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "repo/role_file.h"
#include "repo/sign.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/repo/claim_roles.h"
#include "tufmirror/tuf/verified.h"

namespace tufmirror::repo {

namespace {

constexpr std::string_view kRoleWords = "role 'claimed'";

absl::StatusOr<RoleFile> OpenClaimed(std::string_view text) {
  ASSIGN_OR_RETURN(RoleFile file, OpenRoleFile(text));
  RETURN_IF_ERROR(Annotate(CheckOnlyClaims(file.role), kRoleWords));
  if (file.role.version <= kMaxRoleVersion) return file;
  return MakeFailure(
      Failure::kMalformed,
      fmt::format("{}: expected a version of at most {}, got {}", kRoleWords,
                  kMaxRoleVersion, file.role.version));
}

// True if one of the signatures is good and by the key of `signer`, whatever
// the keyid that it stands under.
bool HasSigned(std::string_view text, const RoleFile& file,
               const Signer& signer) {
  tuf::KeyMap keys;
  tuf::RoleKeys role_keys;
  role_keys.threshold = 1;
  role_keys.keyids.reserve(file.signatures.size());
  for (const tuf::Signature& signature : file.signatures) {
    keys.insert_or_assign(signature.keyid, signer.key());
    role_keys.keyids.push_back(signature.keyid);
  }
  return tuf::Verifier::CheckSigned(tuf::RawMetadata{std::string(text)},
                                    kRoleWords, keys, role_keys)
      .ok();
}

absl::Status CheckVouchedFor(std::string_view current,
                             const std::vector<const Signer*>& signers) {
  ASSIGN_OR_RETURN(const RoleFile file, OpenRoleFile(current));
  const bool vouched = std::any_of(
      signers.begin(), signers.end(),
      [&](const Signer* signer) { return HasSigned(current, file, *signer); });
  if (vouched) return absl::OkStatus();
  return MakeFailure(
      Failure::kThreshold,
      fmt::format("{} version {}: expected a good signature by one of the keys "
                  "that are to sign the next one, got none: it is not the "
                  "published one, or they are no keys of it",
                  kRoleWords, file.role.version));
}

}  // namespace

absl::StatusOr<tuf::Targets> ReadClaimedRole(std::string_view text) {
  ASSIGN_OR_RETURN(RoleFile file, OpenClaimed(text));
  return std::move(file.role);
}

absl::StatusOr<tuf::Targets> DraftClaimedRole(std::string_view current,
                                              const ClaimedChanges& changes) {
  ASSIGN_OR_RETURN(tuf::Targets next, ReadClaimedRole(current));
  if (changes.add.empty() && changes.remove.empty()) {
    return MakeFailure(Failure::kUsage,
                       "role 'claimed': expected a project to add or remove");
  }
  if (next.version >= kMaxRoleVersion) {
    return MakeFailure(
        Failure::kVersion,
        fmt::format("{}: no version follows {}", kRoleWords, next.version));
  }
  for (const pypi::ProjectName& project : changes.remove) {
    if (!ClaimKeysIn(next, project)) {
      return MakeFailure(Failure::kUsage,
                         fmt::format("role 'claimed': expected to find {}, it "
                                     "is not there",
                                     project.str()));
    }
    next = WithoutClaim(std::move(next), project);
  }
  for (const ClaimRequest& request : changes.add) {
    next = WithClaim(std::move(next), request.project, request.keys);
  }
  ++next.version;
  next.expires = changes.expires;
  next.spec_version = std::string(tuf::kSpecVersion);
  return next;
}

absl::StatusOr<std::string> NextClaimedRole(
    std::string_view current, const ClaimedChanges& changes,
    const std::vector<const Signer*>& signers) {
  ASSIGN_OR_RETURN(const tuf::Targets next, DraftClaimedRole(current, changes));
  RETURN_IF_ERROR(CheckVouchedFor(current, signers));
  return SignRole(next, signers);
}

absl::StatusOr<std::string> SignClaimedRole(std::string_view text,
                                            const Signer& signer) {
  ASSIGN_OR_RETURN(RoleFile file, OpenClaimed(text));
  return SignRoleFile(std::move(file), signer);
}

absl::StatusOr<tuf::Targets> ReadTargetsRole(std::string_view text) {
  ASSIGN_OR_RETURN(RoleFile file, OpenRoleFile(text));
  return std::move(file.role);
}

}  // namespace tufmirror::repo
