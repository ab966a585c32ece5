// Bins by hash prefix: the prefixes of all bins have one length, the fewest
// hexadecimal digits that hold the bits, and each bin takes a run of them.
#include "repo/bin_map.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <variant>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/repo/genesis.h"

namespace tufmirror::repo {
namespace {

tuf::SuccinctRoles MakeSuccinct(int bits, const tuf::RoleKeys& keys) {
  return tuf::SuccinctRoles{keys, bits, std::string(kBinPrefix)};
}

}  // namespace

absl::StatusOr<BinMap> BinMap::Create(const tuf::Delegations& delegations) {
  BinMap map;
  if (const auto* succinct =
          std::get_if<tuf::SuccinctRoles>(&delegations.roles)) {
    map.succinct_ = *succinct;
    map.keys_ = succinct->keys;
    for (uint64_t bin = 0; bin < succinct->bin_count(); ++bin) {
      map.bins_.push_back(succinct->BinName(bin));
    }
    return map;
  }
  for (const tuf::DelegatedRole& role :
       std::get<std::vector<tuf::DelegatedRole>>(delegations.roles)) {
    const auto* paths = std::get_if<tuf::PathHashPrefixes>(&role.paths);
    if (paths == nullptr || (!map.bins_.empty() && role.keys != map.keys_)) {
      return MakeFailure(
          Failure::kUnsupported,
          fmt::format("role '{}' delegated by '{}': expected hash prefixes and "
                      "the keys that all bins share",
                      Printable(role.name, 80), kBinsRole));
    }
    map.keys_ = role.keys;
    map.bins_.push_back(role.name);
    for (const std::string& prefix : paths->prefixes) {
      map.by_prefix_.emplace(prefix, role.name);
      map.prefix_lengths_.insert(prefix.size());
    }
  }
  std::sort(map.bins_.begin(), map.bins_.end());
  return map;
}

std::string BinMap::BinOf(std::string_view path) const {
  if (succinct_) return succinct_->BinNameOf(path);
  const std::string digest = crypto::Sha256Of(path).Hex();
  for (const size_t length : prefix_lengths_) {
    const auto found =
        by_prefix_.find(std::string_view(digest).substr(0, length));
    if (found != by_prefix_.end()) return found->second;
  }
  return "";
}

tuf::Delegations SuccinctBins(int bits, const tuf::RoleKeys& keys,
                              const tuf::KeyMap& declared) {
  tuf::Delegations delegations;
  delegations.keys = declared;
  delegations.roles = MakeSuccinct(bits, keys);
  return delegations;
}

tuf::Delegations HashPrefixBins(int bits, const tuf::RoleKeys& keys,
                                const tuf::KeyMap& declared) {
  const tuf::SuccinctRoles names = MakeSuccinct(bits, keys);
  const int digits = (bits + 3) / 4;
  const uint64_t prefixes_per_bin = uint64_t{1} << (4 * digits - bits);
  std::vector<tuf::DelegatedRole> roles;
  for (uint64_t bin = 0; bin < names.bin_count(); ++bin) {
    tuf::PathHashPrefixes prefixes;
    for (uint64_t i = 0; i < prefixes_per_bin; ++i) {
      prefixes.prefixes.push_back(
          fmt::format("{:0{}x}", bin * prefixes_per_bin + i, digits));
    }
    roles.push_back(
        {names.BinName(bin), keys, /*terminating=*/true, std::move(prefixes)});
  }
  tuf::Delegations delegations;
  delegations.keys = declared;
  delegations.roles = std::move(roles);
  return delegations;
}

}  // namespace tufmirror::repo
