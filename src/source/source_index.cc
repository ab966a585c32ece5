// Fields between tabs: state, project, path, size, mtime, inode, then the
// details of that state.
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

constexpr size_t kMaxFields = 6;
constexpr size_t kDistributionFields = 6;
constexpr size_t kProblemFields = 2;

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

std::string PlainText(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      plain += text[i];
      continue;
    }
    const char c = text[++i];
    plain += c == 't' ? '\t' : c == 'n' ? '\n' : c;
  }
  return plain;
}

template <typename Number>
bool ParseNumber(std::string_view text, Number& number) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc() && stop == end;
}

bool IsDigest(std::string_view text) {
  return text.size() == 64 &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::optional<Failure> FailureNamed(std::string_view name) {
  for (const Failure failure : kRemembered) {
    if (FailureName(failure) == name) return failure;
  }
  return std::nullopt;
}

// The next field of `line`, removed from it with the tab that ends it; nullopt
// if there is no tab.
std::optional<std::string_view> TakeField(std::string_view& line) {
  const size_t tab = line.find('\t');
  if (tab == std::string_view::npos) return std::nullopt;
  const std::string_view field = line.substr(0, tab);
  line.remove_prefix(tab + 1);
  return field;
}

template <typename Number>
bool TakeNumber(std::string_view& line, Number& number) {
  const auto field = TakeField(line);
  return field && ParseNumber(*field, number);
}

std::optional<RecordState> StateNamed(std::string_view field) {
  if (field.size() != 1) return std::nullopt;
  for (const RecordState state :
       {RecordState::kTaken, RecordState::kSpare, RecordState::kConflict,
        RecordState::kProblem}) {
    if (field[0] == static_cast<char>(state)) return state;
  }
  return std::nullopt;
}

template <typename Number>
void AppendNumber(Number number, std::string& out) {
  const fmt::format_int digits(number);
  out += '\t';
  out.append(digits.data(), digits.size());
}

}  // namespace

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

std::string_view UnescapedField(std::string_view text, TextStore& store) {
  if (text.find('\\') == std::string_view::npos) return text;
  return store.Keep(PlainText(text));
}

absl::StatusOr<IndexRecord> ParseRecord(std::string_view line,
                                        TextStore& store) {
  std::string_view rest = line;
  IndexRecord record;
  const auto state = TakeField(rest);
  const auto project = TakeField(rest);
  const auto path = TakeField(rest);
  const auto named = StateNamed(state.value_or(""));
  if (!named || !path || path->empty() || !TakeNumber(rest, record.size) ||
      !TakeNumber(rest, record.mtime) || !TakeNumber(rest, record.inode) ||
      project->empty() != (named == RecordState::kProblem)) {
    return BadLine(line);
  }
  record.state = *named;
  record.project = *project;
  record.path = UnescapedField(*path, store);
  record.details = rest;
  return record;
}

void AppendRecord(const IndexRecord& record, std::string& out) {
  out += static_cast<char>(record.state);
  AppendField(record.project, out);
  AppendField(record.path, out);
  AppendNumber(record.size, out);
  AppendNumber(record.mtime, out);
  AppendNumber(record.inode, out);
  out += '\t';
  out += record.details;
  out += '\n';
}

absl::StatusOr<RecordDetails> ParseDetails(const IndexRecord& record) {
  const Fields fields = SplitFields(record.details);
  RecordDetails details;
  if (record.state == RecordState::kProblem) {
    const std::optional<Failure> failure = FailureNamed(fields.at[0]);
    if (fields.count != kProblemFields || !failure) {
      return BadLine(record.details);
    }
    details.failure = *failure;
    details.message = PlainText(fields.at[1]);
    return details;
  }
  if (fields.count != kDistributionFields || !IsDigest(fields.at[0]) ||
      (!fields.at[1].empty() && !IsDigest(fields.at[1])) ||
      !ParseNumber(fields.at[2], details.upload_time)) {
    return BadLine(record.details);
  }
  details.sha256 = fields.at[0];
  details.core_metadata = fields.at[1];
  details.version = PlainText(fields.at[3]);
  details.display_name = PlainText(fields.at[4]);
  details.requires_python = PlainText(fields.at[5]);
  return details;
}

std::string FormatDetails(RecordState state, const RecordDetails& details) {
  std::string text;
  if (state == RecordState::kProblem) {
    text = FailureName(details.failure);
    AppendField(details.message, text);
    return text;
  }
  text = details.sha256;
  AppendField(details.core_metadata, text);
  AppendNumber(details.upload_time, text);
  AppendField(details.version, text);
  AppendField(details.display_name, text);
  AppendField(details.requires_python, text);
  return text;
}

std::vector<IndexRecord> MergeRecords(const std::vector<IndexRecord>& records,
                                      const std::vector<size_t>& gone,
                                      const std::vector<IndexRecord>& added) {
  std::vector<IndexRecord> merged;
  merged.reserve(records.size() - gone.size() + added.size());
  size_t next = 0;
  auto skip = gone.begin();
  const auto copy_until = [&](size_t end) {
    const auto at = [&records](size_t i) {
      return records.begin() + static_cast<ptrdiff_t>(i);
    };
    for (; skip != gone.end() && *skip < end; ++skip) {
      merged.insert(merged.end(), at(next), at(*skip));
      next = *skip + 1;
    }
    merged.insert(merged.end(), at(next), at(end));
    next = end;
  };
  for (const IndexRecord& record : added) {
    const auto place = std::lower_bound(
        records.begin() + static_cast<ptrdiff_t>(next), records.end(), record);
    copy_until(static_cast<size_t>(place - records.begin()));
    merged.push_back(record);
  }
  copy_until(records.size());
  return merged;
}

}  // namespace tufmirror::source
