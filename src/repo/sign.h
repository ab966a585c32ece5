// From a role as a value to the bytes of its metadata file.
#ifndef TUFMIRROR_SRC_REPO_SIGN_H_
#define TUFMIRROR_SRC_REPO_SIGN_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/repo/signer.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::repo {

// A signer, and the keyid under which the delegating role declares its key.
struct NamedSigner {
  const Signer* signer;
  std::string keyid;
};

// Those of `signers` that may sign `role` (its name is for messages), as `keys`
// and `declared` of the delegating role say, each key once. They outlive the
// result. kKey if they are fewer than the threshold.
absl::StatusOr<std::vector<NamedSigner>> SignersOf(
    std::string_view role, const tuf::RoleKeys& keys,
    const tuf::KeyMap& declared, absl::Span<const Signer> signers);

// The same role's signatures by all of `signers`.
absl::StatusOr<std::vector<tuf::Signature>> SignaturesBy(
    absl::Span<const NamedSigner> signers, std::string_view canonical);

template <typename Role>
absl::StatusOr<std::string> SignNamed(const Role& role,
                                      absl::Span<const NamedSigner> signers) {
  const std::string canonical = tuf::CanonicalForm(role);
  ASSIGN_OR_RETURN(const std::vector<tuf::Signature> signatures,
                   SignaturesBy(signers, canonical));
  return tuf::WriteMetadata(canonical, signatures);
}

// Signs under the signers' own keyids.
template <typename Role>
absl::StatusOr<std::string> SignRole(const Role& role,
                                     absl::Span<const Signer* const> signers) {
  std::vector<NamedSigner> named;
  for (const Signer* signer : signers) {
    named.push_back({signer, signer->keyid()});
  }
  return SignNamed(role, named);
}

// What a timestamp says of the snapshot file `bytes`.
inline tuf::MetaFile MetaOf(int64_t version, std::string_view bytes) {
  tuf::MetaFile meta;
  meta.version = version;
  meta.length = bytes.size();
  meta.digests.sha256 = crypto::Sha256Of(bytes);
  return meta;
}

}  // namespace tufmirror::repo

#endif  // TUFMIRROR_SRC_REPO_SIGN_H_
