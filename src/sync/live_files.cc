// Nothing here overwrites bytes that are good, or that are not known to be bad.
#include "sync/live_files.h"

#include "fmt/format.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/crypto/file_content.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::sync {

std::string PartialPathOf(const tree::StagingArea& staging,
                          const TargetPath& path,
                          const ExpectedContent& content) {
  return fmt::format("{}.{:.16}", staging.PartialPath(content),
                     crypto::Sha256Of(path.str()).Hex());
}

absl::Status AcceptFile(const tree::StagingArea& staging,
                        const TargetPath& path, const ExpectedContent& content,
                        const std::string& from) {
  if (tree::IsPackage(path)) {
    return staging.AcceptPackage(from, path, content.digests);
  }
  RETURN_IF_ERROR(fs::Rename(from, staging.BlobPath(content)));
  // rename(2) does nothing if both were names of one file already.
  return fs::Remove(from);
}

absl::StatusOr<bool> TakeFromLive(const tree::Home& home,
                                  const TargetPath& path,
                                  const ExpectedContent& content) {
  const std::string root = home.layout().live() + "/";
  ASSIGN_OR_RETURN(const TargetPath prefixed,
                   tree::PrefixedPath(path, content.digests));
  const std::string names[] = {root + path.str(), root + prefixed.str()};
  if (tree::IsPackage(path)) {
    ASSIGN_OR_RETURN(const auto plain, fs::Stat(names[0]));
    ASSIGN_OR_RETURN(const auto other, fs::Stat(names[1]));
    const bool one_file = plain && other && plain->inode == other->inode;
    if (one_file) return crypto::CheckFile(names[0], content).ok();
  }
  const tree::StagingArea staging(home);
  for (const std::string& name : names) {
    if (!crypto::CheckFile(name, content).ok()) continue;
    const std::string partial = PartialPathOf(staging, path, content);
    RETURN_IF_ERROR(fs::LinkOver(name, partial));
    RETURN_IF_ERROR(AcceptFile(staging, path, content, partial));
    return true;
  }
  return false;
}

}  // namespace tufmirror::sync
