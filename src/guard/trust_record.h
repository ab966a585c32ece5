// mirror.json of a trusted mirror: what was vouched for, and where it is.
#ifndef TUFMIRROR_SRC_GUARD_TRUST_RECORD_H_
#define TUFMIRROR_SRC_GUARD_TRUST_RECORD_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/base/digest.h"

namespace tufmirror::guard {

struct TrustRecord {
  std::vector<std::string> urls;
  Sha256 fingerprint;
  int64_t root_version = 1;
  absl::Time added;  // whole seconds

  friend bool operator==(const TrustRecord&, const TrustRecord&) = default;
};

std::string WriteTrustRecord(const TrustRecord& record);
// kMalformed, naming the member.
absl::StatusOr<TrustRecord> ParseTrustRecord(std::string_view text);

}  // namespace tufmirror::guard

#endif  // TUFMIRROR_SRC_GUARD_TRUST_RECORD_H_
