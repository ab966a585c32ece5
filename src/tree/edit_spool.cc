// Form: two records an edit, path and source; NUL closes each, as it can be in
// neither.
#include "tree/edit_spool.h"

#include <fcntl.h>

#include <optional>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::tree {

absl::StatusOr<EditSpool> EditSpool::Create(const std::string& path) {
  ASSIGN_OR_RETURN(fs::UniqueFd fd, fs::Open(path, O_WRONLY | O_CREAT | O_TRUNC,
                                             kPrivateFileMode));
  return EditSpool(path, RecordWriter(std::move(fd), path, '\0'));
}

absl::Status EditSpool::AppendPut(std::string_view tree_path,
                                  std::string_view source) {
  RETURN_IF_ERROR(records_.Append(tree_path));
  return records_.Append(source);
}

absl::Status EditSpool::AppendRemove(std::string_view tree_path) {
  return AppendPut(tree_path, "");
}

absl::Status EditSpool::ForEach(
    absl::FunctionRef<absl::Status(const std::string& tree_path,
                                   const std::string& source)>
        visit) {
  RETURN_IF_ERROR(records_.Flush());
  ASSIGN_OR_RETURN(RecordReader reader, RecordReader::Open(path_, '\0'));
  std::string tree_path;
  std::string source;
  while (true) {
    ASSIGN_OR_RETURN(std::optional<std::string_view> record, reader.Next());
    if (!record) return absl::OkStatus();
    tree_path.assign(*record);
    ASSIGN_OR_RETURN(record, reader.Next());
    if (!record) {
      return MakeFailure(Failure::kMalformed,
                         fmt::format("read {}: the last edit has no source",
                                     Printable(path_)));
    }
    source.assign(*record);
    RETURN_IF_ERROR(visit(tree_path, source));
  }
}

}  // namespace tufmirror::tree
