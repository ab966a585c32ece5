// The client's workflow on local files: same transitions, no network.
#include "tufmirror/repo/tree_view.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/client/metadata_fetcher.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/tree/layout.h"
#include "tufmirror/tuf/trusted_metadata_set.h"

namespace tufmirror::repo {
namespace {

absl::StatusOr<tuf::RawMetadata> ReadRole(const std::string& tree_root,
                                          std::string_view role,
                                          std::optional<int64_t> version) {
  ASSIGN_OR_RETURN(
      std::string bytes,
      fs::ReadFile(tree_root + "/" + tree::MetadataPath(role, version),
                   client::MetadataLimits().ForRole(role)));
  return tuf::RawMetadata{std::move(bytes)};
}

absl::StatusOr<tuf::TrustedMetadataSet> TrustRootChain(
    const std::string& tree_root, absl::Time now) {
  ASSIGN_OR_RETURN(const tuf::RawMetadata first,
                   ReadRole(tree_root, "root", 1));
  ASSIGN_OR_RETURN(tuf::TrustedMetadataSet trusted,
                   tuf::TrustedMetadataSet::Create(first, now));
  // The last version there can be has no successor to look for.
  while (trusted.root()->version < std::numeric_limits<int64_t>::max()) {
    const int64_t next = trusted.root()->version + 1;
    const auto raw = ReadRole(tree_root, "root", next);
    if (FailureOf(raw.status()) == Failure::kNotFound && !raw.ok()) break;
    if (!raw.ok()) return raw.status();
    RETURN_IF_ERROR(Annotate(trusted.UpdateRoot(*raw),
                             fmt::format("root version {}", next)));
  }
  return trusted;
}

absl::StatusOr<client::RepositoryView> Open(const std::string& tree_root,
                                            absl::Time now) {
  ASSIGN_OR_RETURN(tuf::TrustedMetadataSet trusted,
                   TrustRootChain(tree_root, now));
  ASSIGN_OR_RETURN(const tuf::RawMetadata timestamp,
                   ReadRole(tree_root, "timestamp", std::nullopt));
  RETURN_IF_ERROR(
      Annotate(trusted.UpdateTimestamp(timestamp).status(), "timestamp"));
  ASSIGN_OR_RETURN(const tuf::MetaFile snapshot_meta, trusted.SnapshotMeta());
  ASSIGN_OR_RETURN(const tuf::RawMetadata snapshot,
                   ReadRole(tree_root, "snapshot", snapshot_meta.version));
  RETURN_IF_ERROR(Annotate(trusted.UpdateSnapshot(snapshot), "snapshot"));
  ASSIGN_OR_RETURN(const tuf::MetaFile targets_meta,
                   trusted.RoleMeta("targets"));
  ASSIGN_OR_RETURN(const tuf::RawMetadata targets,
                   ReadRole(tree_root, "targets", targets_meta.version));
  RETURN_IF_ERROR(Annotate(trusted.UpdateTargets(targets), "targets"));
  return client::RepositoryView(
      std::move(trusted), [tree_root](std::string_view role, int64_t version) {
        return ReadRole(tree_root, role, version);
      });
}

}  // namespace

absl::StatusOr<client::RepositoryView> OpenTreeView(
    const std::string& tree_root, absl::Time now) {
  auto view = Open(tree_root, now);
  if (view.ok()) return view;
  return Annotate(view.status(),
                  fmt::format("repository in {}", Printable(tree_root, 1024)));
}

}  // namespace tufmirror::repo
