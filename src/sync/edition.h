// The next generation as edits of the standby tree, and what it no longer
// needs: shared by origin and replica.
//
// What is dropped is kept for a while (state/retired) and removed by a later
// publication, then only if neither the generation it makes nor, for packages,
// the one it replaces still has it: a rollback may have brought it back.
#ifndef TUFMIRROR_SYNC_EDITION_H_
#define TUFMIRROR_SYNC_EDITION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/base/digest.h"
#include "tufmirror/base/target_path.h"
#include "tufmirror/sync/config.h"
#include "tufmirror/tree/home.h"
#include "tufmirror/tree/publisher.h"
#include "tufmirror/tree/retired.h"
#include "tufmirror/tree/staging.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::sync {

// kPrefixed: targets have digest-prefixed names too, metadata has its version
// in its name (TUF 6.2, consistent snapshots).
enum class Naming { kPlain, kPrefixed };

// One use. All arguments outlive it.
class Edition {
 public:
  Edition(const tree::Home& home, const PublishConfig& config, absl::Time now,
          Naming naming, tree::Publisher& publisher,
          tree::RetiredFiles& retired)
      : home_(home),
        config_(config),
        now_(now),
        naming_(naming),
        publisher_(publisher),
        retired_(retired),
        staging_(home) {}

  // `path` of the tree becomes another name of the staged file `source`.
  absl::Status Put(const TargetPath& path, const std::string& source);
  absl::Status PutBytes(std::string_view path, std::string_view bytes);
  absl::Status Remove(const TargetPath& path);

  // A metadata file; `version` is the one in its name, none for timestamp.
  absl::Status PutRole(std::string_view role, std::optional<int64_t> version,
                       std::string_view bytes);
  // The delta pack from version `from`, which the live tree has, to `to`, which
  // is `bytes`; of a large snapshot its list of versions too. None where it
  // cannot be made, or not a small one: it is there for speed alone.
  absl::Status PutPack(std::string_view role, int64_t from, int64_t to,
                       std::string_view bytes);
  // A superseded metadata file stays for the grace period, its pack too.
  absl::Status RetireRole(std::string_view role, int64_t version);

  // A target that is added (`before` nullopt), changed or removed (`after`
  // nullopt). Pages are staged as blobs already, packages in place already.
  absl::Status ChangeTarget(const TargetPath& path,
                            const std::optional<ExpectedContent>& before,
                            const std::optional<ExpectedContent>& after);

  // The content of a target in some generation; nullopt if it has none.
  using LookUp =
      absl::FunctionRef<absl::StatusOr<std::optional<ExpectedContent>>(
          std::string_view target)>;
  // A file that nothing refers to goes with the other removals of this
  // publication.
  void RetireNow(const TargetPath& path) { Retire(path, absl::ZeroDuration()); }

  // Removes what was retired long enough ago and is in use neither by the new
  // generation (`snapshot`, `after`) nor, below packages/, by the one that is
  // served until then (`before`). To be called last.
  absl::Status AddRemovals(const tuf::Snapshot& snapshot, LookUp after,
                           LookUp before);

  // After the commit: packages found by AddRemovals leave the disk, and all
  // that was removed leaves the list.
  absl::Status FinishRemovals();

 private:
  void Retire(const TargetPath& path, absl::Duration keep);

  const tree::Home& home_;
  const PublishConfig& config_;
  absl::Time now_;
  Naming naming_;
  tree::Publisher& publisher_;
  tree::RetiredFiles& retired_;
  tree::StagingArea staging_;
  std::vector<TargetPath> due_edits_;
  std::vector<TargetPath> due_packages_;
};

// What a retired path of a tree is, so that its use can be looked up.
struct RetiredTarget {
  std::string path;        // target path, without a digest prefix
  std::string digest_hex;  // empty: the plain name
};
RetiredTarget TargetOfRetired(const TargetPath& path);
struct RetiredRole {
  std::string role;
  int64_t version = 0;
};
std::optional<RetiredRole> RoleOfRetired(const TargetPath& path);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_EDITION_H_
