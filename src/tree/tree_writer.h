// Changes one tree: files appear as hard links, directories come and go with
// them. Keeps the last directory open, because edits come in directory order.
#ifndef TUFMIRROR_SRC_TREE_TREE_WRITER_H_
#define TUFMIRROR_SRC_TREE_TREE_WRITER_H_

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::tree {

class TreeWriter {
 public:
  // `scratch` is a private directory on the same file system.
  static absl::StatusOr<TreeWriter> Open(const std::string& root,
                                         const std::string& scratch);

  int root_fd() const { return root_.get(); }

  // Makes `path` another name of the regular file `source`, which is relative
  // to the directory `source_directory`; replaces atomically what was there.
  // kUnsafePath if a directory has this name, or a file the name of a
  // directory of it.
  absl::Status Put(int source_directory, const std::string& source,
                   const std::string& path);

  // Removes `path` and the directories that this leaves empty; not an error if
  // absent or a directory.
  absl::Status Remove(const std::string& path);

  // Removes the last empty directories. Call it after the last change.
  absl::Status Finish();

 private:
  enum class Missing { kCreate, kIgnore };

  TreeWriter(std::string root_path, fs::UniqueFd root, fs::UniqueFd scratch)
      : root_path_(std::move(root_path)),
        root_(std::move(root)),
        scratch_(std::move(scratch)) {}

  // The descriptor of `directory`, -1 if it is missing and that is ignored.
  absl::StatusOr<int> Enter(std::string_view directory, Missing missing);
  absl::Status MakeDirectory(const std::string& directory);
  absl::Status Leave();
  absl::Status LinkOrCopyToScratch(int source_directory,
                                   const std::string& source);
  absl::Status CopyToScratch(int source_directory, const std::string& source);
  absl::Status Fail(int error_number, std::string_view operation,
                    const std::string& path) const;

  std::string root_path_;
  fs::UniqueFd root_;
  fs::UniqueFd scratch_;
  std::string current_;      // directory that current_fd_ is
  fs::UniqueFd current_fd_;  // not valid: none is open
  bool prune_current_ = false;
};

}  // namespace tufmirror::tree

#endif  // TUFMIRROR_SRC_TREE_TREE_WRITER_H_
