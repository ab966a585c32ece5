// Reading many distributions at once, keeping of each only what an index page
// needs.
#ifndef TUFMIRROR_SRC_SOURCE_FILE_FACTS_H_
#define TUFMIRROR_SRC_SOURCE_FILE_FACTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tufmirror/base/digest.h"
#include "tufmirror/source/directory_source.h"

namespace tufmirror::source {

// What is kept of one distribution that was read.
struct FileFacts {
  std::string project;  // normalized
  std::string display_name;
  std::string version;
  std::string requires_python;
  Sha256 sha256;
  uint64_t size = 0;
  std::optional<Sha256> core_metadata;
};

// Reads the files `paths` (relative to `directory`) with the threads of
// `options`; results in the same order. kCancelled if `options` say so.
absl::StatusOr<std::vector<absl::StatusOr<FileFacts>>> ReadFiles(
    const std::string& directory, const std::vector<std::string>& paths,
    const ScanOptions& options);

}  // namespace tufmirror::source

#endif  // TUFMIRROR_SRC_SOURCE_FILE_FACTS_H_
