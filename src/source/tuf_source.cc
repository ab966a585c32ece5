#include "tufmirror/source/tuf_source.h"

#include <utility>

#include "fmt/format.h"
#include "source/role_fetch.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/client/refresh.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::source {
namespace {

using tuf::RawMetadata;
using tuf::TrustedMetadataSet;

constexpr uint64_t kMaxServedBytes = uint64_t{512} << 20;

absl::StatusOr<RawMetadata> ReadFrom(const std::string& tree,
                                     std::string_view role,
                                     std::optional<int64_t> version) {
  ASSIGN_OR_RETURN(std::string bytes,
                   fs::ReadFile(tree + "/" + tree::MetadataPath(role, version),
                                kMaxServedBytes));
  return RawMetadata{std::move(bytes)};
}

}  // namespace

absl::StatusOr<TrustedMetadataSet> OpenTree(const std::string& tree,
                                            const RawMetadata& root,
                                            absl::Time now) {
  ASSIGN_OR_RETURN(TrustedMetadataSet trusted,
                   TrustedMetadataSet::Create(root, now));
  const bool consistent = trusted.root()->consistent_snapshot;
  const auto name_version = [consistent](int64_t version) {
    return consistent ? std::optional(version) : std::nullopt;
  };
  ASSIGN_OR_RETURN(const RawMetadata timestamp,
                   ReadFrom(tree, "timestamp", std::nullopt));
  RETURN_IF_ERROR(trusted.UpdateTimestamp(timestamp).status());
  ASSIGN_OR_RETURN(const tuf::MetaFile snapshot_meta, trusted.SnapshotMeta());
  ASSIGN_OR_RETURN(
      const RawMetadata snapshot,
      ReadFrom(tree, "snapshot", name_version(snapshot_meta.version)));
  RETURN_IF_ERROR(trusted.UpdateSnapshot(snapshot));
  ASSIGN_OR_RETURN(const tuf::MetaFile targets_meta,
                   trusted.RoleMeta("targets"));
  ASSIGN_OR_RETURN(
      const RawMetadata targets,
      ReadFrom(tree, "targets", name_version(targets_meta.version)));
  RETURN_IF_ERROR(trusted.UpdateTargets(targets));
  return trusted;
}

client::RepositoryView::ReadRole ReadRolesFrom(std::string tree,
                                               bool consistent_snapshot) {
  return [tree = std::move(tree), consistent_snapshot](std::string_view role,
                                                       int64_t version) {
    return ReadFrom(
        tree, role,
        consistent_snapshot ? std::optional(version) : std::nullopt);
  };
}

absl::StatusOr<bool> TufSource::IsUnchanged(
    std::string_view published_timestamp, absl::Time now) {
  ASSIGN_OR_RETURN(const RawMetadata raw,
                   fetcher_.Fetch("timestamp", std::nullopt, std::nullopt));
  if (raw.bytes != published_timestamp) return false;
  // What is published may be older than what is trusted: a run that trusted
  // more and failed, or a rollback here. Then the same bytes are no "no news".
  const auto trusted_timestamp = store_.Load("timestamp", std::nullopt);
  if (!trusted_timestamp.ok() || trusted_timestamp->bytes != raw.bytes) {
    return false;
  }
  ASSIGN_OR_RETURN(const RawMetadata root, store_.Load("root", std::nullopt));
  ASSIGN_OR_RETURN(TrustedMetadataSet trusted,
                   TrustedMetadataSet::Create(root, now));
  return trusted.UpdateTimestamp(raw).ok();
}

absl::StatusOr<TrustedMetadataSet> TufSource::Refresh(absl::Time now) {
  return client::Refresh(fetcher_, store_, now);
}

absl::StatusOr<ChangedRoles> TufSource::FetchChangedRoles(
    const TrustedMetadataSet& trusted, PublishedState* published) {
  return RoleFetch(trusted, published, fetcher_, store_).Run();
}

absl::StatusOr<int> TufSource::FetchOlderRoots(
    const TrustedMetadataSet& trusted) {
  int saved = 0;
  tuf::Verified<tuf::Root> successor = trusted.root();
  while (successor->version > 1) {
    const int64_t version = successor->version - 1;
    auto raw = fetcher_.Fetch("root", version, std::nullopt);
    if (!raw.ok()) {
      // Whatever is wrong with it: readers who pinned it will have to look
      // elsewhere, and everybody else can be served.
      break;
    }
    auto older = tuf::Verifier::VerifyInitialRoot(*raw);
    if (!older.ok() || (*older)->version != version) break;
    // The successor must be signed by the older root's keys: its own bytes are
    // in the store, verified again under them.
    ASSIGN_OR_RETURN(const RawMetadata next,
                     store_.LoadRoot(successor->version));
    if (!tuf::Verifier::VerifyNextRoot(next, *older).ok()) break;
    RETURN_IF_ERROR(store_.SaveRoot(version, *raw));
    successor = *std::move(older);
    ++saved;
  }
  return saved;
}

}  // namespace tufmirror::source
