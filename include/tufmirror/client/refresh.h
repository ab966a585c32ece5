// The TUF client workflow up to top-level targets (TUF 5.2 to 5.6), with its
// input and output: fetch, verify, persist.
#ifndef TUFMIRROR_CLIENT_REFRESH_H_
#define TUFMIRROR_CLIENT_REFRESH_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/client/metadata_fetcher.h"
#include "tufmirror/client/metadata_store.h"
#include "tufmirror/tuf/lookup.h"
#include "tufmirror/tuf/trusted_metadata_set.h"

namespace tufmirror::client {

// Refreshes from the root in `store` on. `now` is the one reference time.
// Everything verified is saved as soon as its checks are over; a failure
// leaves `store` with what was verified before it. At best two requests: the
// next root and the timestamp. Errors: what failed, naming the role.
absl::StatusOr<tuf::TrustedMetadataSet> Refresh(MetadataFetcher& fetcher,
                                                MetadataStore& store,
                                                absl::Time now);

// `role` under `delegator`: the copy in `store` if it still verifies, else
// fetched, verified and saved.
absl::StatusOr<tuf::RolePtr> LoadDelegatedRole(
    const tuf::TrustedMetadataSet& trusted, std::string_view role,
    const tuf::Verified<tuf::Targets>& delegator, MetadataFetcher& fetcher,
    MetadataStore& store);

}  // namespace tufmirror::client

#endif  // TUFMIRROR_CLIENT_REFRESH_H_
