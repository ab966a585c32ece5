// Form: a heading, one path a line, and a line with a single dot (no path is
// "."), without which the journal is not complete.
#include "tree/journal.h"

#include <fcntl.h>

#include <optional>
#include <string_view>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::tree {
namespace {

constexpr std::string_view kHeading = "tufmirror journal 1";
constexpr std::string_view kEnd = ".";

std::string TemporaryOf(const std::string& path) { return path + ".new"; }

absl::Status Damaged(const std::string& path, std::string_view why) {
  return MakeFailure(Failure::kMalformed,
                     fmt::format("read journal {}: {}", Printable(path), why));
}

}  // namespace

absl::StatusOr<JournalWriter> JournalWriter::Create(const std::string& path) {
  const std::string temporary = TemporaryOf(path);
  ASSIGN_OR_RETURN(
      fs::UniqueFd fd,
      fs::Open(temporary, O_WRONLY | O_CREAT | O_TRUNC, kPrivateFileMode));
  JournalWriter writer(path, RecordWriter(std::move(fd), temporary, '\n'));
  RETURN_IF_ERROR(writer.records_.Append(kHeading));
  return writer;
}

absl::Status JournalWriter::Append(const std::string& tree_path) {
  return records_.Append(tree_path);
}

absl::Status JournalWriter::Commit() {
  RETURN_IF_ERROR(records_.Append(kEnd));
  RETURN_IF_ERROR(records_.Sync());
  RETURN_IF_ERROR(fs::Rename(TemporaryOf(path_), path_));
  return fs::SyncDirectory(path_.substr(0, path_.rfind('/')));
}

absl::Status ReadJournal(
    const std::string& path,
    absl::FunctionRef<absl::Status(const std::string& tree_path)> visit) {
  ASSIGN_OR_RETURN(RecordReader records, RecordReader::Open(path, '\n'));
  ASSIGN_OR_RETURN(std::optional<std::string_view> record, records.Next());
  if (record != kHeading) return Damaged(path, "it has not the right heading");
  while (true) {
    ASSIGN_OR_RETURN(record, records.Next());
    if (!record) return Damaged(path, "it has no end mark");
    if (*record == kEnd) return absl::OkStatus();
    const absl::StatusOr<TargetPath> parsed = TargetPath::Parse(*record);
    if (!parsed.ok() || IsPackage(*parsed)) {
      return Damaged(path, fmt::format("{} is not the path of an edit",
                                       Printable(*record)));
    }
    RETURN_IF_ERROR(visit(parsed->str()));
  }
}

}  // namespace tufmirror::tree
