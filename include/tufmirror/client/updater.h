// A TUF client for one repository: refresh, find a target, download it.
#ifndef TUFMIRROR_CLIENT_UPDATER_H_
#define TUFMIRROR_CLIENT_UPDATER_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/client/metadata_fetcher.h"
#include "tufmirror/client/metadata_store.h"
#include "tufmirror/http/transfers.h"
#include "tufmirror/tuf/lookup.h"
#include "tufmirror/tuf/trusted_metadata_set.h"

namespace tufmirror::client {

struct UpdaterOptions {
  std::vector<std::string> metadata_urls;  // directory, one a mirror
  std::vector<std::string> target_urls;    // base, one a mirror
  MetadataLimits limits;
  int max_roles = tuf::kDefaultMaxRoles;
};

// Not for use by two threads at once.
class Updater {
 public:
  // `transfers` and `store` outlive this. `store` holds a trusted root.
  Updater(UpdaterOptions options, http::Transfers& transfers,
          MetadataStore& store);

  // TUF 5.3 to 5.6 with `now` as reference time. To be called once, first.
  absl::Status Refresh(absl::Time now);

  // nullopt if no authorised role lists `path`. Needs Refresh.
  absl::StatusOr<std::optional<tuf::FoundTarget>> FindTarget(
      std::string_view path);

  // Downloads `target` into `directory`, under its percent-encoded path, and
  // gives that file's path. A file there that already has the right bytes is
  // not asked for again. Only verified bytes ever get the name.
  absl::StatusOr<std::string> Download(const tuf::TargetFile& target,
                                       const std::string& directory);

  // The trusted metadata. Needs Refresh.
  const tuf::TrustedMetadataSet& trusted() const { return *trusted_; }

 private:
  using CacheKey = std::pair<std::string, std::string>;  // delegator, role

  UpdaterOptions options_;
  http::Transfers& transfers_;
  MetadataStore& store_;
  MetadataFetcher fetcher_;
  std::optional<tuf::TrustedMetadataSet> trusted_;
  tuf::RolePtr top_;
  std::map<CacheKey, tuf::RolePtr> roles_;
};

// URLs of a target on every mirror, digest-prefixed if `prefixed` (TUF 6.2).
// kUnsafePath if the path cannot be one of a URL.
absl::StatusOr<std::vector<std::string>> TargetUrls(
    const std::vector<std::string>& bases, const tuf::TargetFile& target,
    bool prefixed);

}  // namespace tufmirror::client

#endif  // TUFMIRROR_CLIENT_UPDATER_H_
