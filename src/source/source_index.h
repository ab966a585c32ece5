// The records of a scanned directory, one line of text per file. A scan needs
// little of most of them: a line is split as far as that goes, and the rest
// when it is asked for. Records are views into the text.
#ifndef TUFMIRROR_SRC_SOURCE_SOURCE_INDEX_H_
#define TUFMIRROR_SRC_SOURCE_SOURCE_INDEX_H_

#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
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
  // The base on disk has this very record, see saved_index.h.
  bool in_base = false;
  std::string_view path;
  uint64_t size = 0;
  int64_t mtime = kNoMtime;  // nanoseconds
  uint64_t inode = 0;
  std::string_view project;  // of distributions
  std::string_view details;  // see ParseDetails

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

// The rest of what it remembers.
struct RecordDetails {
  // Distributions.
  std::string sha256;         // 64 lower-case hexadecimal digits
  std::string core_metadata;  // the same, or empty
  int64_t upload_time = 0;    // nanoseconds
  std::string version;
  std::string display_name;
  std::string requires_python;
  // Problems.
  Failure failure = Failure::kMalformed;
  std::string message;
};

// kMalformed if these are no details of a record in the state of `record`.
absl::StatusOr<RecordDetails> ParseDetails(const IndexRecord& record);
std::string FormatDetails(RecordState state, const RecordDetails& details);

// Parses one line, without its end; the result points into it, or to `store`.
// Of the details only their place is looked for. kMalformed.
absl::StatusOr<IndexRecord> ParseRecord(std::string_view line,
                                        TextStore& store);
// Appends the line of `record`.
void AppendRecord(const IndexRecord& record, std::string& out);

// The fields that head an index are written as records are.
void AppendField(std::string_view text, std::string& out);
std::string_view UnescapedField(std::string_view text, TextStore& store);
// The next line of `text`, removed from it; nullopt if no whole line is left.
std::optional<std::string_view> TakeLine(std::string_view& text);

// `records` (sorted) without those at the places `gone` (ascending), and with
// `added` (sorted).
std::vector<IndexRecord> MergeRecords(const std::vector<IndexRecord>& records,
                                      const std::vector<size_t>& gone,
                                      const std::vector<IndexRecord>& added);

}  // namespace tufmirror::source

#endif  // TUFMIRROR_SRC_SOURCE_SOURCE_INDEX_H_
