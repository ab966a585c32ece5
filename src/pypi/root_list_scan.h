// Entries of a JSON root list in the form that nearly all have, read without a
// parser: that is several times as fast, and there may be a million.
#ifndef TUFMIRROR_SRC_PYPI_ROOT_LIST_SCAN_H_
#define TUFMIRROR_SRC_PYPI_ROOT_LIST_SCAN_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace tufmirror::pypi {

struct ScannedEntry {
  std::string_view name;  // as written
  std::optional<int64_t> serial;
  size_t next = 0;  // the offset of the entry behind it
};

// The entry that begins at `at`, if it is an object of a member "name" and at
// most a member "_last-serial", in plain ASCII without escapes, and another
// entry follows it. nullopt says only that a parser has to look at it.
std::optional<ScannedEntry> ScanEntry(std::string_view text, size_t at);

}  // namespace tufmirror::pypi

#endif  // TUFMIRROR_SRC_PYPI_ROOT_LIST_SCAN_H_
