// Whether a file on disk is what signed metadata, or a scan, says of it.
#ifndef TUFMIRROR_SYNC_FILE_CHECK_H_
#define TUFMIRROR_SYNC_FILE_CHECK_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "tufmirror/base/digest.h"

namespace tufmirror::sync {

// Reads `path` to its end. kLength or kDigest naming `what`, or the file
// system's failure.
absl::Status CheckFile(const std::string& path, const ExpectedContent& expected,
                       std::string_view what);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_FILE_CHECK_H_
