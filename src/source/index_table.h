// What is known of each project of a plain index: one line of text per
// project, sorted. Of 900,000 projects a handful change in a run, so lines stay
// text, and what changes lies above them until the next file is written.
#ifndef TUFMIRROR_SRC_SOURCE_INDEX_TABLE_H_
#define TUFMIRROR_SRC_SOURCE_INDEX_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tufmirror::source {

struct IndexEntry {
  std::string name = {};  // of the project, normalized
  // As the list had it when the page was looked at last; none if it has none.
  std::optional<int64_t> listed = {};
  // The kept page: its serial, the start of its SHA-256 in hexadecimal (empty:
  // no page is kept), and whether it is HTML.
  std::optional<int64_t> serial = {};
  std::string digest = {};
  bool html = false;
  std::string etag = {};
  std::string url = {};      // where it was, if not at the usual place
  bool unpublished = false;  // what it offers is not published yet
  bool absent = false;       // not in the list that was read last
  bool gone = false;         // confirmed
  bool again = false;        // could not be had: to be asked for again
  int missing = 0;           // runs that found it gone, since it was there
  std::optional<int64_t> changes_at = {};   // Unix time, seconds
  std::optional<int64_t> stale_since = {};  // the same

  bool has_page() const { return !digest.empty(); }
  friend bool operator==(const IndexEntry&, const IndexEntry&) = default;
};

class IndexTable {
 public:
  IndexTable() = default;
  // Takes the lines of `text` from `begin` to `end`. kMalformed unless every
  // line is one and they are sorted by name.
  static absl::StatusOr<IndexTable> Parse(std::string text, size_t begin,
                                          size_t end);

  std::optional<IndexEntry> Find(std::string_view name) const;
  void Put(const IndexEntry& entry);
  void Remove(std::string_view name);
  // Sorted by name; an error of `visit` ends it. The table must not change, and
  // an entry is valid during its visit.
  absl::Status ForEach(
      absl::FunctionRef<absl::Status(const IndexEntry& entry)> visit) const;

  // True if Put or Remove made it differ from what was parsed.
  bool changed() const { return !changes_.empty(); }
  // At least as many as there are entries.
  size_t rough_size() const { return lines() + changes_.size(); }
  // The lines as Parse takes them.
  void AppendTo(std::string& out) const;

 private:
  friend class IndexListing;
  absl::Status ForEachLine(
      absl::FunctionRef<absl::Status(std::string_view line)> visit) const;
  // Of text_.
  size_t lines() const { return starts_.empty() ? 0 : starts_.size() - 1; }
  std::string_view Line(size_t at) const;
  size_t LowerBound(std::string_view name) const;

  std::string text_;
  std::vector<size_t> starts_;  // of the lines in text_, and their end
  // Lines that replace those of text_ or come to them; empty: removed.
  std::map<std::string, std::string, std::less<>> changes_;
};

// Compares a list of projects that is read with the table, in little more time
// than the reading takes if the list is sorted.
class IndexListing {
 public:
  // `table` must not change in the meantime.
  explicit IndexListing(const IndexTable& table)
      : table_(table), listed_(table.lines(), false) {}

  enum class Difference {
    kNone,     // as it was
    kUnknown,  // not in the table
    kSerial,   // another serial than before, or none to go by
  };
  Difference See(std::string_view name, std::optional<int64_t> serial);
  // Names in the table as it was parsed that were not seen, sorted.
  std::vector<std::string> Unseen() const;
  // Names that were seen, and absent until now.
  const std::vector<std::string>& Returned() const { return returned_; }

 private:
  const IndexTable& table_;
  std::vector<bool> listed_;
  std::vector<std::string> returned_;
  size_t next_ = 0;
};

}  // namespace tufmirror::source

#endif  // TUFMIRROR_SRC_SOURCE_INDEX_TABLE_H_
