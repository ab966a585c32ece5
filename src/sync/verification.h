// Verification of a live tree: what verify says of it, and what repair needs.
#ifndef TUFMIRROR_SYNC_VERIFICATION_H_
#define TUFMIRROR_SYNC_VERIFICATION_H_

#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "sync/repairs.h"
#include "tufmirror/sync/verify.h"
#include "tufmirror/tree/home.h"

namespace tufmirror::sync {

struct Findings {
  VerifyReport report;
  Repairs repairs;
};

// As VerifyHome. The targets named by `suspects` are hashed whatever the depth.
absl::StatusOr<Findings> FindDamage(const tree::Home& home,
                                    VerifyOptions& options,
                                    const std::set<std::string>& suspects);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_VERIFICATION_H_
