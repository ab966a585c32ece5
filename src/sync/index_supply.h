// Brings files that a plain index offers below packages/: from another mirror's
// tree on this machine if it has them, else downloaded, verified either way.
#ifndef TUFMIRROR_SYNC_INDEX_SUPPLY_H_
#define TUFMIRROR_SYNC_INDEX_SUPPLY_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "sync/package_store.h"
#include "sync/package_supply.h"
#include "tufmirror/base/target_path.h"
#include "tufmirror/crypto/blake2b.h"
#include "tufmirror/http/transfers.h"
#include "tufmirror/sync/config.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::sync {

class IndexSupply : public PackageSupply {
 public:
  // All outlive this.
  IndexSupply(PackageStore& store, http::Transfers& transfers,
              const IndexConfig& config)
      : store_(store), transfers_(transfers), config_(config) {}

  // Core metadata that is promised and cannot be had is no trouble of its
  // file: it is left out, with a note. Provenance is, on its own.
  absl::Status Supply(
      absl::Span<WantedPackage> wanted,
      absl::FunctionRef<absl::Status(size_t done)> tick) override;

 private:
  // One wanted package on its way.
  struct Job;

  absl::Status TakeLocal(Job& job);
  std::vector<std::string> PlacesOf(const source::SourceFile& file) const;
  absl::Status Adopt(Job& job, const std::string& from);
  absl::Status Download(std::vector<Job>& jobs);
  http::DownloadRequest RequestFor(Job& job);
  absl::Status TakeMetadataFromWheel(Job& job);
  absl::Status FetchCompanions(
      std::vector<Job>& jobs, absl::FunctionRef<bool(const Job&)> wants,
      absl::FunctionRef<http::FetchRequest(const source::SourceFile&)>
          request_of,
      absl::FunctionRef<absl::Status(Job&, std::string_view)> accept,
      absl::FunctionRef<void(Job&, const absl::Status&)> give_up);
  absl::Status FetchMetadata(std::vector<Job>& jobs);
  absl::Status AcceptMetadata(Job& job, std::string_view bytes);
  absl::Status FetchProvenance(std::vector<Job>& jobs);
  absl::Status AcceptProvenance(Job& job, std::string_view bytes);

  PackageStore& store_;
  http::Transfers& transfers_;
  const IndexConfig& config_;
};

// The BLAKE2b-256 digest that a URL of PyPI's files has in its path
// ("packages/aa/bb/<60 hexadecimal digits>/FILE"); nullopt for other URLs.
std::optional<crypto::Blake2bDigest> Blake2bInUrl(std::string_view url);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_INDEX_SUPPLY_H_
