// Nothing is served before it was verified: generation 1 too.
#include "sync/init_steps.h"

#include <sys/stat.h>

#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "fmt/format.h"
#include "sync/edition.h"
#include "sync/origin_check.h"
#include "sync/origin_state.h"
#include "sync/tree_status.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/repo/root_pages.h"
#include "tufmirror/tree/publisher.h"
#include "tufmirror/tree/retired.h"
#include "tufmirror/tree/staging.h"

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
  ASSIGN_OR_RETURN(const auto generation, fs::Stat(layout.generation()));
  if (config && !generation) {
    return MakeFailure(
        Failure::kUsage,
        fmt::format("init origin {0}: it is a home already, and nothing is "
                    "published yet: 'tufmirror ceremony publish {0}' does that "
                    "once the holders have signed; if their candidate is lost "
                    "or aborted, remove {0} and the keys made with it, then "
                    "run init again",
                    Printable(home, 1024)));
  }
  if (config) {
    return MakeFailure(
        Failure::kUsage,
        fmt::format("init origin {0}: it is a home already; 'tufmirror sync "
                    "{0}' publishes what its directory has",
                    Printable(home, 1024)));
  }
  if (!generation) return absl::OkStatus();
  return MakeFailure(
      Failure::kUsage,
      fmt::format("init origin {0}: an earlier init was cut short after it had "
                  "published metadata, and before it wrote tufmirror.toml; "
                  "remove {0} and the keys that were made with it, then run "
                  "init again",
                  Printable(home, 1024)));
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

}  // namespace

absl::Status CheckNewOrigin(const InitOriginOptions& options) {
  if (!options.from.empty()) {
    RETURN_IF_ERROR(CheckSourceDirectory(options.from));
  }
  return CheckNoOrigin(options.home);
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

absl::Status PublishFirstGeneration(const tree::Home& home,
                                    const PublishConfig& config, absl::Time now,
                                    SignFirst sign) {
  ASSIGN_OR_RETURN(const auto publisher, tree::Publisher::Begin(home));
  ASSIGN_OR_RETURN(repo::RootPages root_pages, repo::RootPages::Create(home));
  ASSIGN_OR_RETURN(const std::vector<tuf::TargetFile> pages,
                   std::move(root_pages).Finish());
  tree::RetiredFiles retired;
  Edition edition(home, config, now, Naming::kPrefixed, *publisher, retired);
  for (const tuf::TargetFile& page : pages) {
    ASSIGN_OR_RETURN(const TargetPath path, tree::TreePathOfTarget(page.path));
    RETURN_IF_ERROR(edition.ChangeTarget(path, std::nullopt, page.content));
  }
  ASSIGN_OR_RETURN(const absl::Time earliest_expiry,
                   sign(pages, [&edition](std::string_view role,
                                          std::optional<int64_t> version,
                                          std::string_view bytes) {
                     return edition.PutRole(role, version, bytes);
                   }));
  RETURN_IF_ERROR(edition.PutBytes("last-modified", LastModifiedText(now)));
  RETURN_IF_ERROR(publisher->Stage());
  RETURN_IF_ERROR(CheckFirstGeneration(publisher->standby_root(), now, pages));

  OriginState state;
  state.highest_version = 1;
  RETURN_IF_ERROR(SaveOriginState(home.layout(), state));
  tree::GenerationInfo info;
  info.number = 1;
  info.published = now;
  info.targets = pages.size();
  for (const tuf::TargetFile& page : pages) {
    info.target_bytes += page.content.length;
  }
  info.timestamp_version = 1;
  info.earliest_expiry = earliest_expiry;
  RETURN_IF_ERROR(publisher->Commit(info));
  return tree::StagingArea(home).Clear();
}

absl::Status KeepTrustedRoot(const tree::Layout& layout,
                             std::string_view bytes) {
  return fs::WriteFileAtomically(layout.trusted_root(), bytes,
                                 tree::kPrivateFileMode,
                                 fs::Durability::kFsync);
}

}  // namespace tufmirror::sync
