// The TUF metadata model (TUF 4): plain values, parsed from and written to
// canonical JSON. Parsing checks shapes and rules; it does not verify
// signatures, which only tuf::Verify* does.
#ifndef TUFMIRROR_TUF_MODEL_H_
#define TUFMIRROR_TUF_MODEL_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/base/digest.h"
#include "tufmirror/json/document.h"

namespace tufmirror::tuf {

inline constexpr std::string_view kSpecVersion = "1.0.34";

enum class TopLevelRole { kRoot, kTimestamp, kSnapshot, kTargets };
std::string_view RoleName(TopLevelRole role);  // "root", ...
bool IsTopLevelRoleName(std::string_view name);

// A public key as metadata declares it. The keyid is opaque (TAP 12).
struct Key {
  std::string keytype;
  std::string scheme;
  std::string value;  // keyval.public: hexadecimal for ed25519, else PEM

  // SHA-256 of the canonical form of this key object: the customary keyid.
  std::string ComputeKeyId() const;
  friend bool operator==(const Key&, const Key&) = default;
};
using KeyMap = std::map<std::string, Key, std::less<>>;  // by keyid

// Who may sign a role: unique keyids, threshold of at least 1.
struct RoleKeys {
  std::vector<std::string> keyids;
  int64_t threshold = 1;
  friend bool operator==(const RoleKeys&, const RoleKeys&) = default;
};

// Fields that every role has. Versions are at least 1.
struct Common {
  int64_t version = 1;
  absl::Time expires = absl::InfinitePast();
  std::string spec_version = std::string(kSpecVersion);
  friend bool operator==(const Common&, const Common&) = default;
};

struct Root : Common {
  bool consistent_snapshot = false;
  KeyMap keys;
  RoleKeys root, timestamp, snapshot, targets;
  const RoleKeys& role(TopLevelRole which) const;
};

// What timestamp and snapshot say of another metadata file. Without `length`
// the caller's own limit applies; without digests only the version binds.
struct MetaFile {
  int64_t version = 1;
  std::optional<uint64_t> length;  // bytes
  Digests digests;
  friend bool operator==(const MetaFile&, const MetaFile&) = default;
};

struct Timestamp : Common {
  MetaFile snapshot;
};

struct Snapshot : Common {
  // By role name ("targets", "bin-00ff"), sorted, unique; the ".json" of the
  // file format is not part of it.
  std::vector<std::pair<std::string, MetaFile>> meta;
  // nullptr if the snapshot does not list `role`.
  const MetaFile* Find(std::string_view role) const;
};

// One target. `path` is as the metadata has it; make a TargetPath of it before
// any use as a file name.
struct TargetFile {
  std::string path;
  ExpectedContent content;
  std::string custom;  // canonical JSON of "custom"; empty if absent
  friend bool operator==(const TargetFile&, const TargetFile&) = default;
};

struct PathPatterns {
  std::vector<std::string> patterns;  // '*' and '?' never match '/'
  friend bool operator==(const PathPatterns&, const PathPatterns&) = default;
};
// True if `path` matches `pattern`: '*' is any run of characters but '/', '?'
// one character but '/', everything else itself. Case-sensitive. Time is at
// most the product of the two lengths; patterns and paths over 4096 bytes
// never match.
bool MatchesPattern(std::string_view pattern, std::string_view path);

struct PathHashPrefixes {
  std::vector<std::string> prefixes;  // lower-case hex of SHA-256 of the path
  friend bool operator==(const PathHashPrefixes&,
                         const PathHashPrefixes&) = default;
};
struct DelegatedRole {
  std::string name;
  RoleKeys keys;
  bool terminating = false;
  std::variant<PathPatterns, PathHashPrefixes> paths;
  // True if this delegation covers the target `path` (TUF 4.5.1).
  bool Matches(std::string_view path) const;
  friend bool operator==(const DelegatedRole&, const DelegatedRole&) = default;
};
// TAP 15: 2^bit_length bins named "<name_prefix>-<hex>".
struct SuccinctRoles {
  RoleKeys keys;
  int bit_length = 1;  // 1..32
  std::string name_prefix;

  uint64_t bin_count() const { return uint64_t{1} << bit_length; }
  std::string BinName(uint64_t bin) const;
  uint64_t BinOf(std::string_view path) const;
  std::string BinNameOf(std::string_view path) const;
  // True if `role` is the name of one of the bins.
  bool IsBinName(std::string_view role) const;
  friend bool operator==(const SuccinctRoles&, const SuccinctRoles&) = default;
};
struct Delegations {
  KeyMap keys;
  std::variant<std::vector<DelegatedRole>, SuccinctRoles> roles;
  friend bool operator==(const Delegations&, const Delegations&) = default;
};

struct Targets : Common {
  std::vector<TargetFile> targets;  // sorted by path, unique
  std::optional<Delegations> delegations;
  // nullptr if this role does not list `path`.
  const TargetFile* Find(std::string_view path) const;
};

// From the "signed" object of a metadata file; kMalformed naming the field.
// "_type" must be the expected one, spec_version's major version 1.
absl::StatusOr<Root> ParseRoot(const json::Value& signed_part);
absl::StatusOr<Timestamp> ParseTimestamp(const json::Value& signed_part);
absl::StatusOr<Snapshot> ParseSnapshot(const json::Value& signed_part);
absl::StatusOr<Targets> ParseTargets(const json::Value& signed_part);

// The canonical form of the "signed" object, for signing and for writing.
std::string CanonicalForm(const Root& root);
std::string CanonicalForm(const Timestamp& timestamp);
std::string CanonicalForm(const Snapshot& snapshot);
std::string CanonicalForm(const Targets& targets);

struct Signature {
  std::string keyid;
  std::string value;  // raw bytes; hexadecimal in the file
};
// The bytes of a metadata file, {"signatures":[...],"signed":...}: the
// canonical form, with control characters escaped so that it is JSON.
std::string WriteMetadata(std::string_view canonical_signed,
                          const std::vector<Signature>& signatures);

// "2026-11-21T12:00:00Z" exactly; kMalformed otherwise.
absl::StatusOr<absl::Time> ParseExpiry(std::string_view text);
std::string FormatExpiry(absl::Time time);

// File name of a metadata file (TUF 5, 6.2): "7.bin-00ff.json", "root.json".
// The role name is percent-encoded, '/' too. `version` nullopt: unprefixed.
std::string MetadataFileName(std::string_view role,
                             std::optional<int64_t> version);

}  // namespace tufmirror::tuf

#endif  // TUFMIRROR_TUF_MODEL_H_
