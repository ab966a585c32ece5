// Root, timestamp, snapshot, targets, in the specification's order.
#include "tufmirror/client/refresh.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/compress/delta_pack.h"

namespace tufmirror::client {
namespace {

using tuf::MetaFile;
using tuf::RawMetadata;
using tuf::TrustedMetadataSet;

// TUF 5.3. Each step is saved before the next: an interrupted rotation goes on
// where it stopped.
absl::Status RefreshRoot(TrustedMetadataSet& trusted, MetadataFetcher& fetcher,
                         MetadataStore& store) {
  for (int i = 0; i < fetcher.limits().root_rotations; ++i) {
    // The last version there can be has no successor to ask for.
    if (trusted.root()->version == std::numeric_limits<int64_t>::max()) {
      return absl::OkStatus();
    }
    const int64_t next = trusted.root()->version + 1;
    ASSIGN_OR_RETURN(
        const std::optional<RawMetadata> raw,
        fetcher.FetchNextRoot(next, [&trusted](const RawMetadata& offered) {
          return trusted.UpdateRoot(offered);
        }));
    if (!raw) return absl::OkStatus();
    RETURN_IF_ERROR(store.Save("root", next, *raw));
  }
  return MakeFailure(
      Failure::kTooLarge,
      fmt::format("root: more than {} new versions in one refresh",
                  fetcher.limits().root_rotations));
}

// TUF 5.4. A local copy that no longer verifies (its keys were rotated away) or
// cannot be read simply protects from nothing (TUF 5.3.11).
absl::Status RefreshTimestamp(TrustedMetadataSet& trusted,
                              MetadataFetcher& fetcher, MetadataStore& store) {
  if (auto local = store.Load("timestamp", std::nullopt); local.ok()) {
    (void)trusted.LoadLocalTimestamp(*local);
  }
  auto news = TrustedMetadataSet::News::kNone;
  ASSIGN_OR_RETURN(
      const RawMetadata raw,
      fetcher.FetchVerified("timestamp", std::nullopt, std::nullopt,
                            [&](const RawMetadata& offered) -> absl::Status {
                              ASSIGN_OR_RETURN(
                                  news, trusted.UpdateTimestamp(offered));
                              return absl::OkStatus();
                            }));
  if (news == TrustedMetadataSet::News::kNone) return absl::OkStatus();
  return store.Save("timestamp", (*trusted.timestamp())->version, raw);
}

std::optional<int64_t> VersionInName(const TrustedMetadataSet& trusted,
                                     const MetaFile& meta) {
  if (!trusted.root()->consistent_snapshot) return std::nullopt;
  return meta.version;
}

// Whether a pack may lead from the local snapshot to the one that is wanted:
// each publication makes a version, and a link of the pack.
bool PackMayReach(const TrustedMetadataSet& trusted, const MetaFile& wanted) {
  constexpr auto kLinks = static_cast<int64_t>(compress::kMaxPackLinks);
  return wanted.version - (*trusted.snapshot())->version <= kLinks;
}

// TUF 5.5.
absl::Status RefreshSnapshot(TrustedMetadataSet& trusted,
                             MetadataFetcher& fetcher, MetadataStore& store) {
  ASSIGN_OR_RETURN(const MetaFile meta, trusted.SnapshotMeta());
  const auto local = store.Load("snapshot", meta.version);
  if (local.ok()) (void)trusted.LoadLocalSnapshot(*local);
  if (trusted.SnapshotIsCurrent()) return absl::OkStatus();
  const auto accept = [&trusted](const RawMetadata& offered) {
    return trusted.UpdateSnapshot(offered);
  };
  if (local.ok() && trusted.snapshot() && trusted.root()->consistent_snapshot) {
    std::optional<RawMetadata> rebuilt;
    if (PackMayReach(trusted, meta)) {
      rebuilt = fetcher.RebuildVerified("snapshot", meta.version, meta.length,
                                        *local, accept);
    }
    if (!rebuilt) {
      rebuilt =
          fetcher.RebuildListed(meta.version, meta.length, *local, accept);
    }
    if (rebuilt) return store.Save("snapshot", meta.version, *rebuilt);
  }
  ASSIGN_OR_RETURN(
      const RawMetadata raw,
      fetcher.FetchVerified("snapshot", VersionInName(trusted, meta),
                            meta.length, accept));
  return store.Save("snapshot", meta.version, raw);
}

// TUF 5.6.
absl::Status RefreshTargets(TrustedMetadataSet& trusted,
                            MetadataFetcher& fetcher, MetadataStore& store) {
  ASSIGN_OR_RETURN(const MetaFile meta, trusted.RoleMeta("targets"));
  if (auto local = store.Load("targets", meta.version);
      local.ok() && trusted.UpdateTargets(*local).ok()) {
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const RawMetadata raw,
                   fetcher.FetchVerified(
                       "targets", VersionInName(trusted, meta), meta.length,
                       [&trusted](const RawMetadata& offered) {
                         return trusted.UpdateTargets(offered);
                       }));
  return store.Save("targets", meta.version, raw);
}

}  // namespace

absl::StatusOr<TrustedMetadataSet> Refresh(MetadataFetcher& fetcher,
                                           MetadataStore& store,
                                           absl::Time now) {
  const auto root = store.Load("root", std::nullopt);
  if (!root.ok()) return Annotate(root.status(), "trusted root");
  ASSIGN_OR_RETURN(TrustedMetadataSet trusted,
                   TrustedMetadataSet::Create(*root, now));
  RETURN_IF_ERROR(RefreshRoot(trusted, fetcher, store));
  RETURN_IF_ERROR(RefreshTimestamp(trusted, fetcher, store));
  RETURN_IF_ERROR(RefreshSnapshot(trusted, fetcher, store));
  RETURN_IF_ERROR(RefreshTargets(trusted, fetcher, store));
  return trusted;
}

absl::StatusOr<tuf::RolePtr> LoadDelegatedRole(
    const TrustedMetadataSet& trusted, std::string_view role,
    const tuf::Verified<tuf::Targets>& delegator, MetadataFetcher& fetcher,
    MetadataStore& store) {
  using Role = tuf::Verified<tuf::Targets>;
  ASSIGN_OR_RETURN(const MetaFile meta, trusted.RoleMeta(role));
  tuf::RolePtr verified;
  const auto accept = [&](const RawMetadata& offered) -> absl::Status {
    ASSIGN_OR_RETURN(Role value,
                     trusted.VerifyDelegated(offered, role, delegator));
    verified = std::make_shared<const Role>(std::move(value));
    return absl::OkStatus();
  };
  if (const auto local = store.Load(role, meta.version); local.ok()) {
    if (accept(*local).ok()) return verified;
    if (trusted.root()->consistent_snapshot) {
      const auto rebuilt = fetcher.RebuildVerified(role, meta.version,
                                                   meta.length, *local, accept);
      if (rebuilt) {
        RETURN_IF_ERROR(store.Save(role, meta.version, *rebuilt));
        return verified;
      }
    }
  }
  ASSIGN_OR_RETURN(const RawMetadata raw,
                   fetcher.FetchVerified(role, VersionInName(trusted, meta),
                                         meta.length, accept));
  RETURN_IF_ERROR(store.Save(role, meta.version, raw));
  return verified;
}

}  // namespace tufmirror::client
