// Turns a downloaded plan and verified metadata into edits of the standby
// tree.
#ifndef TUFMIRROR_SYNC_REPLICA_PUBLICATION_H_
#define TUFMIRROR_SYNC_REPLICA_PUBLICATION_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sync/edition.h"
#include "sync/replica_download.h"
#include "sync/tree_status.h"
#include "tufmirror/client/repository_view.h"
#include "tufmirror/source/replica_store.h"
#include "tufmirror/source/tuf_source.h"
#include "tufmirror/sync/plan.h"
#include "tufmirror/tree/home.h"

namespace tufmirror::sync {

// One use. All arguments outlive it.
class ReplicaPublication {
 public:
  // `published` is null if nothing is.
  ReplicaPublication(const tree::Home& home, Edition& edition,
                     source::ReplicaStore& store,
                     client::RepositoryView& wanted,
                     client::RepositoryView* published, Rebuild rebuild)
      : home_(home),
        edition_(edition),
        store_(store),
        wanted_(wanted),
        published_(published),
        rebuild_(rebuild) {}

  // To be called first.
  absl::Status AddRemovalOfEverything();

  // The targets of the plan, `left_out` apart.
  absl::Status AddTargets(const SyncPlan& plan,
                          const std::set<TargetPath>& left_out);

  // Every metadata file of the wanted state that the published one does not
  // have, verbatim.
  absl::Status AddMetadata(const source::ChangedRoles& changed);

  // status.json and last-modified.
  absl::Status AddStatus(const TreeStatus& status);

  // Removal of what was retired long enough ago. To be called last.
  absl::Status AddRemovals();

 private:
  absl::StatusOr<bool> IsLive(const TargetPath& path) const;
  absl::Status AddRoots();
  absl::Status AddTrusted(std::string_view role,
                          std::optional<int64_t> name_version);
  absl::Status AddPack(std::string_view role, int64_t version);
  bool IsPublishedVersioned() const;
  absl::Status RetireSuperseded();

  const tree::Home& home_;
  Edition& edition_;
  source::ReplicaStore& store_;
  client::RepositoryView& wanted_;
  client::RepositoryView* published_;
  Rebuild rebuild_;
};

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_REPLICA_PUBLICATION_H_
