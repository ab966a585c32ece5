// A change of an origin's offline roles (root, targets, and what targets
// delegates to keys that are offline, such as bins), as one candidate that
// travels from key holder to key holder until it has the signatures that every
// client will ask for. Nothing here reads or writes a file.
//
// A candidate carries what is to be signed and what is trusted now, so that it
// can be judged on a machine without a network. A Candidate was checked
// completely: what is trusted now verifies from the first root on, each new
// role follows from it, has no member that is not shown by Differences, and
// every signature is good.
#ifndef TUFMIRROR_REPO_CEREMONY_H_
#define TUFMIRROR_REPO_CEREMONY_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tufmirror/repo/keys.h"
#include "tufmirror/tuf/model.h"
#include "tufmirror/tuf/verified.h"

namespace tufmirror::repo {

inline constexpr uint64_t kMaxCandidateBytes = uint64_t{64} << 20;

// Who holds a key: for people, signed with the role that names the key.
// Clients take it for an unknown field. No control characters, each at most
// kMaxHolderBytes long.
struct KeyHolder {
  std::string label;
  std::string contact;  // mail address, telephone number
  friend bool operator==(const KeyHolder&, const KeyHolder&) = default;
};
inline constexpr size_t kMaxHolderBytes = 200;
using KeyHolders = std::map<std::string, KeyHolder, std::less<>>;  // by keyid

// What an origin publishes of its offline roles, as it came from its tree. All
// empty: an origin that has yet to publish its first metadata.
struct OfflineMetadata {
  std::vector<tuf::RawMetadata> roots;  // every version, from 1 on
  std::optional<tuf::RawMetadata> targets;
  // Roles that targets delegates to keys that are offline.
  std::map<std::string, tuf::RawMetadata, std::less<>> delegated;
};

// The canonical form of the signed part of a metadata file, and signatures.
struct SignedDocument {
  std::string canonical;
  std::vector<tuf::Signature> signatures;

  tuf::RawMetadata Raw() const;
};

// A version of an offline role.
struct OfflineRole {
  std::string name;
  std::variant<tuf::Root, tuf::Targets> content;  // Root if it is "root"
  KeyHolders holders;  // of keys that this role names
  SignedDocument document;

  const tuf::Common& common() const;
  // Null if it is of the other kind.
  const tuf::Root* root() const { return std::get_if<tuf::Root>(&content); }
  const tuf::Targets* targets() const {
    return std::get_if<tuf::Targets>(&content);
  }
};

// A role as it is to be.
struct ProposedRole {
  std::string name;
  std::variant<tuf::Root, tuf::Targets> content;
  KeyHolders holders;
};

class Candidate {
 public:
  // A candidate without signatures. kUsage, kMalformed, kUnauthorised,
  // kVersion, kKey, ... if `proposed` cannot follow from `trusted`: a name that
  // nobody delegates, a version that is not the next, fewer usable keys than
  // their threshold.
  static absl::StatusOr<Candidate> Make(const OfflineMetadata& trusted,
                                        std::vector<ProposedRole> proposed,
                                        absl::Time created);
  // kTooLarge above kMaxCandidateBytes, kMalformed for what is no candidate,
  // otherwise as Make; kThreshold for a signature that is not good.
  static absl::StatusOr<Candidate> Parse(std::string_view text);
  std::string Serialize() const;

  // Names what is to be signed: equal for copies whatever their signatures.
  std::string id() const;
  absl::Time created() const { return created_; }
  // What is to be signed: root first, then targets, then what it delegates.
  const std::vector<OfflineRole>& roles() const { return roles_; }
  // What is trusted now; roots in order.
  const std::vector<OfflineRole>& trusted_roots() const { return roots_; }
  const std::vector<OfflineRole>& trusted() const { return trusted_; }

  // Null if it is not there. `Latest`: the new version, else the trusted one.
  const OfflineRole* New(std::string_view role) const;
  const OfflineRole* Trusted(std::string_view role) const;
  const OfflineRole* Latest(std::string_view role) const;

 private:
  friend struct CandidateAccess;
  Candidate() = default;

  absl::Time created_;
  std::vector<OfflineRole> roots_;
  std::vector<OfflineRole> trusted_;  // targets, and what it delegates
  std::vector<OfflineRole> roles_;
};

// One key that may sign a role, and whether it did.
struct SigningKey {
  std::string keyid;
  tuf::Key key;
  KeyHolder holder;
  bool has_signed = false;
};
// A set of keys whose threshold must be met.
struct Quorum {
  std::string named_by;  // "root version 3 (trusted now)"
  int64_t threshold = 1;
  std::vector<SigningKey> keys;
  int64_t good = 0;  // distinct keys that signed

  bool complete() const { return good >= threshold; }
};
// A new root needs two: the keys of the old and its own.
struct RoleSignatures {
  std::string role;
  std::vector<Quorum> quorums;

  bool complete() const;
};
std::vector<RoleSignatures> SignaturesOf(const Candidate& candidate);
bool IsComplete(const Candidate& candidate);

// Signs every role for which the key counts and gives their names. kKey if no
// role names the key (the message says which keys do), or it has signed all of
// them already; kExpired as CheckUnexpired.
absl::StatusOr<std::vector<std::string>> AddSignature(Candidate& candidate,
                                                      const Signer& signer,
                                                      absl::Time now);

// Takes over the signatures of another copy of the same candidate. kVersion if
// it is another candidate.
absl::Status Merge(Candidate& candidate, const Candidate& copy);

// kExpired if a new role is expired: no client would take it.
absl::Status CheckUnexpired(const Candidate& candidate, absl::Time now);

// Whether the candidate follows from the root that a key holder keeps: the
// trusted one, or an older one of the same chain. kThreshold if it is of
// another repository, kVersion if the holder knows a newer root.
absl::Status CheckFollowsFrom(const Candidate& candidate,
                              const tuf::RawMetadata& known_root);

// Whether an origin that publishes `current` may publish the candidate:
// kVersion if what it publishes is not what the candidate was made for, naming
// the role that has moved on; kThreshold if signatures are missing; otherwise
// what the product's own client would refuse the result with.
absl::Status CheckPublishable(const Candidate& candidate,
                              const OfflineMetadata& current, absl::Time now);
// True if all that the candidate has to be signed is what `current` says.
absl::StatusOr<bool> IsPublished(const Candidate& candidate,
                                 const OfflineMetadata& current);

// What changes in one role, for people.
struct RoleDifference {
  std::string role;
  int64_t from_version = 0;  // 0: it is new
  int64_t to_version = 0;
  std::vector<std::string> changes;
  std::vector<std::string> warnings;
  std::string at_stake;  // what is lost if it is wrong
};
std::vector<RoleDifference> Differences(const Candidate& candidate);

// "3f1c9a2b41d0 (Alice)": the first digits of a keyid, and its holder.
std::string KeyText(std::string_view keyid, const KeyHolder& holder);

}  // namespace tufmirror::repo

#endif  // TUFMIRROR_REPO_CEREMONY_H_
