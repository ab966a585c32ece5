// A relative path that is safe to use below a directory that is served.
#ifndef TUFMIRROR_BASE_TARGET_PATH_H_
#define TUFMIRROR_BASE_TARGET_PATH_H_

#include <compare>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tufmirror {

// A path such as "packages/flit/flit-3.9.0.tar.gz". Only Parse makes one, so
// holding one means: UTF-8, not empty, at most 4096 bytes, relative, '/'
// between segments, no segment empty, "." or "..", none over 255 bytes, no
// backslash, no control character or NUL.
class TargetPath {
 public:
  // kUnsafePath, naming the rule that `text` breaks.
  static absl::StatusOr<TargetPath> Parse(std::string_view text);

  const std::string& str() const { return path_; }
  // The part after the last '/'.
  std::string_view filename() const;
  // The part before the last '/', without it; empty if there is none.
  std::string_view directory() const;
  // "dir/PREFIX.name" (TUF 6.2). kUnsafePath if the segment gets too long.
  absl::StatusOr<TargetPath> WithPrefix(std::string_view prefix) const;

  friend auto operator<=>(const TargetPath&, const TargetPath&) = default;

 private:
  explicit TargetPath(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace tufmirror

#endif  // TUFMIRROR_BASE_TARGET_PATH_H_
