// The offline roles in one tree of a home, and the traces of a ceremony that
// was begun.
#ifndef TUFMIRROR_SRC_SYNC_CEREMONY_TREE_H_
#define TUFMIRROR_SRC_SYNC_CEREMONY_TREE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/client/repository_view.h"
#include "tufmirror/repo/ceremony.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::sync {

// `view` is of the tree at `tree`.
absl::StatusOr<repo::OfflineMetadata> ReadOfflineMetadataOf(
    const std::string& tree, client::RepositoryView& view);

// kUsage if the file exists: a candidate is never overwritten.
absl::Status WriteNewCandidate(const std::string& path,
                               const repo::Candidate& candidate);
absl::Status NoteOpenCeremony(const tree::Layout& layout,
                              const repo::Candidate& candidate,
                              const std::string& path);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SRC_SYNC_CEREMONY_TREE_H_
