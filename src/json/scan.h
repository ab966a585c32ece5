// The one pass over a parsed document that makes it strict: nesting depth,
// duplicate keys; and notes which bytes are already canonical.
#ifndef TUFMIRROR_SRC_JSON_SCAN_H_
#define TUFMIRROR_SRC_JSON_SCAN_H_

#include <cstddef>

#include "absl/status/status.h"
#include "json/parsed_text.h"

namespace tufmirror::json {

// Checks `parsed`, whose text and tape are filled in, and fills in the rest.
// kMalformed on nesting beyond `max_depth` and on a duplicate key at any depth.
absl::Status Scan(size_t max_depth, ParsedText& parsed);

}  // namespace tufmirror::json

#endif  // TUFMIRROR_SRC_JSON_SCAN_H_
