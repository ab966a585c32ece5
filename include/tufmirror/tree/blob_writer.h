// A blob of the staging area that is written piece by piece, for content that
// is not to be held in memory as a whole.
#ifndef TUFMIRROR_TREE_BLOB_WRITER_H_
#define TUFMIRROR_TREE_BLOB_WRITER_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/base/digest.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/tree/home.h"

namespace tufmirror::tree {

// Movable. Without Finish nothing is a blob: the rest of it goes when the
// staging area is cleared.
class BlobWriter {
 public:
  // `name` tells it from other writers of this run; one that a killed run left
  // is overwritten.
  static absl::StatusOr<BlobWriter> Create(const Home& home,
                                           std::string_view name);

  absl::Status Append(std::string_view bytes);
  // The blob is in its place (see StagingArea::BlobPath), with this content.
  absl::StatusOr<ExpectedContent> Finish() &&;

 private:
  BlobWriter(std::string directory, std::string path, fs::UniqueFd fd)
      : directory_(std::move(directory)),
        path_(std::move(path)),
        fd_(std::move(fd)),
        hasher_(Digests()) {}

  std::string directory_;
  std::string path_;
  fs::UniqueFd fd_;
  crypto::ContentHasher hasher_;
};

}  // namespace tufmirror::tree

#endif  // TUFMIRROR_TREE_BLOB_WRITER_H_
