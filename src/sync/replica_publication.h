// Turns a downloaded plan and verified metadata into edits of the standby
// tree, and says what the new generation no longer needs.
#ifndef TUFMIRROR_SYNC_REPLICA_PUBLICATION_H_
#define TUFMIRROR_SYNC_REPLICA_PUBLICATION_H_

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "sync/tree_status.h"
#include "tufmirror/client/repository_view.h"
#include "tufmirror/source/replica_store.h"
#include "tufmirror/source/tuf_source.h"
#include "tufmirror/sync/config.h"
#include "tufmirror/sync/plan.h"
#include "tufmirror/tree/home.h"
#include "tufmirror/tree/publisher.h"
#include "tufmirror/tree/retired.h"
#include "tufmirror/tree/staging.h"

namespace tufmirror::sync {

// One use, the calls in the order of their declaration. All arguments outlive
// it.
class ReplicaPublication {
 public:
  ReplicaPublication(const tree::Home& home, const PublishConfig& config,
                     absl::Time now, source::ReplicaStore& store,
                     tree::Publisher& publisher, tree::RetiredFiles& retired)
      : home_(home),
        config_(config),
        now_(now),
        store_(store),
        staging_(home),
        publisher_(publisher),
        retired_(retired) {}

  // The targets of the plan. `prefixed`: under their digest-prefixed names
  // too.
  absl::Status AddTargets(const SyncPlan& plan, bool prefixed);

  // Every metadata file of `wanted` that `published` (nullptr: nothing) does
  // not have, verbatim.
  absl::Status AddMetadata(const client::RepositoryView& wanted,
                           const client::RepositoryView* published,
                           const source::ChangedRoles& changed);

  // status.json and last-modified.
  absl::Status AddStatus(const TreeStatus& status);

  // Removal of what was retired long enough ago.
  absl::Status AddRemovals();

  // After the commit: packages due for removal leave the disk.
  absl::Status RemoveDuePackages();

 private:
  absl::Status Put(const TargetPath& path, std::string source);
  absl::Status PutBytes(std::string_view path, std::string_view bytes);
  void Retire(const TargetPath& path, absl::Duration after);
  absl::Status AddWanted(const PlannedChange& change, bool prefixed);
  absl::Status DropPublished(const PlannedChange& change, bool prefixed);
  absl::Status AddRoots(const std::set<std::string>& staged, int64_t newest);
  absl::Status AddTrusted(std::string_view role,
                          std::optional<int64_t> name_version);
  absl::Status RetireSuperseded(const tuf::Snapshot& now,
                                const client::RepositoryView& published);

  const tree::Home& home_;
  const PublishConfig& config_;
  absl::Time now_;
  source::ReplicaStore& store_;
  tree::StagingArea staging_;
  tree::Publisher& publisher_;
  tree::RetiredFiles& retired_;
  std::vector<TargetPath> due_packages_;
};

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_REPLICA_PUBLICATION_H_
