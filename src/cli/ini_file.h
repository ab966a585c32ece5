// INI files as Python's configparser reads them with "=" as the delimiter and
// without interpolation, every line with its number.
#ifndef TUFMIRROR_SRC_CLI_INI_FILE_H_
#define TUFMIRROR_SRC_CLI_INI_FILE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace tufmirror::cli {

struct IniLine {
  size_t number = 0;  // from 1
  std::string text;   // without blanks around it, not empty
};

struct IniEntry {
  std::string key;  // in lower case
  size_t number = 0;
  // The value: what follows the delimiter, and indented lines below it.
  std::vector<IniLine> lines = {};

  // The lines of the value, joined by blanks.
  std::string value() const;
};

struct IniSection {
  std::string name;  // as written
  size_t number = 0;
  std::vector<IniEntry> entries = {};

  const IniEntry* Find(std::string_view key) const;  // null if absent
};

struct IniFile {
  std::vector<IniSection> sections;

  const IniSection* Find(std::string_view name) const;  // null if absent
};

// kMalformed, with the line: what is no section, entry or continuation, and a
// section or a key for the second time; also what is not UTF-8. kTooLarge above
// 1 MiB.
absl::StatusOr<IniFile> ParseIni(std::string_view text);

}  // namespace tufmirror::cli

#endif  // TUFMIRROR_SRC_CLI_INI_FILE_H_
