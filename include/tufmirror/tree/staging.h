// The staging area: where bytes are before they are published. Never served.
#ifndef TUFMIRROR_TREE_STAGING_H_
#define TUFMIRROR_TREE_STAGING_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/base/digest.h"
#include "tufmirror/base/target_path.h"
#include "tufmirror/tree/home.h"

namespace tufmirror::tree {

// Safe from several threads at once. `home` outlives it.
class StagingArea {
 public:
  explicit StagingArea(const Home& home) : home_(home) {}

  // Makes the directories of the staging area where they are missing: a run
  // may have been killed while it cleared them. Every run calls it first.
  absl::Status Prepare() const;

  // Where a download collects: named by digest, so that a later run that wants
  // the same bytes continues it.
  std::string PartialPath(const ExpectedContent& content) const;

  // Writes `bytes` as a blob (staging/blobs/<sha256>) and gives its path: the
  // source of a TreeEdit. Already there: nothing is written.
  absl::StatusOr<std::string> PutBlob(std::string_view bytes) const;
  // Path of the blob that holds `content`, for downloads that end as one.
  std::string BlobPath(const ExpectedContent& content) const;

  // Moves the verified file `from` to its place below packages/ and gives it
  // its digest-prefixed other name too; that one first, so that who finds the
  // plain name finds both. Idempotent. kReplacedFile if another package has
  // the name (the caller checks that beforehand by digest): no accepted bytes
  // are ever overwritten, only a file that the disk damaged, which is known by
  // its bytes having no digest-prefixed name. Who removes a package therefore
  // removes the plain name first.
  absl::Status AcceptPackage(const std::string& from, const TargetPath& path,
                             const Digests& digests) const;

  // Removes everything staged except partial downloads; partial downloads too
  // if older than a week. Called after a publication.
  absl::Status Clear() const;

 private:
  const Home& home_;
};

}  // namespace tufmirror::tree

#endif  // TUFMIRROR_TREE_STAGING_H_
