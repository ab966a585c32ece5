// Nothing is published here: what is made can be thrown away until the holders
// have signed and somebody publishes it.
#include "tufmirror/sync/ceremony_init.h"

#include <utility>

#include "fmt/format.h"
#include "sync/ceremony_tree.h"
#include "sync/init_steps.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/repo/claim_roles.h"
#include "tufmirror/repo/genesis.h"
#include "tufmirror/repo/keys.h"
#include "tufmirror/tree/home.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::sync {
namespace {

// The keys that nobody holds yet, and where their files go.
struct NewKeys {
  std::vector<repo::Signer> online;
  std::optional<repo::Signer> targets;
  std::optional<repo::Signer> bins;

  static absl::StatusOr<NewKeys> Generate(const CeremonyInitOptions& options) {
    NewKeys keys;
    for (int i = 0; i < options.init.online_keys; ++i) {
      ASSIGN_OR_RETURN(repo::Signer signer, repo::Signer::Generate());
      keys.online.push_back(std::move(signer));
    }
    if (!options.targets) {
      ASSIGN_OR_RETURN(keys.targets, repo::Signer::Generate());
    }
    if (!options.bins) {
      ASSIGN_OR_RETURN(keys.bins, repo::Signer::Generate());
    }
    return keys;
  }

  repo::OriginPublicKeys Public(const CeremonyInitOptions& options) const {
    repo::OriginPublicKeys keys;
    keys.root = options.root;
    keys.targets = targets ? targets->key() : *options.targets;
    keys.bins = bins ? bins->key() : *options.bins;
    for (const repo::Signer& signer : online)
      keys.online.push_back(signer.key());
    return keys;
  }

  std::vector<repo::KeyToWrite> Files(const repo::KeyFiles& names) const {
    std::vector<repo::KeyToWrite> files;
    if (targets) files.push_back({names.targets, &*targets});
    if (bins) files.push_back({names.bins, &*bins});
    for (size_t i = 0; i < online.size(); ++i) {
      files.push_back({names.online[i], &online[i]});
    }
    return files;
  }
};

repo::KeyHolders HoldersAmong(const repo::KeyHolders& holders,
                              const tuf::KeyMap& keys) {
  repo::KeyHolders named;
  for (const auto& [keyid, holder] : holders) {
    if (keys.contains(keyid)) named.emplace(keyid, holder);
  }
  return named;
}

absl::StatusOr<repo::Candidate> MakeCandidate(
    const CeremonyInitOptions& options, const NewKeys& keys) {
  ASSIGN_OR_RETURN(repo::GenesisRoles made,
                   repo::MakeOfflineRoles(GenesisOptionsOf(options.init, {}),
                                          keys.Public(options)));
  repo::KeyHolders of_root = HoldersAmong(options.holders, made.root.keys);
  repo::KeyHolders of_targets =
      HoldersAmong(options.holders, made.targets.delegations->keys);
  std::vector<repo::ProposedRole> roles;
  if (options.init.claims) {
    tuf::Targets claimed;
    claimed.expires = made.targets.expires;
    roles.push_back({std::string(repo::kClaimedRole), claimed, {}});
  }
  roles.push_back({"root", std::move(made.root), std::move(of_root)});
  roles.push_back({"targets", std::move(made.targets), std::move(of_targets)});
  roles.push_back({std::string(repo::kBinsRole), std::move(made.bins), {}});
  ASSIGN_OR_RETURN(
      repo::Candidate candidate,
      repo::Candidate::Make({}, std::move(roles), options.init.now));
  for (const auto* signer : {&keys.targets, &keys.bins}) {
    if (!*signer) continue;
    RETURN_IF_ERROR(
        repo::AddSignature(candidate, **signer, options.init.now).status());
  }
  return candidate;
}

// The configuration comes last: it is what makes a home of it.
absl::Status WriteAll(const CeremonyInitOptions& options,
                      const tree::Home& home,
                      const repo::Candidate& candidate) {
  RETURN_IF_ERROR(WriteNewCandidate(options.candidate, candidate));
  RETURN_IF_ERROR(
      NoteOpenCeremony(home.layout(), candidate, options.candidate));
  return fs::WriteFileAtomically(
      home.layout().config(), options.init.config_text, tree::kPrivateFileMode,
      fs::Durability::kFsync);
}

}  // namespace

absl::StatusOr<CeremonyInitResult> InitOriginCeremony(
    const CeremonyInitOptions& options, const crypto::Secret& passphrase) {
  RETURN_IF_ERROR(CheckNewOrigin(options.init));
  ASSIGN_OR_RETURN(const NewKeys keys, NewKeys::Generate(options));
  ASSIGN_OR_RETURN(repo::Candidate candidate, MakeCandidate(options, keys));
  ASSIGN_OR_RETURN(const tree::Home home,
                   tree::Home::Create(options.init.home));
  ASSIGN_OR_RETURN(const auto lock, home.Lock("init"));
  const std::string key_dir = options.init.key_dir.empty()
                                  ? DefaultKeyDirectory(home.layout().home())
                                  : options.init.key_dir;
  const repo::KeyFiles names =
      repo::KeyFiles::In(key_dir, 1, options.init.online_keys);
  const std::vector<repo::KeyToWrite> files = keys.Files(names);
  RETURN_IF_ERROR(repo::WriteKeys(files, key_dir, passphrase));
  if (const absl::Status written = WriteAll(options, home, candidate);
      !written.ok()) {
    // The first error is the one to tell.
    (void)repo::RemoveKeys(files, key_dir);
    return written;
  }
  CeremonyInitResult result{
      home.layout().home(), {}, names.online, std::move(candidate)};
  if (keys.targets) result.offline_keys.push_back(names.targets);
  if (keys.bins) result.offline_keys.push_back(names.bins);
  return result;
}

}  // namespace tufmirror::sync
