// One scan of a directory, in five steps: load the index, match the files of
// the directory with it, read those that it does not know, settle each file
// name, list problems.
#ifndef TUFMIRROR_SRC_SOURCE_DIRECTORY_SCANNER_H_
#define TUFMIRROR_SRC_SOURCE_DIRECTORY_SCANNER_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "source/saved_index.h"
#include "source/source_index.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/source/directory_source.h"

namespace tufmirror::source {

// What a scan found, in the form of the index.
struct ScanResult {
  TextStore store;  // of the records
  bool had_index = false;
  // The index that is on disk has these records already.
  bool saved = false;
  // Its `unpublished` is of the index on disk; the rest is of this scan.
  SavedIndex index;
  std::vector<pypi::ProjectName> changed;
  std::vector<Problem> problems;
};

// Scans `directory`, comparing with the index at `index_path`; errors as
// ScanDirectory.
absl::StatusOr<ScanResult> Scan(const std::string& directory,
                                const std::string& index_path,
                                const ScanOptions& options);

}  // namespace tufmirror::source

#endif  // TUFMIRROR_SRC_SOURCE_DIRECTORY_SCANNER_H_
