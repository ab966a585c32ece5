// Lines of fields between tabs; empty fields at the end of a line are left out.
#include "source/index_table.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::source {
namespace {

enum Field : size_t {
  kName,
  kFlags,
  kListed,
  kSerial,
  kDigest,
  kEtag,
  kMissing,
  kChangesAt,
  kStaleSince,
  kUrl,
  kFieldCount,
};

constexpr char kSameAsSerial[] = "=";  // of the listed serial
constexpr char kNoFlags[] = "-";

using EntryFields = std::array<std::string_view, kFieldCount>;

// Up to the field `last`; nullopt if there are more fields than there can be.
std::optional<EntryFields> SplitLine(std::string_view line, Field last = kUrl) {
  EntryFields fields;
  for (size_t i = 0; i < kFieldCount; ++i) {
    const size_t tab = line.find('\t');
    fields[i] = line.substr(0, tab);
    if (tab == std::string_view::npos) return fields;
    if (i == last && last != kUrl) return fields;
    line.remove_prefix(tab + 1);
  }
  return std::nullopt;
}

// An empty field is no number, and that is fine.
template <typename Number>
bool ParseNumber(std::string_view text, std::optional<Number>& number) {
  number.reset();
  if (text.empty()) return true;
  Number value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end) return false;
  number = value;
  return true;
}

bool ParseFlags(std::string_view text, IndexEntry& entry) {
  if (text == kNoFlags) return true;
  for (const char flag : text) {
    switch (flag) {
      case 'h':
        entry.html = true;
        break;
      case 'u':
        entry.unpublished = true;
        break;
      case 'a':
        entry.absent = true;
        break;
      case 'g':
        entry.gone = true;
        break;
      case 'r':
        entry.again = true;
        break;
      default:
        return false;
    }
  }
  return !text.empty();
}

bool ParseListed(std::string_view text, IndexEntry& entry) {
  if (text != kSameAsSerial) return ParseNumber(text, entry.listed);
  entry.listed = entry.serial;
  return entry.serial.has_value();
}

// Leaves the strings of `entry` as they are: a table is checked without making
// any.
bool ParseNumbers(const EntryFields& field, IndexEntry& entry) {
  entry.html = entry.unpublished = entry.absent = entry.gone = entry.again =
      false;
  std::optional<int> missing;
  if (field[kName].empty() || !ParseFlags(field[kFlags], entry) ||
      !ParseNumber(field[kSerial], entry.serial) ||
      !ParseListed(field[kListed], entry) ||
      !ParseNumber(field[kMissing], missing) ||
      !ParseNumber(field[kChangesAt], entry.changes_at) ||
      !ParseNumber(field[kStaleSince], entry.stale_since)) {
    return false;
  }
  entry.missing = missing.value_or(0);
  return true;
}

// Into the memory that `entry` has already.
bool ParseLine(std::string_view line, IndexEntry& entry) {
  const std::optional<EntryFields> fields = SplitLine(line);
  if (!fields || !ParseNumbers(*fields, entry)) return false;
  const EntryFields& field = *fields;
  entry.name = field[kName];
  entry.digest = field[kDigest];
  entry.etag = field[kEtag];
  entry.url = field[kUrl];
  return true;
}

std::optional<IndexEntry> ParseLine(std::string_view line) {
  IndexEntry entry;
  if (!ParseLine(line, entry)) return std::nullopt;
  return entry;
}

std::string FlagsOf(const IndexEntry& entry) {
  std::string flags;
  if (entry.html) flags += 'h';
  if (entry.unpublished) flags += 'u';
  if (entry.absent) flags += 'a';
  if (entry.gone) flags += 'g';
  if (entry.again) flags += 'r';
  return flags.empty() ? kNoFlags : flags;
}

std::string NumberText(std::optional<int64_t> number) {
  return number ? fmt::format_int(*number).str() : std::string();
}

std::string FormatLine(const IndexEntry& entry) {
  const bool same = entry.serial && entry.listed == entry.serial;
  std::string line = fmt::format(
      "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}", entry.name, FlagsOf(entry),
      same ? kSameAsSerial : NumberText(entry.listed), NumberText(entry.serial),
      entry.digest, entry.etag,
      entry.missing == 0 ? "" : NumberText(entry.missing),
      NumberText(entry.changes_at), NumberText(entry.stale_since), entry.url);
  line.erase(line.find_last_not_of('\t') + 1);
  return line;
}

std::string_view NameOf(std::string_view line) {
  return line.substr(0, line.find('\t'));
}

// True if `line` is that of `name`, with `serial` both on the page and in the
// list and no flag: as nearly all are, and there may be a million.
bool IsAsListed(std::string_view line, std::string_view name, int64_t serial) {
  constexpr std::string_view kPlain = "\t-\t=\t";
  const size_t start = name.size() + kPlain.size();
  if (line.size() <= start || line.substr(0, name.size()) != name ||
      line.substr(name.size(), kPlain.size()) != kPlain) {
    return false;
  }
  int64_t known = 0;
  const char* const end = line.data() + line.size();
  const auto [stop, error] = std::from_chars(line.data() + start, end, known);
  return error == std::errc() && known == serial &&
         (stop == end || *stop == '\t');
}

absl::Status BadEntry(std::string_view line) {
  return MakeFailure(
      Failure::kMalformed,
      fmt::format("list of known projects: bad line '{}'", Printable(line)));
}

}  // namespace

absl::StatusOr<IndexTable> IndexTable::Parse(std::string text, size_t begin,
                                             size_t end) {
  IndexTable table;
  table.text_ = std::move(text);
  const std::string_view all(table.text_.data(), end);
  std::string_view last;
  IndexEntry numbers;
  while (begin < end) {
    const size_t stop = all.find('\n', begin);
    if (stop == std::string_view::npos) return BadEntry(all.substr(begin));
    const std::string_view line = all.substr(begin, stop - begin);
    const std::optional<EntryFields> fields = SplitLine(line);
    if (!fields || (*fields)[kName] <= last ||
        !ParseNumbers(*fields, numbers)) {
      return BadEntry(line);
    }
    last = (*fields)[kName];
    table.starts_.push_back(begin);
    begin = stop + 1;
  }
  table.starts_.push_back(end);
  return table;
}

std::string_view IndexTable::Line(size_t at) const {
  return std::string_view(text_).substr(starts_[at],
                                        starts_[at + 1] - starts_[at] - 1);
}

size_t IndexTable::LowerBound(std::string_view name) const {
  size_t first = 0;
  size_t last = lines();
  while (first < last) {
    const size_t middle = first + (last - first) / 2;
    if (NameOf(Line(middle)) < name) {
      first = middle + 1;
    } else {
      last = middle;
    }
  }
  return first;
}

std::optional<IndexEntry> IndexTable::Find(std::string_view name) const {
  const auto change = changes_.find(name);
  if (change != changes_.end()) return ParseLine(change->second);
  const size_t at = LowerBound(name);
  if (at >= lines() || NameOf(Line(at)) != name) return std::nullopt;
  return ParseLine(Line(at));
}

void IndexTable::Put(const IndexEntry& entry) {
  std::string line = FormatLine(entry);
  const size_t at = LowerBound(entry.name);
  if (at < lines() && Line(at) == line) {
    changes_.erase(entry.name);
    return;
  }
  changes_.insert_or_assign(entry.name, std::move(line));
}

void IndexTable::Remove(std::string_view name) {
  const size_t at = LowerBound(name);
  if (at < lines() && NameOf(Line(at)) == name) {
    changes_.insert_or_assign(std::string(name), std::string());
    return;
  }
  const auto change = changes_.find(name);
  if (change != changes_.end()) changes_.erase(change);
}

absl::Status IndexTable::ForEachLine(
    absl::FunctionRef<absl::Status(std::string_view line)> visit) const {
  auto change = changes_.begin();
  const auto visit_change = [&]() -> absl::Status {
    const std::string& line = (change++)->second;
    return line.empty() ? absl::OkStatus() : visit(line);
  };
  for (size_t at = 0; at < lines(); ++at) {
    const std::string_view name = NameOf(Line(at));
    while (change != changes_.end() && change->first < name) {
      RETURN_IF_ERROR(visit_change());
    }
    if (change != changes_.end() && change->first == name) {
      RETURN_IF_ERROR(visit_change());
    } else {
      RETURN_IF_ERROR(visit(Line(at)));
    }
  }
  while (change != changes_.end()) RETURN_IF_ERROR(visit_change());
  return absl::OkStatus();
}

absl::Status IndexTable::ForEach(
    absl::FunctionRef<absl::Status(const IndexEntry& entry)> visit) const {
  IndexEntry entry;
  return ForEachLine([&](std::string_view line) {
    return ParseLine(line, entry) ? visit(entry) : BadEntry(line);
  });
}

void IndexTable::AppendTo(std::string& out) const {
  out.reserve(out.size() + text_.size() + changes_.size() * 100);
  ForEachLine([&out](std::string_view line) {
    out.append(line).append("\n");
    return absl::OkStatus();
  }).IgnoreError();
}

IndexListing::Difference IndexListing::See(std::string_view name,
                                           std::optional<int64_t> serial) {
  // Nearly always it is the next one.
  if (serial && next_ < table_.lines() &&
      IsAsListed(table_.Line(next_), name, *serial)) {
    listed_[next_++] = true;
    return Difference::kNone;
  }
  if (next_ >= table_.lines() || NameOf(table_.Line(next_)) != name) {
    next_ = table_.LowerBound(name);
    if (next_ >= table_.lines() || NameOf(table_.Line(next_)) != name) {
      return Difference::kUnknown;
    }
  }
  listed_[next_] = true;
  const std::optional<EntryFields> fields =
      SplitLine(table_.Line(next_++), kSerial);
  if (fields && (*fields)[kFlags].find('a') != std::string_view::npos) {
    returned_.emplace_back(name);
    if ((*fields)[kFlags].find('g') != std::string_view::npos) {
      return Difference::kSerial;
    }
  }
  IndexEntry entry;
  if (!serial || !fields || !ParseNumber((*fields)[kSerial], entry.serial) ||
      !ParseListed((*fields)[kListed], entry)) {
    return Difference::kSerial;
  }
  // A page may be newer than the list was when both were read last.
  return serial == entry.listed || serial == entry.serial ? Difference::kNone
                                                          : Difference::kSerial;
}

std::vector<std::string> IndexListing::Unseen() const {
  std::vector<std::string> names;
  for (size_t at = 0; at < table_.lines(); ++at) {
    if (!listed_[at]) names.emplace_back(NameOf(table_.Line(at)));
  }
  return names;
}

}  // namespace tufmirror::source
