// Lines of fields between tabs. The first line names the format, the last one
// counts the records: an index cut short is no index.
#include "source/source_index.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::source {
namespace {

constexpr std::string_view kFormat = "tufmirror source index 1";
constexpr std::string_view kUnpublished = "u";
constexpr std::string_view kEnd = "end";
constexpr size_t kMaxFields = 12;
constexpr size_t kDistributionFields = 12;
constexpr size_t kProblemFields = 7;

// The failures that a record can have: those that depend on the file alone.
constexpr Failure kRemembered[] = {Failure::kMalformed, Failure::kUnsupported,
                                   Failure::kTooLarge};

absl::Status BadLine(std::string_view line) {
  return MakeFailure(
      Failure::kMalformed,
      fmt::format("source index: bad line '{}'", Printable(line)));
}

struct Fields {
  std::array<std::string_view, kMaxFields> at;
  size_t count = 0;
};

// The fields of `line`; none if there are more than kMaxFields.
Fields SplitFields(std::string_view line) {
  Fields fields;
  while (true) {
    if (fields.count == kMaxFields) return {};
    const size_t tab = line.find('\t');
    fields.at[fields.count++] = line.substr(0, tab);
    if (tab == std::string_view::npos) return fields;
    line.remove_prefix(tab + 1);
  }
}

void AppendEscaped(std::string_view text, std::string& out) {
  if (text.find_first_of("\t\n\\") == std::string_view::npos) {
    out += text;
    return;
  }
  for (const char c : text) {
    if (c == '\t') {
      out += "\\t";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\\') {
      out += "\\\\";
    } else {
      out += c;
    }
  }
}

std::string_view Unescaped(std::string_view text, TextStore& store) {
  if (text.find('\\') == std::string_view::npos) return text;
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      plain += text[i];
      continue;
    }
    const char c = text[++i];
    plain += c == 't' ? '\t' : c == 'n' ? '\n' : c;
  }
  return store.Keep(std::move(plain));
}

template <typename Number>
bool ParseNumber(std::string_view text, Number& number) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end;
}

// Half of the index is digests: no branch for each of their characters.
bool IsDigest(std::string_view text) {
  static constexpr auto kOther = [] {
    std::array<uint8_t, 256> other{};
    other.fill(1);
    for (const char c : std::string_view("0123456789abcdef")) {
      other[static_cast<uint8_t>(c)] = 0;
    }
    return other;
  }();
  if (text.size() != 64) return false;
  uint8_t bad = 0;
  for (const char c : text) bad |= kOther[static_cast<uint8_t>(c)];
  return bad == 0;
}

std::optional<Failure> FailureNamed(std::string_view name) {
  for (const Failure failure : kRemembered) {
    if (FailureName(failure) == name) return failure;
  }
  return std::nullopt;
}

// size, mtime and inode, from the field `first` on.
bool ParseFileInfo(const Fields& fields, size_t first, IndexRecord& record) {
  return ParseNumber(fields.at[first], record.size) &&
         ParseNumber(fields.at[first + 1], record.mtime) &&
         ParseNumber(fields.at[first + 2], record.inode);
}

absl::StatusOr<IndexRecord> ParseProblem(std::string_view line,
                                         const Fields& fields,
                                         TextStore& store) {
  IndexRecord record;
  if (fields.count != kProblemFields || !ParseFileInfo(fields, 2, record)) {
    return BadLine(line);
  }
  const std::optional<Failure> failure = FailureNamed(fields.at[5]);
  if (!failure) return BadLine(line);
  record.path = Unescaped(fields.at[1], store);
  record.failure = *failure;
  record.message = Unescaped(fields.at[6], store);
  return record;
}

absl::StatusOr<IndexRecord> ParseRecord(std::string_view line,
                                        TextStore& store) {
  const Fields fields = SplitFields(line);
  const std::string_view state = fields.at[0];
  if (state == "x") return ParseProblem(line, fields, store);
  IndexRecord record;
  if (fields.count != kDistributionFields ||
      (state != "t" && state != "s" && state != "c") || fields.at[1].empty() ||
      !ParseFileInfo(fields, 3, record) || !IsDigest(fields.at[6]) ||
      (!fields.at[7].empty() && !IsDigest(fields.at[7])) ||
      !ParseNumber(fields.at[8], record.upload_time)) {
    return BadLine(line);
  }
  record.state = static_cast<RecordState>(state[0]);
  record.project = fields.at[1];
  record.path = Unescaped(fields.at[2], store);
  record.sha256 = fields.at[6];
  record.core_metadata = fields.at[7];
  record.version = Unescaped(fields.at[9], store);
  record.display_name = Unescaped(fields.at[10], store);
  record.requires_python = Unescaped(fields.at[11], store);
  return record;
}

// The next line of `text`, removed from it; nullopt if no whole line is left.
std::optional<std::string_view> TakeLine(std::string_view& text) {
  const size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

void AppendField(std::string_view text, std::string& out) {
  out += '\t';
  AppendEscaped(text, out);
}

template <typename Number>
void AppendNumber(Number number, std::string& out) {
  const fmt::format_int digits(number);
  out += '\t';
  out.append(digits.data(), digits.size());
}

void AppendFileInfo(const IndexRecord& record, std::string& out) {
  AppendNumber(record.size, out);
  AppendNumber(record.mtime, out);
  AppendNumber(record.inode, out);
}

void AppendRecord(const IndexRecord& record, std::string& out) {
  out += static_cast<char>(record.state);
  if (record.state == RecordState::kProblem) {
    AppendField(record.path, out);
    AppendFileInfo(record, out);
    AppendField(FailureName(record.failure), out);
    AppendField(record.message, out);
  } else {
    AppendField(record.project, out);
    AppendField(record.path, out);
    AppendFileInfo(record, out);
    AppendField(record.sha256, out);
    AppendField(record.core_metadata, out);
    AppendNumber(record.upload_time, out);
    AppendField(record.version, out);
    AppendField(record.display_name, out);
    AppendField(record.requires_python, out);
  }
  out += '\n';
}

}  // namespace

absl::StatusOr<SourceIndex> ParseSourceIndex(std::string text,
                                             TextStore& store) {
  std::string_view rest = store.Keep(std::move(text));
  SourceIndex index;
  if (TakeLine(rest) != kFormat) return BadLine("(first)");
  index.records.reserve(static_cast<size_t>(rest.size() / 200));
  while (const std::optional<std::string_view> line = TakeLine(rest)) {
    if (line->substr(0, 2) == "u\t") {
      index.unpublished.push_back(line->substr(2));
    } else if (line->substr(0, 4) == "end\t") {
      size_t count = 0;
      if (!ParseNumber(line->substr(4), count) || !rest.empty() ||
          count != index.records.size() ||
          !std::is_sorted(index.records.begin(), index.records.end())) {
        return BadLine(*line);
      }
      return index;
    } else {
      ASSIGN_OR_RETURN(const IndexRecord record, ParseRecord(*line, store));
      index.records.push_back(record);
    }
  }
  return BadLine("(last)");
}

std::string FormatSourceIndex(const SourceIndex& index) {
  std::string text;
  text.reserve(64 + index.records.size() * 300);
  text += kFormat;
  text += '\n';
  for (const std::string_view project : index.unpublished) {
    text += kUnpublished;
    AppendField(project, text);
    text += '\n';
  }
  for (const IndexRecord& record : index.records) AppendRecord(record, text);
  text += kEnd;
  AppendNumber(index.records.size(), text);
  text += '\n';
  return text;
}

}  // namespace tufmirror::source
