// Brings files of the source directory below packages/: copied, because the
// directory stays the operator's to change, and verified while they are copied.
#ifndef TUFMIRROR_SYNC_DIRECTORY_SUPPLY_H_
#define TUFMIRROR_SYNC_DIRECTORY_SUPPLY_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "sync/package_store.h"
#include "sync/package_supply.h"
#include "tufmirror/base/digest.h"
#include "tufmirror/source/origin_source.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::sync {

// Copies `source` to the new file `destination` (a clone where the file system
// can), and checks that the copy is `expected`. kHeldBack if the source is the
// trouble: unreadable, or no longer these bytes; other failures are about
// `destination`.
absl::Status CopyVerified(const std::string& source,
                          const ExpectedContent& expected,
                          const std::string& destination);

class DirectorySupply : public PackageSupply {
 public:
  // Both outlive this. `directory` is the source directory.
  DirectorySupply(PackageStore& store, const std::string& directory)
      : store_(store), directory_(directory) {}

  absl::Status Supply(
      absl::Span<WantedPackage> wanted,
      absl::FunctionRef<absl::Status(size_t done)> tick) override;

 private:
  absl::StatusOr<SuppliedPackage> SupplyOne(const WantedPackage& wanted);
  absl::StatusOr<tuf::TargetFile> SupplyFile(const source::SourceFile& file);
  absl::StatusOr<tuf::TargetFile> SupplyMetadata(
      const source::SourceFile& file);

  PackageStore& store_;
  const std::string& directory_;
};

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_DIRECTORY_SUPPLY_H_
