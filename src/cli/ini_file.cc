// A line by itself says what it is, but for its indentation: deeper than the
// key above, it continues the value.
#include "cli/ini_file.h"

#include <algorithm>
#include <set>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::cli {
namespace {

constexpr size_t kMaxIniBytes = size_t{1} << 20;

class IniReader {
 public:
  absl::Status ReadLine(std::string_view raw) {
    ++number_;
    const std::string_view line = StripWhitespace(raw);
    // Comments and empty lines end no value.
    if (line.empty() || line[0] == '#' || line[0] == ';') {
      return absl::OkStatus();
    }
    const size_t indent = raw.find_first_not_of(" \t\r\f\v");
    if (in_value_ && indent > key_indent_) {
      file_.sections.back().entries.back().lines.push_back(
          {number_, std::string(line)});
      return absl::OkStatus();
    }
    in_value_ = false;
    if (line[0] == '[') return ReadSection(line);
    return ReadEntry(line, indent);
  }

  IniFile Take() && { return std::move(file_); }

 private:
  absl::Status Malformed(std::string_view what) const {
    return MakeFailure(Failure::kMalformed,
                       fmt::format("line {}: {}", number_, what));
  }

  absl::Status ReadSection(std::string_view line) {
    const size_t end = line.find(']');
    if (end == std::string_view::npos || end == 1) {
      return Malformed(
          fmt::format("'[section]' expected, got '{}'", Printable(line, 80)));
    }
    std::string name(line.substr(1, end - 1));
    if (!sections_.insert(name).second) {
      return Malformed(fmt::format("section '{}' is there for the second time",
                                   Printable(name, 80)));
    }
    keys_.clear();
    file_.sections.push_back({.name = std::move(name), .number = number_});
    return absl::OkStatus();
  }

  absl::Status ReadEntry(std::string_view line, size_t indent) {
    const size_t equals = line.find('=');
    const std::string key = AsciiLower(
        StripWhitespace(line.substr(0, std::min(equals, line.size()))));
    if (equals == std::string_view::npos || key.empty()) {
      return Malformed(
          fmt::format("'key = value' expected, got '{}'", Printable(line, 80)));
    }
    if (file_.sections.empty()) {
      return Malformed(fmt::format("a section expected before key '{}'",
                                   Printable(key, 80)));
    }
    if (!keys_.insert(key).second) {
      return Malformed(fmt::format("key '{}' is there for the second time",
                                   Printable(key, 80)));
    }
    IniEntry entry{.key = key, .number = number_};
    const std::string_view value = StripWhitespace(line.substr(equals + 1));
    if (!value.empty()) entry.lines.push_back({number_, std::string(value)});
    file_.sections.back().entries.push_back(std::move(entry));
    in_value_ = true;
    key_indent_ = indent;
    return absl::OkStatus();
  }

  IniFile file_;
  size_t number_ = 0;
  bool in_value_ = false;
  size_t key_indent_ = 0;
  std::set<std::string> sections_;
  std::set<std::string> keys_;  // of the section
};

}  // namespace

std::string IniEntry::value() const {
  std::string text;
  for (const IniLine& line : lines) {
    if (!text.empty()) text += ' ';
    text += line.text;
  }
  return text;
}

const IniEntry* IniSection::Find(std::string_view key) const {
  for (const IniEntry& entry : entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

const IniSection* IniFile::Find(std::string_view name) const {
  for (const IniSection& section : sections) {
    if (section.name == name) return &section;
  }
  return nullptr;
}

absl::StatusOr<IniFile> ParseIni(std::string_view text) {
  if (text.size() > kMaxIniBytes) {
    return MakeFailure(Failure::kTooLarge,
                       fmt::format("at most {} bytes expected, got {}",
                                   kMaxIniBytes, text.size()));
  }
  if (!IsUtf8(text)) {
    return MakeFailure(Failure::kMalformed, "UTF-8 expected, got other bytes");
  }
  IniReader reader;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    RETURN_IF_ERROR(reader.ReadLine(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return std::move(reader).Take();
}

}  // namespace tufmirror::cli
