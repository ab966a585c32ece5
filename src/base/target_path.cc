#include "tufmirror/base/target_path.h"

#include "absl/strings/str_split.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/strings.h"

namespace tufmirror {
namespace {

constexpr size_t kMaxPathBytes = 4096;
constexpr size_t kMaxSegmentBytes = 255;

absl::Status Unsafe(std::string_view text, std::string_view rule) {
  return MakeFailure(
      Failure::kUnsafePath,
      fmt::format("unsafe target path '{}': {}", Printable(text), rule));
}

}  // namespace

absl::StatusOr<TargetPath> TargetPath::Parse(std::string_view text) {
  if (text.empty()) return Unsafe(text, "it is empty");
  if (text.size() > kMaxPathBytes) {
    return Unsafe(text, fmt::format("it has {} bytes, at most {} are allowed",
                                    text.size(), kMaxPathBytes));
  }
  if (!IsUtf8(text)) return Unsafe(text, "it is not UTF-8");
  for (const char c : text) {
    if (c == '\\') return Unsafe(text, "it contains a backslash");
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      return Unsafe(text, "it contains a control character");
    }
  }
  if (text.front() == '/') return Unsafe(text, "it is absolute");
  for (const absl::string_view part : absl::StrSplit(ToAbsl(text), '/')) {
    const std::string_view segment = FromAbsl(part);
    if (segment.empty()) return Unsafe(text, "it has an empty segment");
    if (segment == "." || segment == "..") {
      return Unsafe(text, fmt::format("it has a segment '{}'", segment));
    }
    if (segment.size() > kMaxSegmentBytes) {
      return Unsafe(text, fmt::format("a segment has {} bytes, at most {} are "
                                      "allowed",
                                      segment.size(), kMaxSegmentBytes));
    }
  }
  return TargetPath(std::string(text));
}

std::string_view TargetPath::filename() const {
  const std::string_view path = path_;
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view TargetPath::directory() const {
  const std::string_view path = path_;
  const size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view()
                                         : path.substr(0, slash);
}

absl::StatusOr<TargetPath> TargetPath::WithPrefix(
    std::string_view prefix) const {
  const std::string_view dir = directory();
  return Parse(fmt::format("{}{}{}.{}", dir, dir.empty() ? "" : "/", prefix,
                           filename()));
}

}  // namespace tufmirror
