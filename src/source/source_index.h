// The index of a scanned directory: one line of text per file, sorted. Tens of
// thousands of lines are read in a few milliseconds, because records are views
// into the text.
#ifndef TUFMIRROR_SRC_SOURCE_SOURCE_INDEX_H_
#define TUFMIRROR_SRC_SOURCE_SOURCE_INDEX_H_

#include <cstdint>
#include <deque>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "absl/status/statusor.h"
#include "tufmirror/base/failure.h"

namespace tufmirror::source {

// Owns text that records point into; pointers stay valid when it is moved.
class TextStore {
 public:
  std::string_view Keep(std::string text) {
    return texts_.emplace_back(std::move(text));
  }

 private:
  std::deque<std::string> texts_;
};

enum class RecordState : char {
  kTaken = 't',     // the distribution of its file name
  kSpare = 's',     // the same bytes as the taken one
  kConflict = 'c',  // other bytes than the taken one
  kProblem = 'x',   // not a distribution, or a bad one
};

// What the index remembers of one file.
struct IndexRecord {
  // Never matches a file: it is read again.
  static constexpr int64_t kNoMtime = std::numeric_limits<int64_t>::min();

  RecordState state = RecordState::kProblem;
  std::string_view path;
  uint64_t size = 0;
  int64_t mtime = kNoMtime;  // nanoseconds
  uint64_t inode = 0;
  // Distributions.
  std::string_view project;
  std::string_view sha256;         // 64 lower-case hexadecimal digits
  std::string_view core_metadata;  // the same, or empty
  int64_t upload_time = 0;         // nanoseconds
  std::string_view version;
  std::string_view display_name;
  std::string_view requires_python;
  // Problems.
  Failure failure = Failure::kMalformed;
  std::string_view message;

  std::string_view filename() const {
    const size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
  }
  // The order of the index: problems first, then by project and file name.
  friend bool operator<(const IndexRecord& a, const IndexRecord& b) {
    if (const int by = a.project.compare(b.project); by != 0) return by < 0;
    if (const int by = a.filename().compare(b.filename()); by != 0) {
      return by < 0;
    }
    return a.path < b.path;
  }
};

struct SourceIndex {
  std::vector<std::string_view> unpublished;  // projects
  std::vector<IndexRecord> records;           // sorted
};

// Parses an index; the result points into `store`. kMalformed if it is not
// one, not complete, or of another format version.
absl::StatusOr<SourceIndex> ParseSourceIndex(std::string text,
                                             TextStore& store);

std::string FormatSourceIndex(const SourceIndex& index);

}  // namespace tufmirror::source

#endif  // TUFMIRROR_SRC_SOURCE_SOURCE_INDEX_H_
