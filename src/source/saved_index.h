// The index of a scanned directory on disk: a base with the records of some
// earlier scan, large and rarely written, and a head, written by every scan
// that found something new: what differs from the base, and the digest of the
// base that it is about. Both are replaced whole.
//
// Neither counts alone. A head that is cut short, damaged, or about another
// base than the one on disk is no index at all, and a scan without an index
// reads all files again. So that a run that dies between the two writes has an
// index still, a new base is not written over the one that the head is about.
#ifndef TUFMIRROR_SRC_SOURCE_SAVED_INDEX_H_
#define TUFMIRROR_SRC_SOURCE_SAVED_INDEX_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "source/source_index.h"

namespace tufmirror::source {

struct SavedIndex {
  // Projects with changes that were not published; sorted.
  std::vector<std::string_view> unpublished;
  std::vector<IndexRecord> records;  // sorted
  // Of records of the base that are not among `records` any more, project and
  // path.
  std::vector<IndexRecord> dropped;
  // The base on disk; no digest: there is none.
  std::string base_digest;
  size_t base_count = 0;  // records
  char base_slot = 'a';
};

// Reads the index whose head is `path`; it points into `store`. kNotFound if
// there is none, kMalformed if head and base are not one whole index.
absl::StatusOr<SavedIndex> LoadIndex(const std::string& path, TextStore& store);

// Makes `index` the one at `path`: its head alone or, where the head would
// grow too long, its base too. Then `index` is about that base. The base is
// durable when this returns; the head is when the file system is synced.
absl::Status SaveIndex(const std::string& path, SavedIndex& index);

}  // namespace tufmirror::source

#endif  // TUFMIRROR_SRC_SOURCE_SAVED_INDEX_H_
