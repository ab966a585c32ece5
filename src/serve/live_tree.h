// One request's view of the live tree: the generation that was live when the
// request began, whatever is published meanwhile.
#ifndef TUFMIRROR_SRC_SERVE_LIVE_TREE_H_
#define TUFMIRROR_SRC_SERVE_LIVE_TREE_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/serve/exchange.h"

namespace tufmirror::serve {

class LiveTree {
 public:
  // Follows the document root's symlink once. kNotFound, kFileSystem.
  static absl::StatusOr<LiveTree> Open(const std::string& document_root);

  // Opens a regular file. Of all symlinks only the tree's own `packages` is
  // followed. kNotFound for anything else: absent, a directory, a symlink, a
  // name that starts with a dot. `path` must be a TargetPath's.
  absl::StatusOr<OpenedFile> OpenFile(std::string_view path) const;

  bool IsDirectory(std::string_view path) const;

 private:
  explicit LiveTree(fs::UniqueFd directory)
      : directory_(std::move(directory)) {}
  absl::StatusOr<fs::UniqueFd> Resolve(std::string_view path, int flags) const;

  fs::UniqueFd directory_;
};

}  // namespace tufmirror::serve

#endif  // TUFMIRROR_SRC_SERVE_LIVE_TREE_H_
