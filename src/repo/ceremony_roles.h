// Offline roles as documents and back: the model, the words on key holders
// beside it, and the one form in which both are signed.
#ifndef TUFMIRROR_SRC_REPO_CEREMONY_ROLES_H_
#define TUFMIRROR_SRC_REPO_CEREMONY_ROLES_H_

#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "tufmirror/json/document.h"
#include "tufmirror/repo/ceremony.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::repo {

inline constexpr std::string_view kRootRole = "root";
inline constexpr std::string_view kTargetsRole = "targets";

// The member of "signed" that says who holds keys.
inline constexpr std::string_view kHoldersMember = "x-tufmirror-holders";

absl::Status CheckHolder(const KeyHolder& holder);

// The role as it is to be signed.
std::string CanonicalRole(const ProposedRole& role);

// From a metadata file taken apart; kMalformed naming `name`.
absl::StatusOr<SignedDocument> ReadDocument(const json::Value& metadata,
                                            std::string_view name);
absl::StatusOr<SignedDocument> ReadDocument(const tuf::RawMetadata& raw,
                                            std::string_view name);
// The role that the document says, signatures not looked at.
absl::StatusOr<OfflineRole> ReadRole(std::string name, SignedDocument document);

// Everyone who may sign a role, as its delegator has it; null pointers if the
// delegator names no such role.
struct NamedKeys {
  const tuf::KeyMap* keys = nullptr;
  const tuf::RoleKeys* role = nullptr;
};
NamedKeys KeysNamedBy(const OfflineRole& delegator, std::string_view role);
// Keyids of all roles that `role` names.
std::set<std::string, std::less<>> AllNamed(const OfflineRole& role);
// What `role` calls the keys: an empty holder for one that it does not know.
KeyHolder HolderOf(const OfflineRole& role, std::string_view keyid);

}  // namespace tufmirror::repo

#endif  // TUFMIRROR_SRC_REPO_CEREMONY_ROLES_H_
