// Long lists in files, a record at a time: memory does not grow with them.
#ifndef TUFMIRROR_SRC_TREE_RECORDS_H_
#define TUFMIRROR_SRC_TREE_RECORDS_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::tree {

// Writes records, each closed by `delimiter`, which no record contains.
class RecordWriter {
 public:
  RecordWriter(fs::UniqueFd fd, std::string path, char delimiter)
      : fd_(std::move(fd)), path_(std::move(path)), delimiter_(delimiter) {}

  absl::Status Append(std::string_view record);
  absl::Status Flush();
  // fsync(2), after a flush.
  absl::Status Sync();

 private:
  fs::UniqueFd fd_;
  std::string path_;
  char delimiter_;
  std::string buffer_;
};

// Reads them back.
class RecordReader {
 public:
  static absl::StatusOr<RecordReader> Open(const std::string& path,
                                           char delimiter);

  // The next record, valid until the next call; nullopt at the end.
  // kMalformed when the file ends inside a record or one is too long for any
  // path.
  absl::StatusOr<std::optional<std::string_view>> Next();

 private:
  RecordReader(fs::UniqueFd fd, std::string path, char delimiter)
      : fd_(std::move(fd)), path_(std::move(path)), delimiter_(delimiter) {}
  // Reads more behind what is there; false at the end of the file.
  absl::StatusOr<bool> Fill();

  fs::UniqueFd fd_;
  std::string path_;
  char delimiter_;
  std::string buffer_;
  size_t begin_ = 0;  // of the part of buffer_ that was not given out
};

}  // namespace tufmirror::tree

#endif  // TUFMIRROR_SRC_TREE_RECORDS_H_
