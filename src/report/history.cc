#include "tufmirror/report/history.h"

#include <fcntl.h>

#include <cstdint>

#include "absl/strings/str_split.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::report {
namespace {

constexpr mode_t kHistoryMode = 0600;
constexpr uint64_t kMaxHistoryBytes = uint64_t{64} << 20;
// The file is cut to its newest half when it is longer than this.
constexpr uint64_t kCutBytes = uint64_t{1} << 20;

absl::Status CutOldest(const std::string& path) {
  ASSIGN_OR_RETURN(const auto info, fs::Stat(path));
  if (!info || info->size <= kCutBytes) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::string text,
                   fs::ReadFile(path, kMaxHistoryBytes));
  const size_t line_end = text.find('\n', text.size() / 2);
  if (line_end == std::string::npos) return absl::OkStatus();
  return fs::WriteFileAtomically(path,
                                 std::string_view(text).substr(line_end + 1),
                                 kHistoryMode, fs::Durability::kNone);
}

}  // namespace

absl::Status AppendHistory(const std::string& path, const RunReport& report) {
  {
    ASSIGN_OR_RETURN(fs::UniqueFd fd,
                     fs::Open(path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW,
                              kHistoryMode));
    RETURN_IF_ERROR(fs::WriteAll(fd.get(), ToJson(report) + "\n", path));
    RETURN_IF_ERROR(fd.Close(path));
  }
  return CutOldest(path);
}

absl::StatusOr<std::vector<std::string>> ReadHistory(const std::string& path,
                                                     size_t count) {
  const auto text = fs::ReadFile(path, kMaxHistoryBytes);
  if (!text.ok() && FailureOf(text.status()) == Failure::kNotFound) {
    return std::vector<std::string>();
  }
  RETURN_IF_ERROR(text.status());
  std::vector<std::string> lines =
      absl::StrSplit(*text, '\n', absl::SkipEmpty());
  if (lines.size() > count) {
    lines.erase(lines.begin(), lines.end() - static_cast<ptrdiff_t>(count));
  }
  return lines;
}

}  // namespace tufmirror::report
