// Form: lines of fields between tabs. The base is a heading and records. The
// head has a heading, "base", "u" (unpublished) and "-" (dropped) lines,
// records, and at the end the digest of all before.
#include "source/saved_index.h"

#include <sys/stat.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::source {
namespace {

constexpr uint64_t kMaxIndexBytes = uint64_t{4} << 30;
constexpr mode_t kIndexMode = 0600;
constexpr std::string_view kHeadHeading = "tufmirror source index 2";
constexpr std::string_view kBaseHeading = "tufmirror source index 2, base";
// A head is read and written in no time up to a sixteenth of the base.
constexpr size_t kLeastHeadRecords = 64;
constexpr size_t kHeadShare = 16;
constexpr size_t kUsualLineBytes = 200;

absl::Status Unusable(std::string_view why) {
  return MakeFailure(Failure::kMalformed, fmt::format("source index: {}", why));
}

std::string BasePath(const std::string& path, char slot) {
  return fmt::format("{}-base-{}", path, slot);
}

// What is left of `line` after `mark` and a tab; nullopt if it has not those.
std::optional<std::string_view> After(std::string_view mark,
                                      std::string_view line) {
  if (line.size() <= mark.size() || line.substr(0, mark.size()) != mark ||
      line[mark.size()] != '\t') {
    return std::nullopt;
  }
  return line.substr(mark.size() + 1);
}

// Takes "base SLOT DIGEST".
absl::Status TakeBaseLine(std::string_view& rest, SavedIndex& index) {
  const auto value = After("base", TakeLine(rest).value_or(""));
  if (!value || value->size() < 3 || (*value)[1] != '\t') {
    return Unusable("the head names no base");
  }
  index.base_slot = value->front();
  if (index.base_slot != 'a' && index.base_slot != 'b') {
    return Unusable("the head names a base that there cannot be");
  }
  index.base_digest = value->substr(2);
  return absl::OkStatus();
}

absl::Status TakeHeadLine(std::string_view line, TextStore& store,
                          SavedIndex& index) {
  if (const auto project = After("u", line)) {
    index.unpublished.push_back(*project);
    return absl::OkStatus();
  }
  if (const auto dropped = After("-", line)) {
    const size_t tab = dropped->find('\t');
    if (tab == std::string_view::npos) return Unusable("a bad '-' line");
    IndexRecord record;
    record.project = dropped->substr(0, tab);
    record.path = UnescapedField(dropped->substr(tab + 1), store);
    index.dropped.push_back(record);
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const IndexRecord record, ParseRecord(line, store));
  index.records.push_back(record);
  return absl::OkStatus();
}

// The index as far as its head says it: without the records of the base.
absl::StatusOr<SavedIndex> ParseHead(std::string_view text, TextStore& store) {
  // The digest is the last line.
  if (text.empty() || text.back() != '\n') return Unusable("the head is cut");
  const size_t last = text.rfind('\n', text.size() - 2);
  if (last == std::string_view::npos) return Unusable("the head is cut");
  std::string_view rest = text.substr(0, last + 1);
  const auto digest =
      After("end", text.substr(last + 1, text.size() - last - 2));
  if (digest != crypto::Sha256Of(rest).Hex()) {
    return Unusable("the head is damaged");
  }
  if (TakeLine(rest) != kHeadHeading) return Unusable("another format");
  SavedIndex index;
  RETURN_IF_ERROR(TakeBaseLine(rest, index));
  while (const std::optional<std::string_view> line = TakeLine(rest)) {
    RETURN_IF_ERROR(TakeHeadLine(*line, store, index));
  }
  return index;
}

absl::StatusOr<std::vector<IndexRecord>> ParseBase(std::string_view text,
                                                   TextStore& store) {
  std::vector<IndexRecord> records;
  if (TakeLine(text) != kBaseHeading) return Unusable("another format");
  records.reserve(text.size() / kUsualLineBytes);
  while (const std::optional<std::string_view> line = TakeLine(text)) {
    ASSIGN_OR_RETURN(IndexRecord record, ParseRecord(*line, store));
    record.in_base = true;
    records.push_back(record);
  }
  return records;
}

// Puts what the head says on top of the records of the base.
absl::Status Apply(std::vector<IndexRecord> base, SavedIndex& index) {
  std::vector<size_t> gone;
  for (const IndexRecord& dropped : index.dropped) {
    const auto place = std::lower_bound(base.begin(), base.end(), dropped);
    if (place == base.end() || dropped < *place) {
      return Unusable("the base lacks a record");
    }
    gone.push_back(static_cast<size_t>(place - base.begin()));
  }
  std::sort(gone.begin(), gone.end());
  gone.erase(std::unique(gone.begin(), gone.end()), gone.end());
  index.base_count = base.size();
  if (gone.empty() && index.records.empty()) {
    index.records = std::move(base);
  } else {
    index.records = MergeRecords(base, gone, index.records);
  }
  return absl::OkStatus();
}

absl::Status SaveBase(const std::string& path, SavedIndex& index) {
  std::string text(kBaseHeading);
  text += '\n';
  text.reserve(index.records.size() * kUsualLineBytes * 3 / 2);
  for (const IndexRecord& record : index.records) AppendRecord(record, text);
  const char slot = index.base_slot == 'a' ? 'b' : 'a';
  RETURN_IF_ERROR(fs::WriteFileAtomically(BasePath(path, slot), text,
                                          kIndexMode, fs::Durability::kFsync));
  index.base_slot = slot;
  index.base_digest = crypto::Sha256Of(text).Hex();
  index.base_count = index.records.size();
  for (IndexRecord& record : index.records) record.in_base = true;
  index.dropped.clear();
  return absl::OkStatus();
}

std::string FormatHead(const SavedIndex& index) {
  std::string text = fmt::format("{}\nbase\t{}\t{}\n", kHeadHeading,
                                 index.base_slot, index.base_digest);
  for (const std::string_view project : index.unpublished) {
    text += 'u';
    AppendField(project, text);
    text += '\n';
  }
  for (const IndexRecord& record : index.dropped) {
    text += '-';
    AppendField(record.project, text);
    AppendField(record.path, text);
    text += '\n';
  }
  for (const IndexRecord& record : index.records) {
    if (!record.in_base) AppendRecord(record, text);
  }
  return text + fmt::format("end\t{}\n", crypto::Sha256Of(text).Hex());
}

}  // namespace

absl::StatusOr<SavedIndex> LoadIndex(const std::string& path,
                                     TextStore& store) {
  ASSIGN_OR_RETURN(std::string head, fs::ReadFile(path, kMaxIndexBytes));
  ASSIGN_OR_RETURN(SavedIndex index,
                   ParseHead(store.Keep(std::move(head)), store));
  ASSIGN_OR_RETURN(
      std::string text,
      fs::ReadFile(BasePath(path, index.base_slot), kMaxIndexBytes));
  const std::string_view base = store.Keep(std::move(text));
  if (crypto::Sha256Of(base).Hex() != index.base_digest) {
    return Unusable("the base is damaged, or another one");
  }
  ASSIGN_OR_RETURN(std::vector<IndexRecord> records, ParseBase(base, store));
  RETURN_IF_ERROR(Apply(std::move(records), index));
  return index;
}

absl::Status SaveIndex(const std::string& path, SavedIndex& index) {
  const auto in_head = static_cast<size_t>(
      std::count_if(index.records.begin(), index.records.end(),
                    [](const IndexRecord& record) { return !record.in_base; }));
  const size_t changes = in_head + index.dropped.size();
  if (index.base_digest.empty() ||
      changes > kLeastHeadRecords + index.base_count / kHeadShare) {
    RETURN_IF_ERROR(SaveBase(path, index));
  }
  return fs::WriteFileAtomically(path, FormatHead(index), kIndexMode,
                                 fs::Durability::kNone);
}

}  // namespace tufmirror::source
