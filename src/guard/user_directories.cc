#include "tufmirror/guard/user_directories.h"

#include <string_view>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"

namespace tufmirror::guard {
namespace {

// Empty if `name` is not set to an absolute path.
std::string AbsolutePathIn(const Environment& environment,
                           std::string_view name) {
  const auto found = environment.find(name);
  if (found == environment.end() || found->second.empty() ||
      found->second.front() != '/') {
    return "";
  }
  return found->second;
}

absl::StatusOr<std::string> BaseDirectory(const Environment& environment,
                                          std::string_view variable,
                                          std::string_view below_home) {
  std::string path = AbsolutePathIn(environment, variable);
  if (!path.empty()) return path;
  path = AbsolutePathIn(environment, "HOME");
  if (!path.empty()) return fmt::format("{}/{}", path, below_home);
  return MakeFailure(
      Failure::kUsage,
      fmt::format("neither HOME nor {} is the absolute path of a directory: "
                  "there is no place for a user's own files",
                  variable));
}

}  // namespace

absl::StatusOr<UserDirectories> UserDirectoriesOf(
    const Environment& environment) {
  ASSIGN_OR_RETURN(const std::string data,
                   BaseDirectory(environment, "XDG_DATA_HOME", ".local/share"));
  ASSIGN_OR_RETURN(const std::string cache,
                   BaseDirectory(environment, "XDG_CACHE_HOME", ".cache"));
  const std::string runtime = AbsolutePathIn(environment, "XDG_RUNTIME_DIR");
  return UserDirectories{
      data + "/tufmirror/trust", cache + "/tufmirror/guard",
      runtime.empty() ? cache + "/tufmirror/run" : runtime + "/tufmirror"};
}

}  // namespace tufmirror::guard
