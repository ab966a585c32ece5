// The name packages/PROJECT/FILE may be taken already: by the same bytes (an
// earlier run that was cut short), by bytes that were published until lately
// (never to be replaced), or by bytes that never were (to be cleared away).
#include "sync/origin_adopt.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mutex>
#include <optional>
#include <utility>

#include "fmt/format.h"
#include "sync/file_check.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/repo/project_pages.h"
#include "tufmirror/repo/tree_view.h"
#include "tufmirror/source/distribution_reader.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::sync {
namespace {

constexpr size_t kCopyBytes = size_t{1} << 20;

absl::Status SourceTrouble(const absl::Status& status) {
  return MakeFailure(
      Failure::kHeldBack,
      fmt::format("adopt: the file could not be read as it was scanned: {}",
                  MessageOf(status)));
}

absl::StatusOr<fs::UniqueFd> OpenSource(const std::string& path) {
  ASSIGN_OR_RETURN(fs::UniqueFd fd,
                   fs::Open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  struct stat status;
  if (fstat(fd.get(), &status) != 0) {
    return fs::ErrnoFailure(errno, "stat", path);
  }
  if (S_ISREG(status.st_mode)) return fd;
  return MakeFailure(
      Failure::kFileSystem,
      fmt::format("open {}: expected a regular file", Printable(path)));
}

// Reads, writes and hashes in one pass.
absl::Status CopyBytes(int from, const std::string& source, int to,
                       const std::string& destination,
                       const ExpectedContent& expected) {
  crypto::ContentHasher hasher(expected.digests);
  std::string buffer(kCopyBytes, '\0');
  while (true) {
    const ssize_t got = read(from, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SourceTrouble(fs::ErrnoFailure(errno, "read", source));
    if (got == 0) break;
    const auto piece =
        std::string_view(buffer).substr(0, static_cast<size_t>(got));
    hasher.Update(piece);
    RETURN_IF_ERROR(fs::WriteAll(to, piece, destination));
    if (hasher.length() > expected.length) break;  // grows; no good any more
  }
  const absl::Status same = hasher.Finish(expected, Printable(source));
  return same.ok() ? same : SourceTrouble(same);
}

}  // namespace

absl::Status CopyVerified(const std::string& source,
                          const ExpectedContent& expected,
                          const std::string& destination) {
  auto from = OpenSource(source);
  if (!from.ok()) return SourceTrouble(from.status());
  RETURN_IF_ERROR(fs::Remove(destination));
  ASSIGN_OR_RETURN(
      fs::UniqueFd to,
      fs::Open(destination, O_RDWR | O_CREAT | O_EXCL, tree::kPrivateFileMode));
  if (ioctl(to.get(), FICLONE, from->get()) == 0) {
    RETURN_IF_ERROR(to.Close(destination));
    const absl::Status same = CheckFile(destination, expected, source);
    return same.ok() ? same : SourceTrouble(same);
  }
  RETURN_IF_ERROR(
      CopyBytes(from->get(), source, to.get(), destination, expected));
  return to.Close(destination);
}

absl::StatusOr<tuf::TargetFile> PackageAdopter::AdoptFile(
    const source::ScannedFile& file) {
  tuf::TargetFile target = repo::TargetOf(
      repo::PackagePath(file.project, file.filename), file.size, file.sha256);
  const std::string from = directory_ + "/" + file.relative_path;
  RETURN_IF_ERROR(Adopt(target.path, target.content,
                        [&from, &target](const std::string& to) {
                          return CopyVerified(from, target.content, to);
                        }));
  return target;
}

absl::StatusOr<tuf::TargetFile> PackageAdopter::AdoptMetadata(
    const source::ScannedFile& file) {
  auto bytes =
      source::ReadMetadataFile(directory_ + "/" + file.relative_path,
                               file.filename, file.core_metadata.value());
  if (!bytes.ok()) return SourceTrouble(bytes.status());
  tuf::TargetFile target =
      repo::TargetOf(repo::CoreMetadataPath(file.project, file.filename),
                     bytes->size(), *file.core_metadata);
  RETURN_IF_ERROR(
      Adopt(target.path, target.content, [&bytes](const std::string& to) {
        return fs::WriteFileAtomically(to, *bytes, tree::kServedFileMode,
                                       fs::Durability::kNone);
      }));
  return target;
}

absl::Status PackageAdopter::Adopt(const std::string& path,
                                   const ExpectedContent& content,
                                   Produce produce) {
  ASSIGN_OR_RETURN(const TargetPath target, tree::TreePathOfTarget(path));
  const std::string plain = home_.layout().home() + "/" + target.str();
  ASSIGN_OR_RETURN(const auto existing, fs::Stat(plain));
  if (existing && !CheckFile(plain, content, path).ok()) {
    RETURN_IF_ERROR(MakeWay(target, content));
  }
  // Several files may have the same bytes, and threads adopt them at once.
  const std::string partial =
      fmt::format("{}.{}", staging_.PartialPath(content), target.filename());
  RETURN_IF_ERROR(produce(partial));
  return staging_.AcceptPackage(partial, target, content.digests);
}

absl::Status PackageAdopter::MakeWay(const TargetPath& path,
                                     const ExpectedContent& content) {
  if (retired_.Contains(path) || StandbyHas(path)) {
    return MakeFailure(
        Failure::kReplacedFile,
        fmt::format("{}: expected the bytes that were published under this "
                    "name until lately, the directory has others (sha256 {}); "
                    "a published file never changes: give new bytes a new "
                    "version or build number",
                    Printable(path.str()), content.digests.sha256->Hex()));
  }
  // No generation that readers know has it: left by a run that was cut short.
  return fs::Remove(home_.layout().home() + "/" + path.str());
}

bool PackageAdopter::StandbyHas(const TargetPath& path) {
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
