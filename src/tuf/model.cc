// Lookups in the metadata model, and the names that follow from it.
#include "tufmirror/tuf/model.h"

#include <algorithm>
#include <array>

#include "absl/strings/match.h"
#include "fmt/format.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/hash.h"

namespace tufmirror::tuf {
namespace {

constexpr std::array kTopLevelRoles = {
    TopLevelRole::kRoot, TopLevelRole::kTimestamp, TopLevelRole::kSnapshot,
    TopLevelRole::kTargets};

bool IsUnreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
}

}  // namespace

std::string_view RoleName(TopLevelRole role) {
  switch (role) {
    case TopLevelRole::kRoot:
      return "root";
    case TopLevelRole::kTimestamp:
      return "timestamp";
    case TopLevelRole::kSnapshot:
      return "snapshot";
    case TopLevelRole::kTargets:
      return "targets";
  }
  return "";
}

bool IsTopLevelRoleName(std::string_view name) {
  return std::any_of(
      kTopLevelRoles.begin(), kTopLevelRoles.end(),
      [name](TopLevelRole role) { return RoleName(role) == name; });
}

const RoleKeys& Root::role(TopLevelRole which) const {
  switch (which) {
    case TopLevelRole::kTimestamp:
      return timestamp;
    case TopLevelRole::kSnapshot:
      return snapshot;
    case TopLevelRole::kTargets:
      return targets;
    case TopLevelRole::kRoot:
      break;
  }
  return root;
}

const MetaFile* Snapshot::Find(std::string_view role) const {
  const auto found =
      std::lower_bound(meta.begin(), meta.end(), role,
                       [](const auto& entry, std::string_view name) {
                         return entry.first < name;
                       });
  return found != meta.end() && found->first == role ? &found->second : nullptr;
}

const TargetFile* Targets::Find(std::string_view path) const {
  const auto found =
      std::lower_bound(targets.begin(), targets.end(), path,
                       [](const TargetFile& target, std::string_view name) {
                         return target.path < name;
                       });
  return found != targets.end() && found->path == path ? &*found : nullptr;
}

bool DelegatedRole::Matches(std::string_view path) const {
  if (const auto* patterns = std::get_if<PathPatterns>(&paths)) {
    return std::any_of(patterns->patterns.begin(), patterns->patterns.end(),
                       [path](const std::string& pattern) {
                         return MatchesPattern(pattern, path);
                       });
  }
  const std::string digest = crypto::Sha256Of(path).Hex();
  const auto& prefixes = std::get<PathHashPrefixes>(paths).prefixes;
  return std::any_of(prefixes.begin(), prefixes.end(),
                     [&digest](const std::string& prefix) {
                       return digest.starts_with(prefix);
                     });
}

std::string SuccinctRoles::BinName(uint64_t bin) const {
  return fmt::format("{}-{:0{}x}", name_prefix, bin, (bit_length + 3) / 4);
}

uint64_t SuccinctRoles::BinOf(std::string_view path) const {
  const auto digest = crypto::Sha256Of(path).bytes();
  const uint32_t head = uint32_t{digest[0]} << 24 | uint32_t{digest[1]} << 16 |
                        uint32_t{digest[2]} << 8 | uint32_t{digest[3]};
  return head >> (32 - bit_length);
}

std::string SuccinctRoles::BinNameOf(std::string_view path) const {
  return BinName(BinOf(path));
}

bool SuccinctRoles::IsBinName(std::string_view role) const {
  const size_t digits = static_cast<size_t>(bit_length + 3) / 4;
  if (role.size() != name_prefix.size() + 1 + digits) return false;
  if (!role.starts_with(name_prefix) || role[name_prefix.size()] != '-') {
    return false;
  }
  uint64_t bin = 0;
  for (const char c : role.substr(name_prefix.size() + 1)) {
    if (c >= '0' && c <= '9') {
      bin = bin << 4 | static_cast<uint64_t>(c - '0');
    } else if (c >= 'a' && c <= 'f') {
      bin = bin << 4 | static_cast<uint64_t>(c - 'a' + 10);
    } else {
      return false;
    }
  }
  return bin < bin_count();
}

std::string MetadataFileName(std::string_view role,
                             std::optional<int64_t> version) {
  std::string name = version ? fmt::format("{}.", *version) : std::string();
  for (const char c : role) {
    if (IsUnreserved(c)) {
      name += c;
    } else {
      name += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return name + ".json";
}

}  // namespace tufmirror::tuf
