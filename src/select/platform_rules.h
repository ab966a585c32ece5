// The operating systems and machines that files are selected for.
#ifndef TUFMIRROR_SRC_SELECT_PLATFORM_RULES_H_
#define TUFMIRROR_SRC_SELECT_PLATFORM_RULES_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "tufmirror/pypi/target.h"
#include "tufmirror/pypi/wheel_tags.h"
#include "tufmirror/select/rules.h"

namespace tufmirror::select {

class PlatformRules {
 public:
  // kUsage, naming the option and the word.
  static absl::StatusOr<PlatformRules> Create(const Rules& rules);

  // Which rule is against a wheel with these tags; empty: none is. It is for
  // at least one platform and machine that the rules leave, or pure.
  std::string RefusalOfWheel(const pypi::WheelTags& tags) const;
  // Likewise for an installer or package of a system, by its extension. What
  // does not say what it is for is not refused.
  std::string RefusalOfLegacy(std::string_view filename) const;

  // One platform of each kind that the rules leave, for markers; where they
  // name none, the usual ones.
  std::vector<pypi::TargetPlatform> Representatives() const;

 private:
  using Platforms = std::vector<pypi::TargetPlatform>;  // machine unused
  static bool RunsOnAny(const pypi::PlatformTag& tag,
                        const std::string& machine, const Platforms& platforms);
  bool IsExcludedWhole(const pypi::TargetPlatform& platform) const;

  Platforms platforms_;
  Platforms exclude_platforms_;
  std::vector<std::string> machines_;          // canonical
  std::vector<std::string> exclude_machines_;  // canonical
  // How the options read, for messages.
  std::string platforms_text_;
  std::string exclude_platforms_text_;
  std::string machines_text_;
  std::string exclude_machines_text_;
};

}  // namespace tufmirror::select

#endif  // TUFMIRROR_SRC_SELECT_PLATFORM_RULES_H_
