// The inside of a Candidate, for the files that make and sign one; and what
// they share.
#ifndef TUFMIRROR_SRC_REPO_CEREMONY_ACCESS_H_
#define TUFMIRROR_SRC_REPO_CEREMONY_ACCESS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/base/digest.h"
#include "tufmirror/repo/ceremony.h"

namespace tufmirror::repo {

// The last number that every client can count to: JavaScript's, RFC 8259.
inline constexpr int64_t kLastVersion = (int64_t{1} << 53) - 1;
// Versions that a candidate may leave out: spent on what was rolled back.
inline constexpr int64_t kMaxVersionsLeftOut = 1000;

struct CandidateAccess {
  static std::vector<OfflineRole>& Roles(Candidate& candidate) {
    return candidate.roles_;
  }
  // `roles` in order, nothing of them checked.
  static Candidate Assemble(std::vector<OfflineRole> roots,
                            std::vector<OfflineRole> trusted,
                            std::vector<OfflineRole> roles,
                            absl::Time created) {
    Candidate candidate;
    candidate.roots_ = std::move(roots);
    candidate.trusted_ = std::move(trusted);
    candidate.roles_ = std::move(roles);
    candidate.created_ = created;
    return candidate;
  }
};

// What is trusted now, each verified under the one before: nothing is checked
// for expiry.
struct TrustedRoles {
  std::vector<OfflineRole> roots;
  std::vector<OfflineRole> others;  // targets, then what it delegates
};
absl::StatusOr<TrustedRoles> VerifyTrusted(const OfflineMetadata& metadata);

// Checks everything but signatures, and puts the roles in order.
absl::StatusOr<Candidate> CheckedCandidate(TrustedRoles trusted,
                                           std::vector<OfflineRole> roles,
                                           absl::Time created);
// kVersion if there is no version after that.
absl::Status CheckCanBeFollowed(std::string_view role, int64_t version);
// Every signature is by a key that counts, and good. kThreshold if not.
absl::Status CheckSignatures(const Candidate& candidate);

// Of the key material; errors as crypto::PublicKey::Create.
absl::StatusOr<Sha256> FingerprintOf(const tuf::Key& key);
// False also for a key that nothing here can use.
bool IsGoodSignature(const tuf::Key& key, std::string_view canonical,
                     std::string_view signature);

}  // namespace tufmirror::repo

#endif  // TUFMIRROR_SRC_REPO_CEREMONY_ACCESS_H_
