// Form of the list: "unix-seconds path", one a line, sorted by path.
#include "tufmirror/tree/retired.h"

#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "fmt/format.h"
#include "tree/records.h"
#include "tree/retired_line.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::tree {

std::optional<RetiredFile> ParseRetiredLine(std::string_view line) {
  const size_t space = line.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  int64_t seconds = 0;
  const char* const end = line.data() + space;
  const auto [parsed_to, error] = std::from_chars(line.data(), end, seconds);
  if (error != std::errc() || parsed_to != end) return std::nullopt;
  absl::StatusOr<TargetPath> path = TargetPath::Parse(line.substr(space + 1));
  if (!path.ok()) return std::nullopt;
  return RetiredFile{*std::move(path), absl::FromUnixSeconds(seconds)};
}

absl::StatusOr<RetiredFiles> RetiredFiles::Load(const Home& home) {
  RetiredFiles retired;
  absl::StatusOr<RecordReader> lines =
      RecordReader::Open(home.layout().retired(), '\n');
  if (!lines.ok()) {
    if (FailureOf(lines.status()) == Failure::kNotFound) return retired;
    return lines.status();
  }
  while (true) {
    const absl::StatusOr<std::optional<std::string_view>> line = lines->Next();
    if (!line.ok() && FailureOf(line.status()) == Failure::kMalformed) break;
    if (!line.ok()) return line.status();
    if (!line->has_value()) break;
    if (std::optional<RetiredFile> file = ParseRetiredLine(**line)) {
      retired.Add(std::move(file->path), file->remove_at);
    }
  }
  return retired;
}

void RetiredFiles::Add(TargetPath path, absl::Time remove_at) {
  files_.insert_or_assign(std::move(path), remove_at);
}

void RetiredFiles::Forget(const TargetPath& path) { files_.erase(path); }

bool RetiredFiles::Contains(const TargetPath& path) const {
  return files_.find(path) != files_.end();
}

std::vector<RetiredFile> RetiredFiles::TakeDue(absl::Time now) {
  std::vector<RetiredFile> due;
  for (auto file = files_.begin(); file != files_.end();) {
    if (file->second > now) {
      ++file;
      continue;
    }
    due.push_back({file->first, file->second});
    file = files_.erase(file);
  }
  return due;
}

absl::Status RetiredFiles::Save(const Home& home) const {
  std::string text;
  for (const auto& [path, remove_at] : files_) {
    // Rounded up: a file stays its whole time.
    const absl::Time second =
        remove_at + absl::Seconds(1) - absl::Nanoseconds(1);
    text += fmt::format("{} {}\n", absl::ToUnixSeconds(second), path.str());
  }
  return fs::WriteFileAtomically(home.layout().retired(), text,
                                 kPrivateFileMode, fs::Durability::kFsync);
}

}  // namespace tufmirror::tree
