// Where an origin's new files come from: each kind of upstream has its supply.
#ifndef TUFMIRROR_SYNC_PACKAGE_SUPPLY_H_
#define TUFMIRROR_SYNC_PACKAGE_SUPPLY_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "tufmirror/base/digest.h"
#include "tufmirror/source/origin_source.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::sync {

// What was brought below packages/ for one file.
struct SuppliedPackage {
  // None if only its core metadata was wanted.
  std::optional<tuf::TargetFile> file;
  // None if the file offers none, or if it cannot be had: then the status says
  // why.
  std::optional<tuf::TargetFile> core_metadata;
  absl::Status core_metadata_status = {};
  // In the same way.
  std::optional<tuf::TargetFile> provenance = {};
  absl::Status provenance_status = {};
};

struct WantedPackage {
  // With the core metadata and the provenance that are wanted with it.
  const source::SourceFile* file;
  // The file itself is published already, and is not wanted.
  bool is_published = false;
  // What its provenance must be; an index does not say.
  std::optional<Sha256> provenance_sha256 = {};
  // kHeldBack, kReplacedFile: trouble with this file alone.
  absl::StatusOr<SuppliedPackage> supplied = absl::UnknownError("not supplied");
};

class PackageSupply {
 public:
  virtual ~PackageSupply() = default;

  // Brings the wanted packages below packages/, several at a time, each
  // verified against all that its offer promises, and sets their `supplied`.
  // An error is one that concerns every file (the disk is full, the run was
  // stopped). `tick` is called with the number of finished ones about ten
  // times a second; its error stops all.
  virtual absl::Status Supply(
      absl::Span<WantedPackage> wanted,
      absl::FunctionRef<absl::Status(size_t done)> tick) = 0;
};

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_PACKAGE_SUPPLY_H_
