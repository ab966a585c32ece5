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
#include "tufmirror/repo/keys.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::repo {

template <typename Role>
absl::StatusOr<std::string> SignRole(const Role& role,
                                     absl::Span<const Signer* const> signers) {
  const std::string canonical = tuf::CanonicalForm(role);
  std::vector<tuf::Signature> signatures;
  for (const Signer* signer : signers) {
    ASSIGN_OR_RETURN(tuf::Signature signature, signer->Sign(canonical));
    signatures.push_back(std::move(signature));
  }
  return tuf::WriteMetadata(canonical, signatures);
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
