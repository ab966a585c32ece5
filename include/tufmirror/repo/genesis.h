// The first metadata of an origin (PEP 458, TAP 15): version 1 of every role.
#ifndef TUFMIRROR_REPO_GENESIS_H_
#define TUFMIRROR_REPO_GENESIS_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/repo/keys.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::repo {

// The role between top-level targets and the bins, and the bins' name prefix.
inline constexpr std::string_view kBinsRole = "bins";
inline constexpr std::string_view kBinPrefix = "bin";
inline constexpr int kMaxBinBits = 16;

// How `bins` delegates to the bins.
enum class BinProfile {
  kSuccinct,      // TAP 15 succinct_roles
  kHashPrefixes,  // one delegation with path_hash_prefixes a bin, for clients
                  // without TAP 15
};

// For how long what is signed now is good.
struct SigningPolicy {
  absl::Duration bin_expiry = absl::Hours(14 * 24);
  absl::Duration snapshot_expiry = absl::Hours(24);
  absl::Duration timestamp_expiry = absl::Hours(24);
  // What has a lower version is due, whenever it expires.
  int64_t least_version = 1;
};

struct GenesisOptions {
  int bin_bits = 6;  // 2^bin_bits bins
  int root_threshold = 1;
  int online_threshold = 1;  // of bins, snapshot and timestamp
  BinProfile profile = BinProfile::kSuccinct;
  // Projects can be signed by their maintainers (claim_roles.h). The key of
  // bins signs the role `claimed`.
  bool claims = false;
  SigningPolicy policy;
  absl::Duration offline_expiry = absl::Hours(365 * 24);
  absl::Time now;
  std::vector<tuf::TargetFile> targets;  // of the first generation
};

// Takes one metadata file: `version` is the one in its name, none for
// timestamp.
using WriteRole = absl::FunctionRef<absl::Status(std::string_view role,
                                                 std::optional<int64_t> version,
                                                 std::string_view bytes)>;

// kUsage for bits outside 1..kMaxBinBits, or a threshold outside 1 to the
// number of its keys.
absl::Status CheckGenesis(const GenesisOptions& options, int root_keys,
                          int online_keys);

// The public halves of OriginKeys.
struct OriginPublicKeys {
  std::vector<tuf::Key> root;
  tuf::Key targets;
  tuf::Key bins;
  std::vector<tuf::Key> online;
};
OriginPublicKeys PublicKeysOf(const OriginKeys& keys);

// What the keys that are offline sign.
struct GenesisRoles {
  tuf::Root root;
  tuf::Targets targets;
  tuf::Targets bins;
};
// Errors as CheckGenesis.
absl::StatusOr<GenesisRoles> MakeOfflineRoles(const GenesisOptions& options,
                                              const OriginPublicKeys& keys);

// Makes and signs root, targets, bins, every bin, snapshot and timestamp, and
// gives each to `write`. The bins' expiries are staggered over the last third
// of their time, so that they do not all fall due in one run. Errors also as
// CheckGenesis.
absl::Status MakeGenesis(const GenesisOptions& options, const OriginKeys& keys,
                         WriteRole write);

}  // namespace tufmirror::repo

#endif  // TUFMIRROR_REPO_GENESIS_H_
