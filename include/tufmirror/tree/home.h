// A home: its directories exist, have the right modes and lie on one file
// system. Opening one is the first thing that every command does.
#ifndef TUFMIRROR_TREE_HOME_H_
#define TUFMIRROR_TREE_HOME_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "tufmirror/fs/lock_file.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::tree {

class Home {
 public:
  // Makes the directories of a new home (parents too), both trees empty, with
  // the symlinks packages and live. The directory may exist if it is empty or
  // holds only what an earlier, interrupted Create left; kUsage if it is
  // already a home (has a tufmirror.toml) or holds other things.
  static absl::StatusOr<Home> Create(const std::string& path);

  // Opens an existing home: kUsage, with the init command to use, if `path` is
  // not one; kFileSystem if its parts lie on different file systems, or live
  // is not one of the two trees.
  static absl::StatusOr<Home> Open(const std::string& path);

  const Layout& layout() const { return layout_; }

  // Takes the home's one lock; kLocked with the holder's words.
  absl::StatusOr<fs::LockFile> Lock(std::string_view purpose) const;

  // Which tree readers see.
  absl::StatusOr<TreeSide> LiveSide() const;

 private:
  explicit Home(Layout layout) : layout_(std::move(layout)) {}
  Layout layout_;
};

}  // namespace tufmirror::tree

#endif  // TUFMIRROR_TREE_HOME_H_
