// What an origin keeps of claims between its runs, below state/claims/:
//   PROJECT.request      the keys that the operator accepted last
//   PROJECT.VERSION      the release that was accepted last, a claim bundle
//   PROJECT.revoked      the operator took the claim back
//   .claimed             the next version of the role `claimed`
// What is accepted is published by a run; it stays for the case that an older
// generation is served again.
#ifndef TUFMIRROR_SYNC_CLAIM_STORE_H_
#define TUFMIRROR_SYNC_CLAIM_STORE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::sync {

struct StoredClaim {
  bool has_request = false;
  bool revoked = false;
  int64_t version = 0;  // of the bundle; 0: there is none
};

class ClaimStore {
 public:
  explicit ClaimStore(const tree::Layout& layout)
      : directory_(layout.claims()) {}

  // Every project of which something is kept, without reading the files.
  absl::StatusOr<std::map<pypi::ProjectName, StoredClaim>> List() const;

  // nullopt if there is none.
  absl::StatusOr<std::optional<std::string>> Request(
      const pypi::ProjectName& project) const;
  absl::StatusOr<std::optional<std::string>> Bundle(
      const pypi::ProjectName& project, int64_t version) const;
  absl::StatusOr<std::optional<std::string>> NextClaimed() const;

  // Durably. A request takes a revocation back; a bundle replaces those of
  // other versions; a revocation removes the rest.
  absl::Status SaveRequest(const pypi::ProjectName& project,
                           std::string_view text) const;
  absl::Status SaveBundle(const pypi::ProjectName& project, int64_t version,
                          std::string_view text) const;
  absl::Status SaveNextClaimed(std::string_view bytes) const;
  absl::Status Revoke(const pypi::ProjectName& project) const;
  // As if there had been no revocation; what that removed stays away.
  absl::Status ForgetRevocation(const pypi::ProjectName& project) const;

  // For messages.
  std::string RequestPath(const pypi::ProjectName& project) const;

 private:
  absl::StatusOr<std::optional<std::string>> Read(const std::string& name,
                                                  uint64_t max_bytes) const;
  absl::Status Save(const std::string& name, std::string_view bytes) const;
  absl::Status RemoveBundlesBut(const pypi::ProjectName& project,
                                int64_t version) const;

  std::string directory_;
};

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_CLAIM_STORE_H_
