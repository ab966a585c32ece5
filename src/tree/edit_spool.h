// The edits of one publication, in a file: there may be a million.
#ifndef TUFMIRROR_SRC_TREE_EDIT_SPOOL_H_
#define TUFMIRROR_SRC_TREE_EDIT_SPOOL_H_

#include <string>
#include <string_view>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tree/records.h"

namespace tufmirror::tree {

class EditSpool {
 public:
  // Starts empty, replacing what an earlier run left at `path`.
  static absl::StatusOr<EditSpool> Create(const std::string& path);

  absl::Status AppendPut(std::string_view tree_path, std::string_view source);
  absl::Status AppendRemove(std::string_view tree_path);

  // Calls `visit` for every edit in the order of appending, until it returns
  // an error. `source` is empty for a removal.
  absl::Status ForEach(
      absl::FunctionRef<absl::Status(const std::string& tree_path,
                                     const std::string& source)>
          visit);

 private:
  EditSpool(std::string path, RecordWriter records)
      : path_(std::move(path)), records_(std::move(records)) {}
  std::string path_;
  RecordWriter records_;
};

}  // namespace tufmirror::tree

#endif  // TUFMIRROR_SRC_TREE_EDIT_SPOOL_H_
