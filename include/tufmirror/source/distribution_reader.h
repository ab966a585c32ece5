// Looks inside a distribution file: which project and version is it really,
// and what core metadata goes with it. Archives are hostile until proven
// otherwise: bounded, no extraction, by libarchive.
#ifndef TUFMIRROR_SOURCE_DISTRIBUTION_READER_H_
#define TUFMIRROR_SOURCE_DISTRIBUTION_READER_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "tufmirror/base/digest.h"
#include "tufmirror/pypi/core_metadata.h"
#include "tufmirror/pypi/names.h"

namespace tufmirror::source {

struct Distribution {
  pypi::DistributionName name;
  ExpectedContent content;  // of the file: length and SHA-256
  pypi::CoreMetadata metadata;
  // The exact bytes of METADATA (wheels only; PEP 658 promises nothing for
  // sdists unless their metadata is final). Empty: no .metadata file.
  std::string metadata_file;
};

// Reads `path`, whose file name is `filename`, once for digest and once for
// metadata. kMalformed: bad name, not an archive, no METADATA or PKG-INFO,
// several of them, or name or version disagreeing with the file name;
// kUnsupported: a legacy kind or another extension; kTooLarge: metadata over
// 4 MiB, more than 200,000 members, or out of proportion when decompressed.
// These three depend on name and bytes alone: they stay until the file
// changes. kHeldBack: the file changed while it was read; the rest is the
// file system's.
absl::StatusOr<Distribution> ReadDistribution(const std::string& path,
                                              std::string_view filename);

// The metadata_file of the wheel `path` again, for when it is published:
// kDigest if its SHA-256 is not `expected` (nullopt: any is right); else as
// ReadDistribution.
absl::StatusOr<std::string> ReadMetadataFile(
    const std::string& path, std::string_view filename,
    const std::optional<Sha256>& expected);

}  // namespace tufmirror::source

#endif  // TUFMIRROR_SOURCE_DISTRIBUTION_READER_H_
