#include "tufmirror/sync/brakes.h"

#include <algorithm>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"

namespace tufmirror::sync {
namespace {

// Of a few targets a share says nothing: one of three is a third.
constexpr uint64_t kAlwaysAllowedRemovals = 10;
// A target may need this many directory entries and inodes besides its own.
constexpr uint64_t kSpareInodes = 1024;

absl::Status CheckRemovals(const BrakeConfig& config, const PlanSummary& plan) {
  const bool nothing_left = plan.removed > 0 && plan.added == 0 &&
                            plan.removed >= plan.current_targets;
  if (plan.removed <= kAlwaysAllowedRemovals && !nothing_left) {
    return absl::OkStatus();
  }
  const double share =
      std::min(1.0, static_cast<double>(plan.removed) /
                        static_cast<double>(plan.current_targets));
  if (share <= config.max_removals) return absl::OkStatus();
  return MakeFailure(
      Failure::kBrake,
      fmt::format("removal brake: {} of {} targets would be removed ({:.1f} "
                  "%), brakes.max_removals allows {:.1f} %; if that is right, "
                  "run once with --max-removals {:.2f}",
                  plan.removed, plan.current_targets, share * 100,
                  config.max_removals * 100, std::min(1.0, share + 0.01)));
}

absl::Status CheckSpace(const BrakeConfig& config, const PlanSummary& plan,
                        const fs::Space& space) {
  if (SaturatingAdd(plan.download_bytes, config.min_free_space) >
      space.free_bytes) {
    return MakeFailure(
        Failure::kBrake,
        fmt::format("space brake: {} bytes to download and {} to keep free "
                    "(brakes.min_free_space), but only {} are free",
                    plan.download_bytes, config.min_free_space,
                    space.free_bytes));
  }
  if (plan.download_files + kSpareInodes > space.free_inodes) {
    return MakeFailure(
        Failure::kBrake,
        fmt::format("space brake: {} files to download, but only {} inodes "
                    "are free",
                    plan.download_files, space.free_inodes));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckBrakes(const BrakeConfig& config, const PlanSummary& plan,
                         const fs::Space& space) {
  if (absl::Status removals = CheckRemovals(config, plan); !removals.ok()) {
    return removals;
  }
  return CheckSpace(config, plan, space);
}

}  // namespace tufmirror::sync
