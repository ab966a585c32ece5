// A TUF repository as upstream: brings all its metadata here, verified, and
// shows it as one consistent state.
#ifndef TUFMIRROR_SOURCE_TUF_SOURCE_H_
#define TUFMIRROR_SOURCE_TUF_SOURCE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/client/metadata_fetcher.h"
#include "tufmirror/client/repository_view.h"
#include "tufmirror/source/replica_store.h"
#include "tufmirror/tuf/trusted_metadata_set.h"

namespace tufmirror::source {

// Until when a version of a delegated role is good.
struct RoleExpiry {
  int64_t version = 0;
  absl::Time expires;
};
using RoleExpiries = std::map<std::string, RoleExpiry, std::less<>>;

// What a replica published last, as far as it saves work. Never trusted for
// anything new: what it says unchanged was verified when it was published.
struct PublishedState {
  client::RepositoryView& view;
  // Published roles that have delegations of their own ("targets" apart).
  std::set<std::string, std::less<>> delegating_roles;
  // Roles that are known not to have expired. Others are read again, so that an
  // expired one is noticed even if nothing else about it changed.
  RoleExpiries fresh = {};
};

// The repository state that lies in the directory `tree`, with `root_bytes` as
// its root. Expiry is looked at with `now`; InfinitePast looks at none.
absl::StatusOr<tuf::TrustedMetadataSet> OpenTree(const std::string& tree,
                                                 const tuf::RawMetadata& root,
                                                 absl::Time now);

// Reads roles of the state that lies in the directory `tree`.
client::RepositoryView::ReadRole ReadRolesFrom(std::string tree,
                                               bool consistent_snapshot);

// Which roles differ from the published ones.
struct ChangedRoles {
  // False: some delegation differs, so that any target may have another
  // authority now, and every role counts as changed.
  bool same_delegations = false;
  std::set<std::string, std::less<>> roles;  // "targets" among them if so
  std::set<std::string, std::less<>> delegating_roles;  // of the new state
  // Roles below "targets" whose bytes in the store were verified in this run,
  // and when they expire.
  std::map<std::string, absl::Time, std::less<>> verified;
  // Roles that some role delegates to, but that the snapshot does not list, as
  // (delegator, role). For a client that ends the search for what they are
  // delegated (TUF 5.6.7), and so it does here: such targets are not mirrored,
  // all others are.
  std::vector<std::pair<std::string, std::string>> unlisted;
  // Roles of single projects that are expired: readers refuse what these list,
  // and only that, wherever they look. Everything else about them was verified.
  std::map<std::string, absl::Time, std::less<>> expired;
  uint64_t fetched = 0;  // metadata files fetched, top level apart

  bool Contains(std::string_view role) const {
    return !same_delegations || roles.contains(role);
  }
};

// Not for use by two threads at once.
class TufSource {
 public:
  // Both outlive this.
  TufSource(client::MetadataFetcher& fetcher, ReplicaStore& store)
      : fetcher_(fetcher), store_(store) {}

  // One request: true if upstream's timestamp is, byte for byte,
  // `published_timestamp`, verifies under the trusted root, and neither is
  // expired. Whatever else is the case is for Refresh to find out.
  absl::StatusOr<bool> IsUnchanged(std::string_view published_timestamp,
                                   absl::Time now);

  // TUF 5.3 to 5.6, persisted in the store.
  absl::StatusOr<tuf::TrustedMetadataSet> Refresh(absl::Time now);

  // Makes every role that is reachable in `trusted` available in the store,
  // verified: in parallel, and only those that differ from `published`
  // (nullptr: nothing is published). Any failure is the run's.
  absl::StatusOr<ChangedRoles> FetchChangedRoles(
      const tuf::TrustedMetadataSet& trusted, PublishedState* published);

  // Root versions older than the trusted one, as far back as upstream has
  // them, each verified by its successor: so that readers who pinned an older
  // root can follow a replica too. Gives how many were saved.
  absl::StatusOr<int> FetchOlderRoots(const tuf::TrustedMetadataSet& trusted);

 private:
  client::MetadataFetcher& fetcher_;
  ReplicaStore& store_;
};

}  // namespace tufmirror::source

#endif  // TUFMIRROR_SOURCE_TUF_SOURCE_H_
