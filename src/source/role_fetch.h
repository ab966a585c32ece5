// Brings every changed delegated role of a repository here, level by level of
// its delegation graph.
#ifndef TUFMIRROR_SOURCE_ROLE_FETCH_H_
#define TUFMIRROR_SOURCE_ROLE_FETCH_H_

#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/client/metadata_fetcher.h"
#include "tufmirror/source/replica_store.h"
#include "tufmirror/source/tuf_source.h"
#include "tufmirror/tuf/lookup.h"

namespace tufmirror::source {

// One use: construct, Run. All arguments outlive it.
class RoleFetch {
 public:
  RoleFetch(const tuf::TrustedMetadataSet& trusted, PublishedState* published,
            client::MetadataFetcher& fetcher, ReplicaStore& store)
      : trusted_(trusted),
        published_(published),
        fetcher_(fetcher),
        store_(store) {}

  absl::StatusOr<ChangedRoles> Run();

 private:
  // A role whose delegations are to be followed. `published` is the same role
  // in the published state, nullptr if it is not there.
  struct Delegator {
    std::string name;
    tuf::RolePtr role;
    tuf::RolePtr published;
  };
  struct Wanted {
    std::string role;
    const Delegator* delegator;
  };

  absl::Status Follow(const Delegator& delegator, std::vector<Wanted>& missing);
  absl::Status FetchMissing(const std::vector<Wanted>& missing);
  // Rebuilds what it can with delta packs, from the published versions, and
  // gives what is left to be fetched whole.
  absl::StatusOr<std::vector<Wanted>> RebuildFromPacks(
      const std::vector<Wanted>& missing);
  std::optional<tuf::RawMetadata> PublishedBytes(std::string_view role);
  absl::Status FetchFromAnyMirror(const Wanted& wanted);
  absl::StatusOr<tuf::Verified<tuf::Targets>> Verify(
      const tuf::RawMetadata& raw, const Wanted& wanted);
  absl::Status Accept(const Wanted& wanted,
                      tuf::Verified<tuf::Targets> verified);
  tuf::RolePtr PublishedRole(const Wanted& wanted);
  bool IsSameInSnapshot(std::string_view role) const;
  bool IsFresh(std::string_view role) const;
  void Compare(const tuf::Targets& now, const tuf::RolePtr& published);

  const tuf::TrustedMetadataSet& trusted_;
  PublishedState* published_;
  client::MetadataFetcher& fetcher_;
  ReplicaStore& store_;
  ChangedRoles changed_;
  std::vector<Delegator> next_level_;
  std::set<std::pair<std::string, std::string>> seen_;  // delegator, role
};

}  // namespace tufmirror::source

#endif  // TUFMIRROR_SOURCE_ROLE_FETCH_H_
