// From what an operator wants changed to a candidate: the offline roles that
// must be signed again for it, and what they will say.
#ifndef TUFMIRROR_REPO_CEREMONY_CHANGES_H_
#define TUFMIRROR_REPO_CEREMONY_CHANGES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/repo/ceremony.h"

namespace tufmirror::repo {

// Roles whose keys can be changed: root, targets, snapshot, timestamp, a role
// that targets delegates (bins), kBinPrefix for all bins; kOnlineRoles for
// snapshot, timestamp and all bins together.
inline constexpr std::string_view kOnlineRoles = "online";
inline constexpr absl::Duration kDefaultOfflineLife = absl::Hours(365 * 24);

struct KeyAddition {
  std::string role;
  tuf::Key key;
};
struct KeyRemoval {
  std::string role;
  std::string key;  // see FindKey
};

struct CeremonyChanges {
  std::vector<KeyAddition> add;
  std::vector<KeyRemoval> remove;
  std::map<std::string, int64_t> thresholds;  // by role
  std::set<std::string> renew;                // offline roles
  // For how long each role that is signed is good; nullopt: a year, or until
  // it expires now if that is later.
  std::optional<absl::Duration> life;
  // By key as FindKey takes it; an empty holder takes the words back.
  std::vector<std::pair<std::string, KeyHolder>> holders;
  std::optional<int> bin_bits;  // 2^bin_bits bins from now on
};

// kUsage if nothing would change, a role is unknown, a key is there already or
// is not there, or a threshold is out of reach; otherwise as Candidate::Make.
absl::StatusOr<Candidate> BeginCeremony(const OfflineMetadata& trusted,
                                        const CeremonyChanges& changes,
                                        absl::Time now);

// The one of `keys` that `text` means: its keyid, at least the first four
// digits of it, or the label of its holder. kUsage if none or several.
absl::StatusOr<std::string> FindKey(const std::vector<std::string>& keyids,
                                    const KeyHolders& holders,
                                    std::string_view text);

// A public key from a file's bytes: PEM ("BEGIN PUBLIC KEY"), or a key object
// as TUF metadata has it. kMalformed or kUnsupported, naming `what`.
absl::StatusOr<tuf::Key> ParsePublicKey(std::string_view text,
                                        std::string_view what);

}  // namespace tufmirror::repo

#endif  // TUFMIRROR_REPO_CEREMONY_CHANGES_H_
