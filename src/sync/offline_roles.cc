// The words are for an operator who reads them months after the setup.
#include "sync/offline_roles.h"

#include <cstdint>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"

namespace tufmirror::sync {
namespace {

std::string Day(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d", time, absl::UTCTimeZone());
}

absl::Status CheckRole(std::string_view role, const tuf::Common& common,
                       absl::Time now, std::vector<std::string>& warnings) {
  if (common.expires <= now) {
    return MakeFailure(
        Failure::kExpired,
        fmt::format("{} version {} expired on {}, and it is {} now: a new "
                    "version must be signed with its offline keys (or the "
                    "clock set, if that date is wrong); readers refuse the "
                    "mirror until then",
                    role, common.version, Day(common.expires), Day(now)));
  }
  const absl::Duration left = common.expires - now;
  if (left <= kOfflineWarning) {
    warnings.push_back(
        fmt::format("{} expires in {} days, on {}: a new version must be "
                    "signed with its offline keys",
                    role, absl::ToInt64Hours(left) / 24, Day(common.expires)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckOfflineRoles(const tuf::TrustedMetadataSet& trusted,
                               const tuf::Targets& bins, absl::Time now,
                               std::vector<std::string>& warnings) {
  RETURN_IF_ERROR(CheckRole("root", *trusted.root(), now, warnings));
  RETURN_IF_ERROR(CheckRole("targets", **trusted.targets(), now, warnings));
  return CheckRole(repo::kBinsRole, bins, now, warnings);
}

}  // namespace tufmirror::sync
