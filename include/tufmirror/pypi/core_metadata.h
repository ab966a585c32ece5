// Core metadata (PEP 566, 643, 685): the few fields that an index needs, out of
// METADATA or PKG-INFO.
#ifndef TUFMIRROR_PYPI_CORE_METADATA_H_
#define TUFMIRROR_PYPI_CORE_METADATA_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace tufmirror::pypi {

struct CoreMetadata {
  std::string metadata_version;
  std::string name;                        // as written
  std::string version;                     // as written
  std::string requires_python;             // empty if absent
  std::vector<std::string> requires_dist;  // as written
  std::vector<std::string> provides_extra;
};

// Parses the RFC 822-like header; the body (description) is ignored. Bytes
// that are not UTF-8 are tolerated in fields that are not kept. kMalformed if
// Name, Version or Metadata-Version is missing, repeated or empty.
absl::StatusOr<CoreMetadata> ParseCoreMetadata(std::string_view text);

}  // namespace tufmirror::pypi

#endif  // TUFMIRROR_PYPI_CORE_METADATA_H_
