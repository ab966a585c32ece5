#include "tufmirror/select/project_list.h"

#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::select {
namespace {

constexpr uint64_t kMaxFileBytes = uint64_t{64} << 20;

absl::StatusOr<std::string> ReadListFile(const std::string& path) {
  return fs::ReadFile(path, kMaxFileBytes);
}

// "pylock.toml", or "pylock.NAME.toml" with no dot in the name (PEP 751).
bool IsPylock(std::string_view name) {
  constexpr std::string_view kStart = "pylock.";
  constexpr std::string_view kEnd = ".toml";
  if (name == "pylock.toml") return true;
  return name.size() > kStart.size() + kEnd.size() &&
         name.substr(0, kStart.size()) == kStart &&
         name.substr(name.size() - kEnd.size()) == kEnd &&
         name.find('.', kStart.size()) == name.size() - kEnd.size();
}

}  // namespace

absl::StatusOr<ProjectList> ReadProjectList(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadListFile(path));
  const size_t slash = path.rfind('/');
  const std::string name =
      slash == std::string::npos ? path : path.substr(slash + 1);
  if (IsPylock(name)) return ParsePylock(text, path);
  if (name == "uv.lock") return ParseUvLock(text, path);
  if (name == "poetry.lock") return ParsePoetryLock(text, path);
  return ParseRequirements(text, path, ReadListFile);
}

}  // namespace tufmirror::select
