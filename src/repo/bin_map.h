// Which bin a target belongs to, as the `bins` role says, in either profile.
#ifndef TUFMIRROR_SRC_REPO_BIN_MAP_H_
#define TUFMIRROR_SRC_REPO_BIN_MAP_H_

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::repo {

class BinMap {
 public:
  // kUnsupported if `delegations` is neither succinct nor all hash prefixes.
  static absl::StatusOr<BinMap> Create(const tuf::Delegations& delegations);

  // The bin of `path`; empty if no prefix covers it.
  std::string BinOf(std::string_view path) const;
  // Every bin, sorted.
  const std::vector<std::string>& bins() const { return bins_; }
  // Keys that may sign the bins; the same for all.
  const tuf::RoleKeys& keys() const { return keys_; }

 private:
  tuf::RoleKeys keys_;
  std::vector<std::string> bins_;
  std::optional<tuf::SuccinctRoles> succinct_;
  // Otherwise: bin by prefix of the path's digest in hexadecimal, and the
  // lengths that prefixes have.
  std::map<std::string, std::string, std::less<>> by_prefix_;
  std::set<size_t> prefix_lengths_;
};

// The delegations of `bins` at genesis: 2^bits bins, signed by `keys`, which
// `declared` has.
tuf::Delegations SuccinctBins(int bits, const tuf::RoleKeys& keys,
                              const tuf::KeyMap& declared);
tuf::Delegations HashPrefixBins(int bits, const tuf::RoleKeys& keys,
                                const tuf::KeyMap& declared);

}  // namespace tufmirror::repo

#endif  // TUFMIRROR_SRC_REPO_BIN_MAP_H_
