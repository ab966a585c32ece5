// state/journal: every path at which the two trees may differ.
#ifndef TUFMIRROR_SRC_TREE_JOURNAL_H_
#define TUFMIRROR_SRC_TREE_JOURNAL_H_

#include <memory>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tree/records.h"
#include "tufmirror/base/target_path.h"

namespace tufmirror::tree {

// Writes a journal beside the old one and replaces it at once.
class JournalWriter {
 public:
  static absl::StatusOr<JournalWriter> Create(const std::string& path);
  absl::Status Append(const std::string& tree_path);
  // After OK the new journal is on disk under its name.
  absl::Status Commit();

 private:
  JournalWriter(std::string path, RecordWriter records)
      : path_(std::move(path)), records_(std::move(records)) {}
  std::string path_;
  RecordWriter records_;
};

// Calls `visit` for every path of the journal at `path`, until it returns an
// error. kNotFound if there is none, kMalformed if it is damaged or cut off.
absl::Status ReadJournal(
    const std::string& path,
    absl::FunctionRef<absl::Status(const std::string& tree_path)> visit);

}  // namespace tufmirror::tree

#endif  // TUFMIRROR_SRC_TREE_JOURNAL_H_
