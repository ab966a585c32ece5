// The offline roles in one tree of a home.
#ifndef TUFMIRROR_SRC_SYNC_CEREMONY_TREE_H_
#define TUFMIRROR_SRC_SYNC_CEREMONY_TREE_H_

#include <string>

#include "absl/status/statusor.h"
#include "tufmirror/client/repository_view.h"
#include "tufmirror/repo/ceremony.h"

namespace tufmirror::sync {

// `view` is of the tree at `tree`.
absl::StatusOr<repo::OfflineMetadata> ReadOfflineMetadataOf(
    const std::string& tree, client::RepositoryView& view);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SRC_SYNC_CEREMONY_TREE_H_
