// Keys are made before anything is signed and taken back if anything after that
// fails: until the first generation is live nobody has seen them.
#include "tufmirror/sync/init_origin.h"

#include <errno.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "sync/edition.h"
#include "sync/origin_check.h"
#include "sync/origin_state.h"
#include "sync/tree_status.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/client/metadata_fetcher.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/repo/root_pages.h"
#include "tufmirror/repo/tree_view.h"
#include "tufmirror/tree/home.h"
#include "tufmirror/tree/publisher.h"
#include "tufmirror/tree/retired.h"
#include "tufmirror/tree/staging.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::sync {
namespace {

absl::Status CheckSourceDirectory(const std::string& from) {
  struct stat status;
  if (stat(from.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) {
    return absl::OkStatus();
  }
  return MakeFailure(Failure::kUsage,
                     fmt::format("init origin: expected --from to name a "
                                 "directory of wheels and sdists, got {}",
                                 Printable(from, 1024)));
}

// Before anything is made there.
absl::Status CheckNoOrigin(const std::string& home) {
  const tree::Layout layout(home);
  ASSIGN_OR_RETURN(const auto config, fs::Stat(layout.config()));
  if (config) {
    return MakeFailure(
        Failure::kUsage,
        fmt::format("init origin {0}: it is a home already; 'tufmirror sync "
                    "{0}' publishes what its directory has",
                    Printable(home, 1024)));
  }
  ASSIGN_OR_RETURN(const auto generation, fs::Stat(layout.generation()));
  if (!generation) return absl::OkStatus();
  return MakeFailure(
      Failure::kUsage,
      fmt::format("init origin {0}: an earlier init was cut short after it had "
                  "published metadata, and before it wrote tufmirror.toml; "
                  "remove {0} and the keys that were made with it, then run "
                  "init again",
                  Printable(home, 1024)));
}

repo::GenesisOptions GenesisOptionsOf(
    const InitOriginOptions& options,
    const std::vector<tuf::TargetFile>& pages) {
  repo::GenesisOptions genesis;
  genesis.bin_bits = options.origin.bin_bits;
  genesis.root_threshold = options.root_threshold;
  genesis.online_threshold = options.online_threshold;
  genesis.profile = options.profile;
  genesis.claims = options.claims;
  genesis.policy = {options.origin.bin_expiry, options.origin.snapshot_expiry,
                    options.origin.timestamp_expiry};
  genesis.now = options.now;
  genesis.targets = pages;
  return genesis;
}

absl::Status CheckFirstGeneration(const std::string& tree_root, absl::Time now,
                                  const std::vector<tuf::TargetFile>& pages) {
  repo::ChangesByBin changes;
  for (const tuf::TargetFile& page : pages) {
    changes[page.path] = {{page.path, std::nullopt, page}};
  }
  return CheckStagedTree(tree_root, now, {{}, changes},
                         [](size_t) { return absl::OkStatus(); });
}

// Signs and publishes generation 1: an empty index.
absl::Status PublishFirstGeneration(const tree::Home& home,
                                    const InitOriginOptions& options,
                                    const repo::OriginKeys& keys) {
  ASSIGN_OR_RETURN(const auto publisher, tree::Publisher::Begin(home));
  ASSIGN_OR_RETURN(repo::RootPages root_pages, repo::RootPages::Create(home));
  ASSIGN_OR_RETURN(const std::vector<tuf::TargetFile> pages,
                   std::move(root_pages).Finish());
  tree::RetiredFiles retired;
  const PublishConfig config;
  Edition edition(home, config, options.now, Naming::kPrefixed, *publisher,
                  retired);
  for (const tuf::TargetFile& page : pages) {
    ASSIGN_OR_RETURN(const TargetPath path, tree::TreePathOfTarget(page.path));
    RETURN_IF_ERROR(edition.ChangeTarget(path, std::nullopt, page.content));
  }
  RETURN_IF_ERROR(repo::MakeGenesis(
      GenesisOptionsOf(options, pages), keys,
      [&edition](std::string_view role, std::optional<int64_t> version,
                 std::string_view bytes) {
        return edition.PutRole(role, version, bytes);
      }));
  RETURN_IF_ERROR(
      edition.PutBytes("last-modified", LastModifiedText(options.now)));
  RETURN_IF_ERROR(publisher->Stage());
  RETURN_IF_ERROR(
      CheckFirstGeneration(publisher->standby_root(), options.now, pages));

  OriginState state;
  state.highest_version = 1;
  RETURN_IF_ERROR(SaveOriginState(home.layout(), state));
  tree::GenerationInfo info;
  info.number = 1;
  info.published = options.now;
  info.targets = pages.size();
  for (const tuf::TargetFile& page : pages) {
    info.target_bytes += page.content.length;
  }
  info.timestamp_version = 1;
  info.earliest_expiry =
      options.now +
      std::min(options.origin.snapshot_expiry, options.origin.timestamp_expiry);
  RETURN_IF_ERROR(publisher->Commit(info));
  return tree::StagingArea(home).Clear();
}

}  // namespace

std::string DefaultKeyDirectory(const std::string& home) {
  return home + "/keys";
}

std::vector<std::string> OnlineKeyPaths(const std::string& key_dir,
                                        int online_keys) {
  return repo::KeyFiles::In(key_dir, 1, online_keys).online;
}

namespace {

// What `verify` holds the served tree against.
absl::Status KeepTrustedRoot(const tree::Layout& layout,
                             const std::string& root) {
  ASSIGN_OR_RETURN(const std::string bytes,
                   fs::ReadFile(root, client::kMaxRootBytes));
  return fs::WriteFileAtomically(layout.trusted_root(), bytes,
                                 tree::kPrivateFileMode,
                                 fs::Durability::kFsync);
}

}  // namespace

absl::StatusOr<InitOriginResult> InitOrigin(const InitOriginOptions& options,
                                            const crypto::Secret& passphrase) {
  if (!options.from.empty()) {
    RETURN_IF_ERROR(CheckSourceDirectory(options.from));
  }
  RETURN_IF_ERROR(repo::CheckGenesis(GenesisOptionsOf(options, {}),
                                     options.root_keys, options.online_keys));
  RETURN_IF_ERROR(CheckNoOrigin(options.home));
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
      repo::OriginKeys::Generate(options.root_keys, options.online_keys));
  ASSIGN_OR_RETURN(result.keys, repo::WriteKeyFiles(keys, key_dir, passphrase));
  absl::Status published = PublishFirstGeneration(home, options, keys);
  if (published.ok()) published = KeepTrustedRoot(home.layout(), result.root);
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
