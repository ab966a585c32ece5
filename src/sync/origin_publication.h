// Turns signed metadata and rendered pages into edits of the standby tree, and
// decides what the new generation no longer needs. Used by the first
// publication (init) and by every run.
#ifndef TUFMIRROR_SYNC_ORIGIN_PUBLICATION_H_
#define TUFMIRROR_SYNC_ORIGIN_PUBLICATION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/base/target_path.h"
#include "tufmirror/client/repository_view.h"
#include "tufmirror/repo/editor.h"
#include "tufmirror/sync/config.h"
#include "tufmirror/tree/home.h"
#include "tufmirror/tree/publisher.h"
#include "tufmirror/tree/retired.h"
#include "tufmirror/tree/staging.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::sync {

// One use. All arguments outlive it.
class OriginPublication {
 public:
  OriginPublication(const tree::Home& home, const PublishConfig& config,
                    absl::Time now, tree::Publisher& publisher,
                    tree::RetiredFiles& retired)
      : home_(home),
        config_(config),
        now_(now),
        publisher_(publisher),
        retired_(retired),
        staging_(home) {}

  // A signed metadata file, as repo::WriteRole has it.
  absl::Status PutRole(std::string_view role, std::optional<int64_t> version,
                       std::string_view bytes);
  // The older files of roles that were signed anew stay for the grace period.
  absl::Status RetireRoles(const std::vector<repo::SignedRole>& roles);

  // One change of a target: pages become edits (their bytes are staged as
  // blobs already), packages are in place already.
  absl::Status AddChange(const repo::TargetChange& change);

  // last-modified.
  absl::Status PutLastModified();

  // Removes what was retired long enough ago, unless the new generation (as
  // `editor` left it) has it after all, as after a rollback. A package must be
  // unknown to `replaced`, the generation before, too.
  absl::Status AddRemovals(repo::RepositoryEditor& editor,
                           client::RepositoryView& replaced);

  // After the commit: what AddRemovals found leaves packages/ and the list.
  absl::Status FinishRemovals();

 private:
  absl::Status Put(const TargetPath& path, const std::string& source);
  absl::Status PutBytes(std::string_view path, std::string_view bytes);
  absl::Status RemoveRetired(const TargetPath& path);
  absl::Status Drop(const TargetPath& path, const tuf::TargetFile& before,
                    absl::Duration keep);

  const tree::Home& home_;
  const PublishConfig& config_;
  absl::Time now_;
  tree::Publisher& publisher_;
  tree::RetiredFiles& retired_;
  tree::StagingArea staging_;
  std::vector<TargetPath> due_edits_;
  std::vector<TargetPath> due_packages_;
};

// What a retired path of a tree is, so that its use can be looked up.
struct RetiredTarget {
  std::string path;        // target path, without a digest prefix
  std::string sha256_hex;  // empty: the plain name
};
RetiredTarget TargetOfRetired(const TargetPath& path);
struct RetiredRole {
  std::string role;
  int64_t version = 0;
};
std::optional<RetiredRole> RoleOfRetired(const TargetPath& path);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_ORIGIN_PUBLICATION_H_
