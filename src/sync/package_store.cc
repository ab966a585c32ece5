#include "sync/package_store.h"

#include <fcntl.h>

#include <utility>

#include "fmt/format.h"
#include "sync/live_files.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/file_content.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/repo/tree_view.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::sync {

absl::StatusOr<fs::UniqueFd> CreateAnew(const std::string& path) {
  constexpr int kFlags = O_RDWR | O_CREAT | O_EXCL;
  // Nearly always there is none: to remove it first would ask in vain.
  absl::StatusOr<fs::UniqueFd> fd =
      fs::Open(path, kFlags, tree::kServedFileMode);
  if (fd.ok() || FailureOf(fd.status()) != Failure::kFileSystem) return fd;
  RETURN_IF_ERROR(fs::Remove(path));
  return fs::Open(path, kFlags, tree::kServedFileMode);
}

std::string PackageStore::PlainPath(const TargetPath& path) const {
  return home_.layout().home() + "/" + path.str();
}

std::string PackageStore::PartialPath(const TargetPath& path,
                                      const ExpectedContent& content) const {
  return PartialPathOf(staging_, path, content);
}

bool PackageStore::Has(const TargetPath& path,
                       const ExpectedContent& content) const {
  const std::string plain = PlainPath(path);
  const auto info = fs::Stat(plain);
  return info.ok() && *info && (*info)->size == content.length &&
         crypto::CheckFile(plain, content).ok();
}

absl::Status PackageStore::Accept(const std::string& from,
                                  const TargetPath& path,
                                  const ExpectedContent& content) {
  if (purpose_ == AcceptedFor::kRepair) {
    return staging_.AcceptPackage(from, path, content.digests);
  }
  const std::string plain = PlainPath(path);
  ASSIGN_OR_RETURN(const auto existing, fs::Stat(plain));
  if (existing && !crypto::CheckFile(plain, content).ok()) {
    RETURN_IF_ERROR(MakeWay(path, content));
  }
  return staging_.AcceptPackage(from, path, content.digests);
}

absl::Status PackageStore::AcceptBytes(std::string_view bytes,
                                       const TargetPath& path,
                                       const ExpectedContent& content) {
  RETURN_IF_ERROR(crypto::CheckContent(bytes, content, path.str()));
  const std::string partial = PartialPath(path, content);
  ASSIGN_OR_RETURN(fs::UniqueFd fd, CreateAnew(partial));
  RETURN_IF_ERROR(fs::WriteAll(fd.get(), bytes, partial));
  RETURN_IF_ERROR(fd.Close(partial));
  return Accept(partial, path, content);
}

absl::Status PackageStore::MakeWay(const TargetPath& path,
                                   const ExpectedContent& content) {
  if (retired_.Contains(path) || StandbyHas(path)) {
    return MakeFailure(
        Failure::kReplacedFile,
        fmt::format("{}: expected the bytes that were published under this "
                    "name until lately, upstream has others (sha256 {}); a "
                    "published file never changes: give new bytes a new "
                    "version or build number",
                    Printable(path.str()), content.digests.sha256->Hex()));
  }
  // No generation that readers know has it: left by a run that was cut short.
  return fs::Remove(PlainPath(path));
}

bool PackageStore::StandbyHas(const TargetPath& path) {
  const std::lock_guard lock(standby_mutex_);
  if (!std::exchange(standby_opened_, true)) {
    const auto live = home_.LiveSide();
    auto view = live.ok()
                    ? repo::OpenTreeView(home_.layout().tree(Other(*live)),
                                         absl::InfinitePast())
                    : live.status();
    if (view.ok()) {
      standby_ = std::make_unique<client::RepositoryView>(*std::move(view));
    }
  }
  if (standby_ == nullptr) return false;
  const auto found = standby_->Find(path.str());
  return !found.ok() || found->has_value();
}

}  // namespace tufmirror::sync
