// The rules of packages/ for an origin: what may take a name there.
//
// The name packages/PROJECT/FILE may be taken already: by the same bytes (an
// earlier run that was cut short), by bytes that were published until lately
// (never to be replaced), or by bytes that never were (to be cleared away).
#ifndef TUFMIRROR_SYNC_PACKAGE_STORE_H_
#define TUFMIRROR_SYNC_PACKAGE_STORE_H_

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/base/digest.h"
#include "tufmirror/base/target_path.h"
#include "tufmirror/client/repository_view.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/tree/home.h"
#include "tufmirror/tree/retired.h"
#include "tufmirror/tree/staging.h"

namespace tufmirror::sync {

// What a package is accepted for: to be published, or because the signed
// metadata name exactly these bytes; then what has their place is damaged.
enum class AcceptedFor { kPublication, kRepair };

// Opens the new empty file `path` for reading and writing, with the permissions
// of a served file; a file that has the name goes first.
absl::StatusOr<fs::UniqueFd> CreateAnew(const std::string& path);

// For several threads at once.
class PackageStore {
 public:
  // Both outlive this.
  PackageStore(const tree::Home& home, const tree::RetiredFiles& retired,
               AcceptedFor purpose = AcceptedFor::kPublication)
      : home_(home), retired_(retired), purpose_(purpose), staging_(home) {}

  // Where the package will be.
  std::string PlainPath(const TargetPath& path) const;
  // Where its bytes collect until they are verified. Several files may have
  // the same bytes: each has its own.
  std::string PartialPath(const TargetPath& path,
                          const ExpectedContent& content) const;

  // True if the package is in its place with exactly these bytes.
  bool Has(const TargetPath& path, const ExpectedContent& content) const;

  // Moves the verified file `from` to its place, under both names.
  // kReplacedFile if other bytes were published under this name not long ago.
  absl::Status Accept(const std::string& from, const TargetPath& path,
                      const ExpectedContent& content);
  // The same for bytes in memory, which are checked first.
  absl::Status AcceptBytes(std::string_view bytes, const TargetPath& path,
                           const ExpectedContent& content);

 private:
  absl::Status MakeWay(const TargetPath& path, const ExpectedContent& content);
  bool StandbyHas(const TargetPath& path);

  const tree::Home& home_;
  const tree::RetiredFiles& retired_;
  const AcceptedFor purpose_;
  const tree::StagingArea staging_;
  std::mutex standby_mutex_;  // guards the two below
  bool standby_opened_ = false;
  std::unique_ptr<client::RepositoryView> standby_;  // null: not readable
};

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_PACKAGE_STORE_H_
