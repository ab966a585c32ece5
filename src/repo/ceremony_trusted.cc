// What a candidate says is trusted now, verified as a client would that knows
// the first root, but for expiry: a ceremony may be what ends an expiry.
#include <utility>

#include "fmt/format.h"
#include "repo/ceremony_access.h"
#include "repo/ceremony_roles.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/tuf/trusted_metadata_set.h"

namespace tufmirror::repo {
namespace {

absl::Status AddTrusted(std::string name, const tuf::RawMetadata& raw,
                        std::vector<OfflineRole>& roles) {
  ASSIGN_OR_RETURN(SignedDocument document, ReadDocument(raw, name));
  ASSIGN_OR_RETURN(OfflineRole role,
                   ReadRole(std::move(name), std::move(document)));
  roles.push_back(std::move(role));
  return absl::OkStatus();
}

absl::StatusOr<TrustedRoles> Verify(const OfflineMetadata& metadata) {
  TrustedRoles trusted;
  ASSIGN_OR_RETURN(auto set, tuf::TrustedMetadataSet::Create(
                                 metadata.roots[0], absl::InfinitePast()));
  for (size_t i = 0; i < metadata.roots.size(); ++i) {
    if (i > 0) RETURN_IF_ERROR(set.UpdateRoot(metadata.roots[i]));
    RETURN_IF_ERROR(
        AddTrusted(std::string(kRootRole), metadata.roots[i], trusted.roots));
  }
  ASSIGN_OR_RETURN(const auto targets,
                   tuf::Verifier::VerifyTargets(*metadata.targets, set.root()));
  RETURN_IF_ERROR(
      AddTrusted(std::string(kTargetsRole), *metadata.targets, trusted.others));
  for (const auto& [name, raw] : metadata.delegated) {
    RETURN_IF_ERROR(
        Annotate(tuf::Verifier::VerifyDelegated(raw, name, targets).status(),
                 fmt::format("role '{}'", Printable(name, 80))));
    RETURN_IF_ERROR(AddTrusted(name, raw, trusted.others));
  }
  return trusted;
}

}  // namespace

absl::StatusOr<TrustedRoles> VerifyTrusted(const OfflineMetadata& metadata) {
  const bool has_roots = !metadata.roots.empty();
  const bool has_others = metadata.targets || !metadata.delegated.empty();
  if (!has_roots && !has_others) return TrustedRoles();
  if (!has_roots || !metadata.targets) {
    return MakeFailure(Failure::kMalformed,
                       "what is trusted now: expected roots and targets, got "
                       "only one of them");
  }
  auto trusted = Verify(metadata);
  if (trusted.ok()) return trusted;
  return Annotate(trusted.status(), "what is trusted now");
}

}  // namespace tufmirror::repo
