#include "cli/key_uses.h"

#include <sys/stat.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/time/time.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/client/repository_view.h"
#include "tufmirror/crypto/public_key.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/json/document.h"
#include "tufmirror/repo/genesis.h"
#include "tufmirror/repo/tree_view.h"
#include "tufmirror/tree/home.h"

namespace tufmirror::cli {
namespace {

constexpr uint64_t kMaxRoleFileBytes = uint64_t{64} << 20;

// Gathers the roles of one delegating role after the other.
class UsesFound {
 public:
  static absl::StatusOr<UsesFound> Of(const tuf::Key& key) {
    ASSIGN_OR_RETURN(
        const crypto::PublicKey wanted,
        crypto::PublicKey::Create(key.keytype, key.scheme, key.value));
    return UsesFound(wanted);
  }

  void Add(std::string_view role, const tuf::RoleKeys& keys,
           const tuf::KeyMap& declared) {
    const bool named = std::any_of(
        keys.keyids.begin(), keys.keyids.end(), [&](const std::string& keyid) {
          const auto found = declared.find(keyid);
          return found != declared.end() && IsWanted(found->second);
        });
    if (named) {
      uses_.push_back({std::string(role), keys.threshold, keys.keyids.size()});
    }
  }

  void AddRoot(const tuf::Root& root) {
    for (const tuf::TopLevelRole role :
         {tuf::TopLevelRole::kRoot, tuf::TopLevelRole::kTargets,
          tuf::TopLevelRole::kSnapshot, tuf::TopLevelRole::kTimestamp}) {
      Add(tuf::RoleName(role), root.role(role), root.keys);
    }
  }

  void AddDelegations(const tuf::Targets& targets) {
    if (!targets.delegations) return;
    const tuf::KeyMap& declared = targets.delegations->keys;
    if (const auto* bins =
            std::get_if<tuf::SuccinctRoles>(&targets.delegations->roles)) {
      return Add(bins->name_prefix + "-*", bins->keys, declared);
    }
    const tuf::DelegatedRole* previous = nullptr;
    for (const tuf::DelegatedRole& role :
         std::get<std::vector<tuf::DelegatedRole>>(
             targets.delegations->roles)) {
      const bool bin =
          std::holds_alternative<tuf::PathHashPrefixes>(role.paths);
      if (bin && previous != nullptr && previous->keys == role.keys) continue;
      Add(bin ? std::string(repo::kBinPrefix) + "-*" : role.name, role.keys,
          declared);
      if (bin) previous = &role;
    }
  }

  std::vector<KeyUse> Take() && { return std::move(uses_); }

 private:
  explicit UsesFound(crypto::PublicKey wanted) : wanted_(std::move(wanted)) {}

  bool IsWanted(const tuf::Key& declared) const {
    const auto key = crypto::PublicKey::Create(declared.keytype,
                                               declared.scheme, declared.value);
    return key.ok() && key->fingerprint() == wanted_.fingerprint();
  }

  crypto::PublicKey wanted_;
  std::vector<KeyUse> uses_;
};

absl::Status AddUsesInHome(const std::string& path, UsesFound& uses) {
  ASSIGN_OR_RETURN(const tree::Home home, tree::Home::Open(path));
  // Expired or not: the question is who may sign.
  ASSIGN_OR_RETURN(
      client::RepositoryView view,
      repo::OpenTreeView(home.layout().live(), absl::InfinitePast()));
  uses.AddRoot(*view.trusted().root());
  uses.AddDelegations(**view.top());
  return view.WalkDelegations(
      [&](const client::RepositoryView::Delegation& delegation)
          -> absl::StatusOr<client::RepositoryView::Descend> {
        using Descend = client::RepositoryView::Descend;
        const bool from_top = delegation.delegator_name == "targets";
        if (!from_top || !delegation.listed) return Descend::kSkip;
        ASSIGN_OR_RETURN(const tuf::RolePtr role,
                         view.Load(delegation.role, delegation.delegator_name,
                                   delegation.delegator));
        uses.AddDelegations(**role);
        return Descend::kSkip;
      });
}

absl::Status AddUsesInFile(const std::string& path, UsesFound& uses) {
  ASSIGN_OR_RETURN(const std::string bytes,
                   fs::ReadFile(path, kMaxRoleFileBytes));
  ASSIGN_OR_RETURN(const json::Document document, json::Document::Parse(bytes));
  ASSIGN_OR_RETURN(const json::Value signed_part,
                   document.root().Get("signed", "metadata"));
  ASSIGN_OR_RETURN(const json::Value type, signed_part.Get("_type", "signed"));
  ASSIGN_OR_RETURN(const std::string_view name, type.AsString("_type"));
  if (name == "root") {
    ASSIGN_OR_RETURN(const tuf::Root root, tuf::ParseRoot(signed_part));
    uses.AddRoot(root);
    return absl::OkStatus();
  }
  if (name == "targets") {
    ASSIGN_OR_RETURN(const tuf::Targets role, tuf::ParseTargets(signed_part));
    uses.AddDelegations(role);
    return absl::OkStatus();
  }
  return MakeFailure(
      Failure::kUnsupported,
      fmt::format("expected root or targets metadata, which name "
                  "keys, got '{}'",
                  Printable(name, 80)));
}

}  // namespace

absl::StatusOr<std::vector<KeyUse>> UsesOfKey(const tuf::Key& key,
                                              const std::string& place) {
  ASSIGN_OR_RETURN(UsesFound uses, UsesFound::Of(key));
  ASSIGN_OR_RETURN(const auto info, fs::Stat(place));
  const bool home = info && S_ISDIR(info->mode);
  RETURN_IF_ERROR(
      Annotate(home ? AddUsesInHome(place, uses) : AddUsesInFile(place, uses),
               Printable(place)));
  return std::move(uses).Take();
}

}  // namespace tufmirror::cli
