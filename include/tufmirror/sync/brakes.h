// Safety brakes: what stops a run before it does harm.
#ifndef TUFMIRROR_SYNC_BRAKES_H_
#define TUFMIRROR_SYNC_BRAKES_H_

#include <cstdint>
#include <limits>

#include "absl/status/status.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/sync/config.h"

namespace tufmirror::sync {

// Sums of lengths that others wrote down stay at the largest number instead of
// starting again from zero.
inline uint64_t SaturatingAdd(uint64_t a, uint64_t b) {
  const uint64_t sum = a + b;
  return sum < a ? std::numeric_limits<uint64_t>::max() : sum;
}

// A plan in numbers.
struct PlanSummary {
  uint64_t current_targets = 0;  // in the live generation
  uint64_t added = 0;
  uint64_t changed = 0;
  uint64_t removed = 0;
  uint64_t repaired = 0;  // damaged files that are to be had again
  uint64_t download_files = 0;
  uint64_t download_bytes = 0;

  bool same_targets() const {
    return added == 0 && changed == 0 && removed == 0;
  }
};

// kBrake, with the numbers and what to set to let it pass: when more than the
// configured share of targets would be removed (ten always may be, unless
// nothing would be left), or when less than the configured space (bytes, or
// inodes for the files) would be left.
absl::Status CheckBrakes(const BrakeConfig& config, const PlanSummary& plan,
                         const fs::Space& space);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_BRAKES_H_
