// From JSON to the metadata model. Every field is checked here, so that what
// leaves this file needs no second look.
#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/json/canonical.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::tuf {
namespace {

using json::Value;

absl::Status Malformed(std::string_view message) {
  return MakeFailure(Failure::kMalformed, message);
}

absl::StatusOr<std::string> ParseString(const Value& object,
                                        std::string_view key) {
  ASSIGN_OR_RETURN(const Value value, object.Get(key, "metadata"));
  ASSIGN_OR_RETURN(const std::string_view text, value.AsString(key));
  return std::string(text);
}

absl::StatusOr<int64_t> ParseInteger(const Value& object, std::string_view key,
                                     int64_t minimum) {
  ASSIGN_OR_RETURN(const Value value, object.Get(key, "metadata"));
  ASSIGN_OR_RETURN(const int64_t number, value.AsInteger(key));
  if (number < minimum) {
    return Malformed(
        fmt::format("{}: expected at least {}, got {}", key, minimum, number));
  }
  return number;
}

// "1.0", "1.0.34": digits and dots, major version 1 (TUF 4.3).
absl::Status CheckSpecVersion(std::string_view text) {
  size_t parts = 0;
  size_t digits = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i == text.size() || text[i] == '.') {
      if (digits == 0) parts = 99;
      ++parts;
      digits = 0;
    } else if (text[i] >= '0' && text[i] <= '9') {
      ++digits;
    } else {
      parts = 99;
    }
  }
  if (parts != 2 && parts != 3) {
    return Malformed(
        fmt::format("spec_version: expected MAJOR.MINOR[.PATCH], got '{}'",
                    Printable(text, 40)));
  }
  if (!text.starts_with("1.")) {
    return Malformed(
        fmt::format("spec_version: expected major version 1, got '{}'",
                    Printable(text, 40)));
  }
  return absl::OkStatus();
}

absl::Status ParseCommon(const Value& signed_part, std::string_view type,
                         Common& common) {
  RETURN_IF_ERROR(signed_part.ExpectObject("signed"));
  ASSIGN_OR_RETURN(const std::string got, ParseString(signed_part, "_type"));
  if (got != type) {
    return Malformed(fmt::format("_type: expected '{}', got '{}'", type,
                                 Printable(got, 40)));
  }
  ASSIGN_OR_RETURN(common.spec_version,
                   ParseString(signed_part, "spec_version"));
  RETURN_IF_ERROR(CheckSpecVersion(common.spec_version));
  ASSIGN_OR_RETURN(common.version, ParseInteger(signed_part, "version", 1));
  ASSIGN_OR_RETURN(const std::string expires,
                   ParseString(signed_part, "expires"));
  ASSIGN_OR_RETURN(common.expires, ParseExpiry(expires));
  return absl::OkStatus();
}

// A key whose type or scheme is unknown is kept: it may be listed, it just
// never counts (TUF 4.2).
absl::StatusOr<Key> ParseKey(const Value& object) {
  RETURN_IF_ERROR(object.ExpectObject("key"));
  Key key;
  ASSIGN_OR_RETURN(key.keytype, ParseString(object, "keytype"));
  ASSIGN_OR_RETURN(key.scheme, ParseString(object, "scheme"));
  ASSIGN_OR_RETURN(const Value keyval, object.Get("keyval", "key"));
  RETURN_IF_ERROR(keyval.ExpectObject("keyval"));
  if (const auto value = keyval.Find("public");
      value && value->type() == json::Type::kString) {
    ASSIGN_OR_RETURN(const std::string_view text, value->AsString("public"));
    key.value = std::string(text);
  }
  return key;
}

absl::StatusOr<KeyMap> ParseKeys(const Value& parent) {
  ASSIGN_OR_RETURN(const Value keys, parent.Get("keys", "metadata"));
  RETURN_IF_ERROR(keys.ExpectObject("keys"));
  KeyMap map;
  RETURN_IF_ERROR(keys.ForEachMember(
      [&map](std::string_view keyid, const Value& value) -> absl::Status {
        ASSIGN_OR_RETURN(Key key, ParseKey(value));
        map.emplace(std::string(keyid), std::move(key));
        return absl::OkStatus();
      }));
  return map;
}

absl::StatusOr<RoleKeys> ParseUnnamedRoleKeys(const Value& object) {
  RETURN_IF_ERROR(object.ExpectObject("role"));
  RoleKeys role;
  ASSIGN_OR_RETURN(role.threshold, ParseInteger(object, "threshold", 1));
  ASSIGN_OR_RETURN(const Value keyids, object.Get("keyids", "role"));
  std::set<std::string_view> seen;
  RETURN_IF_ERROR(keyids.ExpectArray("keyids"));
  RETURN_IF_ERROR(
      keyids.ForEachElement([&](const Value& value) -> absl::Status {
        ASSIGN_OR_RETURN(const std::string_view keyid, value.AsString("keyid"));
        if (!seen.insert(keyid).second) {
          return Malformed(fmt::format("keyids: '{}' is listed twice",
                                       Printable(keyid, 80)));
        }
        role.keyids.emplace_back(keyid);
        return absl::OkStatus();
      }));
  return role;
}

// `role_name` is only for messages.
absl::StatusOr<RoleKeys> ParseRoleKeys(const Value& object,
                                       std::string_view role_name) {
  absl::StatusOr<RoleKeys> role = ParseUnnamedRoleKeys(object);
  if (role.ok()) return role;
  return Annotate(role.status(),
                  fmt::format("role '{}'", Printable(role_name, 80)));
}

absl::StatusOr<Digests> ParseHashes(const Value& hashes) {
  RETURN_IF_ERROR(hashes.ExpectObject("hashes"));
  Digests digests;
  RETURN_IF_ERROR(hashes.ForEachMember(
      [&](std::string_view algorithm, const Value& value) -> absl::Status {
        ASSIGN_OR_RETURN(const std::string_view hex, value.AsString("hash"));
        if (algorithm == "sha256") {
          ASSIGN_OR_RETURN(digests.sha256, Sha256::FromHex(hex));
        } else if (algorithm == "sha512") {
          ASSIGN_OR_RETURN(digests.sha512, Sha512::FromHex(hex));
        } else {
          digests.unsupported = Printable(algorithm, 40);
          if (digests.unsupported.empty()) digests.unsupported = "''";
        }
        return absl::OkStatus();
      }));
  if (digests.empty())
    return Malformed("hashes: expected at least one, got none");
  return digests;
}

absl::StatusOr<MetaFile> ParseMetaFile(const Value& object) {
  RETURN_IF_ERROR(object.ExpectObject("meta entry"));
  MetaFile meta;
  ASSIGN_OR_RETURN(meta.version, ParseInteger(object, "version", 1));
  if (object.Find("length")) {
    ASSIGN_OR_RETURN(const int64_t length, ParseInteger(object, "length", 0));
    meta.length = static_cast<uint64_t>(length);
  }
  if (const auto hashes = object.Find("hashes")) {
    ASSIGN_OR_RETURN(meta.digests, ParseHashes(*hashes));
  }
  return meta;
}

absl::StatusOr<TargetFile> ParseTargetFile(std::string_view path,
                                           const Value& object) {
  RETURN_IF_ERROR(object.ExpectObject("target"));
  TargetFile target;
  target.path = std::string(path);
  ASSIGN_OR_RETURN(const int64_t length, ParseInteger(object, "length", 0));
  target.content.length = static_cast<uint64_t>(length);
  ASSIGN_OR_RETURN(const Value hashes, object.Get("hashes", "target"));
  ASSIGN_OR_RETURN(target.content.digests, ParseHashes(hashes));
  if (const auto custom = object.Find("custom")) {
    ASSIGN_OR_RETURN(target.custom, json::Canonicalize(*custom));
  }
  return target;
}

absl::StatusOr<std::vector<std::string>> ParseStrings(const Value& array,
                                                      std::string_view what) {
  RETURN_IF_ERROR(array.ExpectArray(what));
  std::vector<std::string> strings;
  strings.reserve(array.size());
  RETURN_IF_ERROR(array.ForEachElement([&](const Value& value) -> absl::Status {
    ASSIGN_OR_RETURN(const std::string_view text, value.AsString(what));
    strings.emplace_back(text);
    return absl::OkStatus();
  }));
  return strings;
}

absl::Status CheckHashPrefix(std::string_view prefix) {
  const bool lower_hex = std::all_of(prefix.begin(), prefix.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
  if (lower_hex && prefix.size() <= 2 * Sha256::kSize) return absl::OkStatus();
  return Malformed(fmt::format(
      "path_hash_prefixes: expected lower-case hexadecimal, got '{}'",
      Printable(prefix, 80)));
}

absl::StatusOr<DelegatedRole> ParseDelegatedRole(const Value& object) {
  RETURN_IF_ERROR(object.ExpectObject("delegated role"));
  DelegatedRole role;
  ASSIGN_OR_RETURN(role.name, ParseString(object, "name"));
  if (role.name.empty() || IsTopLevelRoleName(role.name)) {
    return Malformed(fmt::format(
        "delegated role: expected a name that is not a top-level role's, got "
        "'{}'",
        role.name));
  }
  ASSIGN_OR_RETURN(role.keys, ParseRoleKeys(object, role.name));
  ASSIGN_OR_RETURN(const Value terminating,
                   object.Get("terminating", "delegated role"));
  ASSIGN_OR_RETURN(role.terminating, terminating.AsBool("terminating"));
  const auto paths = object.Find("paths");
  const auto prefixes = object.Find("path_hash_prefixes");
  if (paths.has_value() == prefixes.has_value()) {
    return Malformed(
        fmt::format("delegated role '{}': expected exactly one of paths and "
                    "path_hash_prefixes, got {}",
                    Printable(role.name, 80), paths ? "both" : "neither"));
  }
  if (paths) {
    ASSIGN_OR_RETURN(auto patterns, ParseStrings(*paths, "paths"));
    role.paths = PathPatterns{std::move(patterns)};
    return role;
  }
  ASSIGN_OR_RETURN(auto hashes, ParseStrings(*prefixes, "path_hash_prefixes"));
  for (const std::string& prefix : hashes) {
    RETURN_IF_ERROR(CheckHashPrefix(prefix));
  }
  role.paths = PathHashPrefixes{std::move(hashes)};
  return role;
}

absl::StatusOr<SuccinctRoles> ParseSuccinctRoles(const Value& object) {
  RETURN_IF_ERROR(object.ExpectObject("succinct_roles"));
  SuccinctRoles roles;
  ASSIGN_OR_RETURN(roles.name_prefix, ParseString(object, "name_prefix"));
  ASSIGN_OR_RETURN(roles.keys, ParseRoleKeys(object, roles.name_prefix));
  ASSIGN_OR_RETURN(const int64_t bits, ParseInteger(object, "bit_length", 1));
  if (bits > 32) {
    return Malformed(fmt::format("bit_length: expected 1 to 32, got {}", bits));
  }
  roles.bit_length = static_cast<int>(bits);
  return roles;
}

absl::StatusOr<std::vector<DelegatedRole>> ParseDelegatedRoles(
    const Value& array) {
  RETURN_IF_ERROR(array.ExpectArray("delegations.roles"));
  std::vector<DelegatedRole> roles;
  std::set<std::string> names;
  roles.reserve(array.size());
  RETURN_IF_ERROR(array.ForEachElement([&](const Value& value) -> absl::Status {
    ASSIGN_OR_RETURN(DelegatedRole role, ParseDelegatedRole(value));
    if (!names.insert(role.name).second) {
      return Malformed(fmt::format("delegated role '{}' is listed twice",
                                   Printable(role.name, 80)));
    }
    roles.push_back(std::move(role));
    return absl::OkStatus();
  }));
  return roles;
}

absl::StatusOr<Delegations> ParseDelegations(const Value& object) {
  RETURN_IF_ERROR(object.ExpectObject("delegations"));
  Delegations delegations;
  ASSIGN_OR_RETURN(delegations.keys, ParseKeys(object));
  const auto roles = object.Find("roles");
  const auto succinct = object.Find("succinct_roles");
  if (roles.has_value() == succinct.has_value()) {
    return Malformed(fmt::format(
        "delegations: expected exactly one of roles and succinct_roles, got {}",
        roles ? "both" : "neither"));
  }
  if (succinct) {
    ASSIGN_OR_RETURN(delegations.roles, ParseSuccinctRoles(*succinct));
  } else {
    ASSIGN_OR_RETURN(delegations.roles, ParseDelegatedRoles(*roles));
  }
  return delegations;
}

}  // namespace

absl::StatusOr<Root> ParseRoot(const Value& signed_part) {
  Root root;
  RETURN_IF_ERROR(ParseCommon(signed_part, "root", root));
  if (const auto consistent = signed_part.Find("consistent_snapshot")) {
    ASSIGN_OR_RETURN(root.consistent_snapshot,
                     consistent->AsBool("consistent_snapshot"));
  }
  ASSIGN_OR_RETURN(root.keys, ParseKeys(signed_part));
  ASSIGN_OR_RETURN(const Value roles, signed_part.Get("roles", "root"));
  RETURN_IF_ERROR(roles.ExpectObject("roles"));
  const std::pair<std::string_view, RoleKeys*> wanted[] = {
      {"root", &root.root},
      {"timestamp", &root.timestamp},
      {"snapshot", &root.snapshot},
      {"targets", &root.targets}};
  for (const auto& [name, role] : wanted) {
    ASSIGN_OR_RETURN(const Value value, roles.Get(name, "roles"));
    ASSIGN_OR_RETURN(*role, ParseRoleKeys(value, name));
  }
  return root;
}

absl::StatusOr<Timestamp> ParseTimestamp(const Value& signed_part) {
  Timestamp timestamp;
  RETURN_IF_ERROR(ParseCommon(signed_part, "timestamp", timestamp));
  ASSIGN_OR_RETURN(const Value meta, signed_part.Get("meta", "timestamp"));
  RETURN_IF_ERROR(meta.ExpectObject("meta"));
  ASSIGN_OR_RETURN(const Value snapshot, meta.Get("snapshot.json", "meta"));
  ASSIGN_OR_RETURN(timestamp.snapshot, ParseMetaFile(snapshot));
  return timestamp;
}

absl::StatusOr<Snapshot> ParseSnapshot(const Value& signed_part) {
  Snapshot snapshot;
  RETURN_IF_ERROR(ParseCommon(signed_part, "snapshot", snapshot));
  ASSIGN_OR_RETURN(const Value meta, signed_part.Get("meta", "snapshot"));
  RETURN_IF_ERROR(meta.ExpectObject("meta"));
  snapshot.meta.reserve(meta.size());
  RETURN_IF_ERROR(meta.ForEachMember(
      [&](std::string_view file, const Value& value) -> absl::Status {
        if (!file.ends_with(".json")) {
          return Malformed(
              fmt::format("snapshot meta: expected a name ending in .json, got "
                          "'{}'",
                          Printable(file, 80)));
        }
        ASSIGN_OR_RETURN(MetaFile entry, ParseMetaFile(value));
        file.remove_suffix(5);
        snapshot.meta.emplace_back(std::string(file), std::move(entry));
        return absl::OkStatus();
      }));
  std::sort(snapshot.meta.begin(), snapshot.meta.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  return snapshot;
}

absl::StatusOr<Targets> ParseTargets(const Value& signed_part) {
  Targets role;
  RETURN_IF_ERROR(ParseCommon(signed_part, "targets", role));
  ASSIGN_OR_RETURN(const Value targets, signed_part.Get("targets", "targets"));
  RETURN_IF_ERROR(targets.ExpectObject("targets"));
  role.targets.reserve(targets.size());
  RETURN_IF_ERROR(targets.ForEachMember(
      [&](std::string_view path, const Value& value) -> absl::Status {
        ASSIGN_OR_RETURN(TargetFile target, ParseTargetFile(path, value));
        role.targets.push_back(std::move(target));
        return absl::OkStatus();
      }));
  const auto by_path = [](const TargetFile& a, const TargetFile& b) {
    return a.path < b.path;
  };
  if (!std::is_sorted(role.targets.begin(), role.targets.end(), by_path)) {
    std::sort(role.targets.begin(), role.targets.end(), by_path);
  }
  if (const auto delegations = signed_part.Find("delegations")) {
    ASSIGN_OR_RETURN(role.delegations, ParseDelegations(*delegations));
  }
  return role;
}

}  // namespace tufmirror::tuf
