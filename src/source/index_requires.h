// What the files of a project require, as their core metadata say: kept below
// state/index by digest, so that no metadata is fetched twice.
#ifndef TUFMIRROR_SRC_SOURCE_INDEX_REQUIRES_H_
#define TUFMIRROR_SRC_SOURCE_INDEX_REQUIRES_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/http/transfers.h"
#include "tufmirror/source/origin_source.h"

namespace tufmirror::source {

// The Requires-Dist lines of files, by RequiresKey.
using RequiresByFile =
    std::map<std::string, std::vector<std::string>, std::less<>>;

// The SHA-256 of the file's core metadata, which many files of a release have
// in common; if that is not known, the file's; or else its location's.
std::string RequiresKey(const SourceFile& file);

// What does not parse is empty.
RequiresByFile ParseRequires(std::string_view text);
std::string FormatRequires(const RequiresByFile& by_file);

// What the response to MetadataRequest says: kDigest if it is not what the
// page promised.
absl::StatusOr<std::vector<std::string>> ReadRequires(const SourceFile& file,
                                                      std::string_view body);

}  // namespace tufmirror::source

#endif  // TUFMIRROR_SRC_SOURCE_INDEX_REQUIRES_H_
