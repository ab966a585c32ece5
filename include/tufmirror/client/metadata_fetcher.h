// Metadata from upstream: names, limits and mirrors of one TUF repository.
#ifndef TUFMIRROR_CLIENT_METADATA_FETCHER_H_
#define TUFMIRROR_CLIENT_METADATA_FETCHER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/http/transfers.h"
#include "tufmirror/tuf/model.h"
#include "tufmirror/tuf/verified.h"

namespace tufmirror::client {

// Of a root: it is read before anything can say how long it is.
inline constexpr uint64_t kMaxRootBytes = uint64_t{1} << 20;

// Caps in bytes where no signed length says better (TUF 5.3.3 and so on).
struct MetadataLimits {
  uint64_t root = kMaxRootBytes;
  uint64_t timestamp = uint64_t{64} << 10;
  uint64_t snapshot = uint64_t{64} << 20;
  uint64_t targets = uint64_t{64} << 20;
  int root_rotations = 1024;  // in one refresh

  uint64_t ForRole(std::string_view role) const;
};

class MetadataFetcher {
 public:
  // `base_urls`: the metadata directory on each mirror; `pack_urls`: the
  // directory of delta packs, where there may be such. `transfers` outlives
  // this.
  MetadataFetcher(http::Transfers& transfers,
                  std::vector<std::string> base_urls,
                  MetadataLimits limits = {},
                  std::vector<std::string> pack_urls = {});

  // The request for a metadata file; `version` nullopt: unprefixed. `length`:
  // what signed metadata lists, if it does.
  http::FetchRequest RequestFor(std::string_view role,
                                std::optional<int64_t> version,
                                std::optional<uint64_t> length) const;

  // Looks at fetched bytes: verifies them, and takes them if they are good.
  using Accept = absl::FunctionRef<absl::Status(const tuf::RawMetadata&)>;

  // Fetches one file that `accept` takes. A mirror whose file is refused (a
  // stale or a lying one) is as good as one that has none: the others are
  // asked. Errors as Fetch, or the first refusal.
  absl::StatusOr<tuf::RawMetadata> FetchVerified(std::string_view role,
                                                 std::optional<int64_t> version,
                                                 std::optional<uint64_t> length,
                                                 Accept accept);

  // The request for the pack that leads to `version` of `role` from an earlier
  // one of `base_size` bytes, which is more than it may be long; nullopt if
  // there is none to be had: nobody is known to have packs, those who were
  // asked first had none, or too many were of no use.
  std::optional<http::FetchRequest> PackRequestFor(std::string_view role,
                                                   int64_t version,
                                                   uint64_t base_size) const;

  // What the pack in `response` makes of `base`, an earlier version of `role`.
  // It is as raw as what is fetched, and capped like it.
  absl::StatusOr<tuf::RawMetadata> Rebuild(
      std::string_view role, std::optional<uint64_t> length,
      const tuf::RawMetadata& base,
      const absl::StatusOr<http::FetchResponse>& response) const;

  // To be told of every pack that was asked for by hand: how it came, and what
  // became of it in the end, verification included. Whoever sends useless ones
  // is soon asked for no more of them.
  void CountPack(const absl::Status& response, const absl::Status& outcome);

  // Fetches the pack and gives what it makes of `base`, if `accept` takes it.
  // nullopt whatever is wrong: then the whole file is to be fetched.
  std::optional<tuf::RawMetadata> RebuildVerified(
      std::string_view role, int64_t version, std::optional<uint64_t> length,
      const tuf::RawMetadata& base, Accept accept);

  // The same for a snapshot, with the list of its versions: from `base`, any
  // older snapshot of the same roles. One request, whatever is known of packs.
  std::optional<tuf::RawMetadata> RebuildListed(int64_t version,
                                                std::optional<uint64_t> length,
                                                const tuf::RawMetadata& base,
                                                Accept accept);

  // Root `version`, or nullopt if the chain ends before it: the first mirror
  // that answers at all says 404 or 403 (TUF 5.3.3).
  absl::StatusOr<std::optional<tuf::RawMetadata>> FetchNextRoot(int64_t version,
                                                                Accept accept);

  // Fetches one file. Errors as http::Transfers::Fetch, with the role named.
  absl::StatusOr<tuf::RawMetadata> Fetch(std::string_view role,
                                         std::optional<int64_t> version,
                                         std::optional<uint64_t> length);

  http::Transfers& transfers() { return transfers_; }
  // Packs that did not come as they should, or led to what does not verify.
  int wrong_packs() const { return wrong_packs_; }
  size_t mirrors() const { return base_urls_.size(); }
  const MetadataLimits& limits() const { return limits_; }

 private:
  std::optional<http::FetchRequest> DeltaRequestFor(std::string_view role,
                                                    int64_t version,
                                                    std::string_view suffix,
                                                    uint64_t max_bytes) const;

  http::Transfers& transfers_;
  std::vector<std::string> base_urls_;
  MetadataLimits limits_;
  std::vector<std::string> pack_urls_;
  bool pack_came_ = false;    // whatever it was good for
  bool pack_missed_ = false;  // "not found"
  int useful_packs_ = 0;
  int useless_packs_ = 0;
  int wrong_packs_ = 0;
};

}  // namespace tufmirror::client

#endif  // TUFMIRROR_CLIENT_METADATA_FETCHER_H_
