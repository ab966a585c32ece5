// Keys are made before anything is signed and taken back if anything after that
// fails: until the first generation is live nobody has seen them.
#include "tufmirror/sync/init_origin.h"

#include <algorithm>
#include <utility>

#include "sync/init_steps.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/client/metadata_fetcher.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/tree/home.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::sync {
namespace {

absl::Status SignAndPublish(const tree::Home& home,
                            const InitOriginOptions& options,
                            const repo::OriginKeys& keys) {
  return PublishFirstGeneration(
      home, PublishConfig(), options.now,
      [&](const std::vector<tuf::TargetFile>& pages,
          repo::WriteRole write) -> absl::StatusOr<absl::Time> {
        RETURN_IF_ERROR(
            repo::MakeGenesis(GenesisOptionsOf(options, pages), keys, write));
        return options.now + std::min(options.origin.snapshot_expiry,
                                      options.origin.timestamp_expiry);
      });
}

absl::Status KeepPublishedRoot(const tree::Layout& layout,
                               const std::string& root) {
  ASSIGN_OR_RETURN(const std::string bytes,
                   fs::ReadFile(root, client::kMaxRootBytes));
  return KeepTrustedRoot(layout, bytes);
}

}  // namespace

std::string DefaultKeyDirectory(const std::string& home) {
  return home + "/keys";
}

std::vector<std::string> OnlineKeyPaths(const std::string& key_dir,
                                        int online_keys) {
  return repo::KeyFiles::In(key_dir, 1, online_keys).online;
}

absl::StatusOr<InitOriginResult> InitOrigin(const InitOriginOptions& options,
                                            const crypto::Secret& passphrase) {
  RETURN_IF_ERROR(repo::CheckGenesis(GenesisOptionsOf(options, {}),
                                     options.root_keys, options.online_keys));
  RETURN_IF_ERROR(CheckNewOrigin(options));
  ASSIGN_OR_RETURN(const tree::Home home, tree::Home::Create(options.home));
  ASSIGN_OR_RETURN(const auto lock, home.Lock("init"));

  InitOriginResult result;
  result.home = home.layout().home();
  result.root = home.layout().live() + "/" + tree::MetadataPath("root", 1);
  const std::string key_dir = options.key_dir.empty()
                                  ? DefaultKeyDirectory(result.home)
                                  : options.key_dir;
  ASSIGN_OR_RETURN(
      const repo::OriginKeys keys,
      repo::OriginKeys::Generate(options.root_keys, options.online_keys,
                                 options.online_algorithm));
  ASSIGN_OR_RETURN(result.keys, repo::WriteKeyFiles(keys, key_dir, passphrase));
  absl::Status published = SignAndPublish(home, options, keys);
  if (published.ok()) published = KeepPublishedRoot(home.layout(), result.root);
  if (published.ok()) {
    published =
        fs::WriteFileAtomically(home.layout().config(), options.config_text,
                                tree::kPrivateFileMode, fs::Durability::kFsync);
  }
  if (published.ok()) return result;
  // The first error is the one to tell.
  (void)repo::RemoveKeyFiles(result.keys);
  return published;
}

}  // namespace tufmirror::sync
