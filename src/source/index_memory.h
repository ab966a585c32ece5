// What an origin keeps of a plain index between its runs: one text file for
// all that is known of it and its projects, replaced as a whole, and a small
// one for how far the background checks are.
#ifndef TUFMIRROR_SRC_SOURCE_INDEX_MEMORY_H_
#define TUFMIRROR_SRC_SOURCE_INDEX_MEMORY_H_

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "source/index_table.h"

namespace tufmirror::source {

// What is known of the index as a whole.
struct IndexFacts {
  std::string index;       // its URLs, without credentials
  std::string selection;   // the fingerprint's SHA-256 in hexadecimal
  bool html_only = false;  // it refuses to be asked for JSON
  std::string list_etag;   // of the list of projects
  // Its SHA-256 in hexadecimal, where the server gives no ETag that holds.
  std::string list_digest;
  // Projects that others need, with the extras they ask for; and whether that
  // may be more than was found.
  std::map<std::string, std::set<std::string>> dependencies;
  bool closure_open = false;

  friend bool operator==(const IndexFacts&, const IndexFacts&) = default;
};

struct IndexMemory {
  IndexFacts facts;
  IndexTable table;
};

// kMalformed if `text` is not complete.
absl::StatusOr<IndexMemory> ParseIndexMemory(std::string text);
std::string FormatIndexMemory(const IndexFacts& facts, const IndexTable& table);

// The project that each background check came to last; empty: none.
struct IndexCursors {
  std::string sweep;
  std::string absent;

  friend bool operator==(const IndexCursors&, const IndexCursors&) = default;
};

// What does not parse is the beginning.
IndexCursors ParseIndexCursors(std::string_view text);
std::string FormatIndexCursors(const IndexCursors& cursors);

}  // namespace tufmirror::source

#endif  // TUFMIRROR_SRC_SOURCE_INDEX_MEMORY_H_
