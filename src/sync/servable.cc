#include "sync/servable.h"

#include <limits.h>

#include <string_view>

#include "fmt/format.h"
#include "tufmirror/base/digest.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::sync {
namespace {

// What a path gets around it at most: the tree's directory, a SHA-512 before
// the name, and what makes the name of a temporary file.
constexpr size_t kAround =
    std::string_view("/trees/a/").size() + 2 * Sha512::kSize + 1 + 32;

}  // namespace

absl::StatusOr<TargetPath> ServablePath(const tree::Layout& layout,
                                        const tuf::TargetFile& target) {
  ASSIGN_OR_RETURN(TargetPath path, tree::TreePathOfTarget(target.path));
  if (target.content.digests.unsupported.empty()) {
    RETURN_IF_ERROR(tree::PrefixedPath(path, target.content.digests).status());
  }
  const size_t bytes = layout.home().size() + kAround + path.str().size();
  if (bytes < PATH_MAX) return path;
  return MakeFailure(
      Failure::kUnsafePath,
      fmt::format("target {}: expected a path that is at most {} bytes with "
                  "all that goes around it, got {}",
                  Printable(target.path), PATH_MAX - 1, bytes));
}

}  // namespace tufmirror::sync
