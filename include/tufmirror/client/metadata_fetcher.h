// Metadata from upstream: names, limits and mirrors of one TUF repository.
#ifndef TUFMIRROR_CLIENT_METADATA_FETCHER_H_
#define TUFMIRROR_CLIENT_METADATA_FETCHER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "tufmirror/http/transfers.h"
#include "tufmirror/tuf/model.h"
#include "tufmirror/tuf/verified.h"

namespace tufmirror::client {

// Caps in bytes where no signed length says better (TUF 5.3.3 and so on).
struct MetadataLimits {
  uint64_t root = uint64_t{1} << 20;
  uint64_t timestamp = uint64_t{64} << 10;
  uint64_t snapshot = uint64_t{64} << 20;
  uint64_t targets = uint64_t{64} << 20;
  int root_rotations = 1024;  // in one refresh

  uint64_t ForRole(std::string_view role) const;
};

class MetadataFetcher {
 public:
  // `base_urls`: the metadata directory on each mirror. `transfers` outlives
  // this.
  MetadataFetcher(http::Transfers& transfers,
                  std::vector<std::string> base_urls,
                  MetadataLimits limits = {});

  // The request for a metadata file; `version` nullopt: unprefixed. `length`:
  // what signed metadata lists, if it does.
  http::FetchRequest RequestFor(std::string_view role,
                                std::optional<int64_t> version,
                                std::optional<uint64_t> length) const;

  // Fetches one file. Errors as http::Transfers::Fetch, with the role named.
  absl::StatusOr<tuf::RawMetadata> Fetch(std::string_view role,
                                         std::optional<int64_t> version,
                                         std::optional<uint64_t> length);

  http::Transfers& transfers() { return transfers_; }
  const MetadataLimits& limits() const { return limits_; }

 private:
  http::Transfers& transfers_;
  std::vector<std::string> base_urls_;
  MetadataLimits limits_;
};

}  // namespace tufmirror::client

#endif  // TUFMIRROR_CLIENT_METADATA_FETCHER_H_
