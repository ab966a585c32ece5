// Brings files of the source directory below packages/: copied, because the
// directory stays the operator's to change, and verified while they are copied.
#ifndef TUFMIRROR_SYNC_ORIGIN_ADOPT_H_
#define TUFMIRROR_SYNC_ORIGIN_ADOPT_H_

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/base/digest.h"
#include "tufmirror/base/target_path.h"
#include "tufmirror/client/repository_view.h"
#include "tufmirror/source/directory_source.h"
#include "tufmirror/tree/home.h"
#include "tufmirror/tree/retired.h"
#include "tufmirror/tree/staging.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::sync {

// Copies `source` to the new file `destination` (a clone where the file system
// can), and checks that the copy is `expected`. kHeldBack if the source is the
// trouble: unreadable, or no longer these bytes; other failures are about
// `destination`.
absl::Status CopyVerified(const std::string& source,
                          const ExpectedContent& expected,
                          const std::string& destination);

// Files may be adopted from several threads at once.
class PackageAdopter {
 public:
  // All outlive this. `directory` is the source directory.
  PackageAdopter(const tree::Home& home, const std::string& directory,
                 const tree::RetiredFiles& retired)
      : home_(home), directory_(directory), retired_(retired), staging_(home) {}

  // Adopt gives the target that the file, or its core metadata, is now.
  // kHeldBack if the source is the trouble; kReplacedFile if other bytes were
  // published under this name not long ago.
  absl::StatusOr<tuf::TargetFile> AdoptFile(const source::ScannedFile& file);
  absl::StatusOr<tuf::TargetFile> AdoptMetadata(
      const source::ScannedFile& file);

 private:
  using Produce = absl::FunctionRef<absl::Status(const std::string& to)>;
  absl::Status Adopt(const std::string& path, const ExpectedContent& content,
                     Produce produce);
  absl::Status MakeWay(const TargetPath& path, const ExpectedContent& content);
  bool StandbyHas(const TargetPath& path);

  const tree::Home& home_;
  const std::string& directory_;
  const tree::RetiredFiles& retired_;
  tree::StagingArea staging_;
  std::mutex standby_mutex_;  // guards the two below
  bool standby_opened_ = false;
  std::unique_ptr<client::RepositoryView> standby_;  // null: not readable
};

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_ORIGIN_ADOPT_H_
