// A ceremony's publication: the same order of durable writes as a run's, see
// origin_session_publish.cc. No target changes.
#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "sync/ceremony_tree.h"
#include "sync/edition.h"
#include "sync/init_steps.h"
#include "sync/online_signers.h"
#include "sync/origin_state.h"
#include "sync/tree_status.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/client/metadata_fetcher.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/repo/ceremony_online.h"
#include "tufmirror/repo/tree_view.h"
#include "tufmirror/sync/ceremony.h"
#include "tufmirror/tree/layout.h"
#include "tufmirror/tree/publisher.h"
#include "tufmirror/tree/retired.h"
#include "tufmirror/tree/staging.h"
#include "tufmirror/tuf/trusted_metadata_set.h"

namespace tufmirror::sync {
namespace {

absl::StatusOr<tuf::RawMetadata> ReadFrom(const std::string& tree,
                                          std::string_view role,
                                          std::optional<int64_t> version) {
  ASSIGN_OR_RETURN(std::string bytes,
                   fs::ReadFile(tree + "/" + tree::MetadataPath(role, version),
                                client::MetadataLimits().ForRole(role)));
  return tuf::RawMetadata{std::move(bytes)};
}

// 0 if that tree cannot be read.
int64_t TimestampVersionOf(const std::string& tree) {
  const auto view = repo::OpenTreeView(tree, absl::InfinitePast());
  return view.ok() ? (*view->trusted().timestamp())->version : 0;
}

// The client's way from what it has of `old_tree` to the tree at `tree`: its
// local timestamp and snapshot protect it from going back, so a version that
// went down shows here.
absl::Status CheckAsReturningClient(const std::string& old_tree,
                                    const tuf::TrustedMetadataSet& old,
                                    const std::string& tree,
                                    int64_t root_version, absl::Time now) {
  ASSIGN_OR_RETURN(const auto trusted_root,
                   ReadFrom(old_tree, "root", old.root()->version));
  ASSIGN_OR_RETURN(auto set,
                   tuf::TrustedMetadataSet::Create(trusted_root, now));
  for (int64_t v = old.root()->version + 1; v <= root_version; ++v) {
    ASSIGN_OR_RETURN(const auto root, ReadFrom(tree, "root", v));
    RETURN_IF_ERROR(set.UpdateRoot(root));
  }
  ASSIGN_OR_RETURN(const auto old_timestamp,
                   ReadFrom(old_tree, "timestamp", std::nullopt));
  // Of no use once its key is another; so for the snapshot.
  (void)set.LoadLocalTimestamp(old_timestamp);
  ASSIGN_OR_RETURN(const auto timestamp,
                   ReadFrom(tree, "timestamp", std::nullopt));
  RETURN_IF_ERROR(set.UpdateTimestamp(timestamp).status());
  ASSIGN_OR_RETURN(const auto old_snapshot,
                   ReadFrom(old_tree, "snapshot", (*old.snapshot())->version));
  (void)set.LoadLocalSnapshot(old_snapshot);
  ASSIGN_OR_RETURN(const tuf::MetaFile meta, set.SnapshotMeta());
  ASSIGN_OR_RETURN(const auto snapshot,
                   ReadFrom(tree, "snapshot", meta.version));
  RETURN_IF_ERROR(set.UpdateSnapshot(snapshot));
  ASSIGN_OR_RETURN(const tuf::MetaFile targets_meta, set.RoleMeta("targets"));
  ASSIGN_OR_RETURN(const auto targets,
                   ReadFrom(tree, "targets", targets_meta.version));
  return set.UpdateTargets(targets);
}

// Every role that can be reached, as a new client sees it.
absl::Status CheckAsNewClient(const std::string& tree, absl::Time now) {
  ASSIGN_OR_RETURN(client::RepositoryView view, repo::OpenTreeView(tree, now));
  return view.WalkDelegations(
      [](const client::RepositoryView::Delegation& delegation)
          -> absl::StatusOr<client::RepositoryView::Descend> {
        if (delegation.listed) {
          return client::RepositoryView::Descend::kLoad;
        }
        return MakeFailure(Failure::kUnauthorised,
                           fmt::format("role '{}' is delegated, and the "
                                       "snapshot does not list it",
                                       Printable(delegation.role, 80)));
      });
}

// One use: the steps in the order of their declaration.
class CeremonyPublication {
 public:
  CeremonyPublication(const tree::Home& home, const Config& config,
                      const repo::Candidate& candidate,
                      absl::Span<const repo::Signer> signers, absl::Time now)
      : home_(home),
        config_(config),
        candidate_(candidate),
        signers_(signers),
        now_(now) {}

  // What is published now, and whether the candidate fits it.
  absl::Status Check() {
    ASSIGN_OR_RETURN(generation_, tree::Publisher::CurrentGeneration(home_));
    ASSIGN_OR_RETURN(const tree::TreeSide live, home_.LiveSide());
    live_root_ = home_.layout().tree(live);
    ASSIGN_OR_RETURN(client::RepositoryView view,
                     repo::OpenTreeView(live_root_, absl::InfinitePast()));
    view_ = std::make_unique<client::RepositoryView>(std::move(view));
    ASSIGN_OR_RETURN(const repo::OfflineMetadata current,
                     ReadOfflineMetadataOf(live_root_, *view_));
    RETURN_IF_ERROR(repo::CheckPublishable(candidate_, current, now_));
    RETURN_IF_ERROR(repo::CheckOnlineSigners(candidate_, *view_, signers_));
    ASSIGN_OR_RETURN(state_, LoadOriginState(home_.layout()));
    // Fills in what the state does not know of the bins.
    ASSIGN_OR_RETURN(const auto editor, repo::RepositoryEditor::Open(
                                            *view_, std::move(state_.bins)));
    state_.bins = editor.bin_states();
    version_ = std::max(
        {editor.NextVersion(), state_.highest_version + 1,
         TimestampVersionOf(home_.layout().tree(tree::Other(live))) + 1});
    ASSIGN_OR_RETURN(retired_, tree::RetiredFiles::Load(home_));
    return absl::OkStatus();
  }

  absl::StatusOr<PublishedCeremony> Publish() {
    RETURN_IF_ERROR(tree::StagingArea(home_).Prepare());
    ASSIGN_OR_RETURN(const auto publisher, tree::Publisher::Begin(home_));
    Edition edition(home_, config_.publish, now_, Naming::kPrefixed, *publisher,
                    retired_);
    RETURN_IF_ERROR(PutOffline(edition));
    RETURN_IF_ERROR(PutOnline(edition));
    RETURN_IF_ERROR(edition.PutBytes("last-modified", LastModifiedText(now_)));
    RETURN_IF_ERROR(AddRemovals(edition));
    RETURN_IF_ERROR(publisher->Stage());
    RETURN_IF_ERROR(Annotate(CheckStaged(publisher->standby_root()),
                             "verify the staged tree before publishing it"));
    RETURN_IF_ERROR(SaveState());
    const tree::GenerationInfo info = NextGeneration();
    RETURN_IF_ERROR(publisher->Commit(info));
    RETURN_IF_ERROR(edition.FinishRemovals());
    RETURN_IF_ERROR(tree::StagingArea(home_).Clear());
    return Result(info);
  }

 private:
  absl::Status PutOffline(Edition& edition) {
    for (const repo::OfflineRole& role : candidate_.roles()) {
      RETURN_IF_ERROR(edition.PutRole(role.name, role.common().version,
                                      role.document.Raw().bytes));
      // Every root is kept: clients walk all of them.
      const repo::OfflineRole* before = candidate_.Trusted(role.name);
      if (role.root() != nullptr || before == nullptr) continue;
      RETURN_IF_ERROR(edition.RetireRole(role.name, before->common().version));
    }
    return absl::OkStatus();
  }

  absl::Status PutOnline(Edition& edition) {
    const repo::SigningPolicy policy{
        config_.origin.bin_expiry, config_.origin.snapshot_expiry,
        config_.origin.timestamp_expiry, state_.least_version};
    ASSIGN_OR_RETURN(
        online_,
        repo::SignOnline(
            candidate_, *view_, state_.bins, policy, now_, version_, signers_,
            [&edition](std::string_view role, std::optional<int64_t> version,
                       std::string_view bytes) {
              return edition.PutRole(role, version, bytes);
            }));
    for (const repo::SignedRole& role : online_.roles) {
      if (!role.replaces) continue;
      RETURN_IF_ERROR(edition.RetireRole(role.role, *role.replaces));
    }
    return absl::OkStatus();
  }

  absl::Status AddRemovals(Edition& edition) {
    const auto published = [this](std::string_view path)
        -> absl::StatusOr<std::optional<ExpectedContent>> {
      ASSIGN_OR_RETURN(const auto found, view_->Find(path));
      if (!found) return std::nullopt;
      return found->target.content;
    };
    return edition.AddRemovals(online_.snapshot, published, published);
  }

  absl::Status CheckStaged(const std::string& tree) const {
    RETURN_IF_ERROR(CheckAsNewClient(tree, now_));
    return CheckAsReturningClient(live_root_, view_->trusted(), tree,
                                  candidate_.Latest("root")->common().version,
                                  now_);
  }

  absl::Status SaveState() {
    // What was known of upstream stays known: no target changes.
    if (state_.indexed_version == generation_.timestamp_version) {
      state_.indexed_version = version_;
    }
    state_.highest_version = version_;
    state_.bins = online_.bins;
    RETURN_IF_ERROR(SaveOriginState(home_.layout(), state_));
    return retired_.Save(home_);
  }

  tree::GenerationInfo NextGeneration() const {
    tree::GenerationInfo info = generation_;
    info.number = generation_.number + 1;
    info.published = now_;
    info.timestamp_version = version_;
    info.earliest_expiry = online_.earliest_expiry;
    return info;
  }

  PublishedCeremony Result(const tree::GenerationInfo& info) const {
    PublishedCeremony result;
    result.id = candidate_.id();
    result.generation = info.number;
    for (const repo::OfflineRole& role : candidate_.roles()) {
      result.offline_roles.push_back(
          fmt::format("{} {}", role.name, role.common().version));
    }
    result.metadata_files = candidate_.roles().size() + online_.roles.size();
    result.earliest_expiry = info.earliest_expiry;
    return result;
  }

  const tree::Home& home_;
  const Config& config_;
  const repo::Candidate& candidate_;
  absl::Span<const repo::Signer> signers_;
  absl::Time now_;

  tree::GenerationInfo generation_;  // what is live
  std::string live_root_;
  std::unique_ptr<client::RepositoryView> view_;
  OriginState state_;
  int64_t version_ = 1;
  tree::RetiredFiles retired_;
  repo::OnlineResult online_;
};

// Generation 1, of an origin that InitOriginCeremony made.
absl::StatusOr<PublishedCeremony> PublishFirst(
    const tree::Home& home, const Config& config,
    const repo::Candidate& candidate, absl::Span<const repo::Signer> signers,
    absl::Time now) {
  RETURN_IF_ERROR(repo::CheckPublishable(candidate, {}, now));
  RETURN_IF_ERROR(tree::StagingArea(home).Prepare());
  const repo::SigningPolicy policy{config.origin.bin_expiry,
                                   config.origin.snapshot_expiry,
                                   config.origin.timestamp_expiry};
  PublishedCeremony result;
  result.id = candidate.id();
  result.generation = 1;
  RETURN_IF_ERROR(KeepTrustedRoot(home.layout(),
                                  candidate.New("root")->document.Raw().bytes));
  RETURN_IF_ERROR(PublishFirstGeneration(
      home, config.publish, now,
      [&](const std::vector<tuf::TargetFile>& pages,
          repo::WriteRole write) -> absl::StatusOr<absl::Time> {
        for (const repo::OfflineRole& role : candidate.roles()) {
          RETURN_IF_ERROR(write(role.name, role.common().version,
                                role.document.Raw().bytes));
          result.offline_roles.push_back(
              fmt::format("{} {}", role.name, role.common().version));
        }
        ASSIGN_OR_RETURN(const repo::OnlineResult online,
                         repo::SignFirstOnline(candidate, pages, policy, now,
                                               signers, write));
        result.metadata_files = candidate.roles().size() + online.roles.size();
        result.earliest_expiry = online.earliest_expiry;
        return online.earliest_expiry;
      }));
  return result;
}

absl::StatusOr<PublishedCeremony> PublishNext(
    const tree::Home& home, const Config& config,
    const repo::Candidate& candidate, absl::Span<const repo::Signer> signers,
    absl::Time now) {
  CeremonyPublication publication(home, config, candidate, signers, now);
  RETURN_IF_ERROR(publication.Check());
  return publication.Publish();
}

// Before anything is published, nothing but what init noted says whose root it
// is to be: anybody can sign a root of their own.
absl::Status CheckIsOfInit(const tree::Home& home,
                           const repo::Candidate& candidate,
                           const std::optional<OpenCeremony>& open) {
  if (open && open->id == candidate.id()) return absl::OkStatus();
  const std::string shown = Printable(home.layout().home(), 1024);
  return MakeFailure(
      Failure::kVersion,
      open ? fmt::format("{}: publish the first metadata: expected candidate "
                         "{} that init wrote, got {}",
                         shown, Printable(open->id, 80), candidate.id())
           : fmt::format("{0}: publish the first metadata: expected the "
                         "candidate that init wrote, which was aborted, got "
                         "{1}: remove {0} and the keys made with it, and init "
                         "again",
                         shown, candidate.id()));
}

// What a publication that was killed after it had switched the trees would have
// said; nullopt unless `candidate` is the open ceremony, and live.
absl::StatusOr<std::optional<PublishedCeremony>> PublishedBefore(
    const tree::Home& home, const tree::GenerationInfo& live,
    const repo::Candidate& candidate, const std::optional<OpenCeremony>& open) {
  if (!open || open->id != candidate.id() || live.number == 0) {
    return std::nullopt;
  }
  ASSIGN_OR_RETURN(const repo::OfflineMetadata current,
                   ReadOfflineMetadata(home));
  ASSIGN_OR_RETURN(const bool is_live, repo::IsPublished(candidate, current));
  if (!is_live) return std::nullopt;
  PublishedCeremony result;
  result.id = candidate.id();
  result.generation = live.number;
  result.earliest_expiry = live.earliest_expiry;
  result.by_earlier_try = true;
  for (const repo::OfflineRole& role : candidate.roles()) {
    result.offline_roles.push_back(
        fmt::format("{} {}", role.name, role.common().version));
  }
  return result;
}

}  // namespace

absl::StatusOr<PublishedCeremony> PublishCeremony(
    const tree::Home& home, const Config& config,
    const repo::Candidate& candidate, OnlinePassphrase passphrase,
    absl::Time now) {
  ASSIGN_OR_RETURN(const auto lock, home.Lock("ceremony publish"));
  ASSIGN_OR_RETURN(const auto live, tree::Publisher::CurrentGeneration(home));
  const bool first = live.number == 0 && candidate.trusted_roots().empty();
  const auto open = ReadOpenCeremony(home.layout());
  if (first) {
    RETURN_IF_ERROR(open.status());
    RETURN_IF_ERROR(CheckIsOfInit(home, candidate, *open));
  }
  if (open.ok()) {
    ASSIGN_OR_RETURN(const auto before,
                     PublishedBefore(home, live, candidate, *open));
    if (before) {
      RETURN_IF_ERROR(fs::Remove(home.layout().open_ceremony()));
      return *before;
    }
  }
  ASSIGN_OR_RETURN(const std::vector<repo::Signer> signers,
                   ReadOnlineSigners(config.origin, passphrase));
  ASSIGN_OR_RETURN(PublishedCeremony result,
                   first ? PublishFirst(home, config, candidate, signers, now)
                         : PublishNext(home, config, candidate, signers, now));
  // Whichever was open: it was made for what is no longer published.
  RETURN_IF_ERROR(fs::Remove(home.layout().open_ceremony()));
  return result;
}

absl::Status CheckRollbackKeepsOfflineRoles(const tree::Home& home) {
  ASSIGN_OR_RETURN(const tree::TreeSide side, home.LiveSide());
  const std::string live = home.layout().tree(side);
  const std::string other = home.layout().tree(tree::Other(side));
  const auto now = repo::OpenTreeView(live, absl::InfinitePast());
  const auto before = repo::OpenTreeView(other, absl::InfinitePast());
  // A rollback is what a damaged live tree is for.
  if (!now.ok() || !before.ok()) return absl::OkStatus();
  const auto newer = [](std::string_view role, int64_t live_version,
                        int64_t version) {
    if (version >= live_version) return absl::OkStatus();
    return MakeFailure(
        Failure::kRollback,
        fmt::format("the previous generation has {} version {}, and version {} "
                    "is published since: a ceremony cannot be undone, readers "
                    "that saw it refuse what came before; begin another one",
                    Printable(role, 80), version, live_version));
  };
  RETURN_IF_ERROR(newer("root", now->trusted().root()->version,
                        before->trusted().root()->version));
  const tuf::Snapshot& old = **before->trusted().snapshot();
  for (const char* role : {"targets", "bins", "claimed"}) {
    const tuf::MetaFile* then = old.Find(role);
    const tuf::MetaFile* live_meta = (*now->trusted().snapshot())->Find(role);
    if (then == nullptr || live_meta == nullptr) continue;
    RETURN_IF_ERROR(newer(role, live_meta->version, then->version));
  }
  return absl::OkStatus();
}

}  // namespace tufmirror::sync
