#include "sync/directory_supply.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "sync/parallel.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/file_content.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/repo/project_pages.h"
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
  // One byte more than expected is enough to know that it is too long.
  std::string buffer(std::min<uint64_t>(kCopyBytes, expected.length + 1), '\0');
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

// Trouble with one file, which says nothing about the others.
bool IsOwnTrouble(const absl::Status& status) {
  const Failure failure = FailureOf(status);
  return failure == Failure::kHeldBack || failure == Failure::kReplacedFile;
}

}  // namespace

absl::Status CopyVerified(const std::string& source,
                          const ExpectedContent& expected,
                          const std::string& destination) {
  auto from = OpenSource(source);
  if (!from.ok()) return SourceTrouble(from.status());
  ASSIGN_OR_RETURN(fs::UniqueFd to, CreateAnew(destination));
  if (ioctl(to.get(), FICLONE, from->get()) == 0) {
    RETURN_IF_ERROR(to.Close(destination));
    const absl::Status same = crypto::CheckFile(destination, expected);
    return same.ok() ? same : SourceTrouble(Annotate(same, source));
  }
  RETURN_IF_ERROR(
      CopyBytes(from->get(), source, to.get(), destination, expected));
  return to.Close(destination);
}

absl::Status DirectorySupply::Supply(
    absl::Span<WantedPackage> wanted,
    absl::FunctionRef<absl::Status(size_t done)> tick) {
  return ParallelFor(
      wanted.size(),
      [&](size_t i) {
        wanted[i].supplied = SupplyOne(wanted[i]);
        const absl::Status& status = wanted[i].supplied.status();
        return IsOwnTrouble(status) ? absl::OkStatus() : status;
      },
      tick);
}

absl::StatusOr<SuppliedPackage> DirectorySupply::SupplyOne(
    const WantedPackage& wanted) {
  SuppliedPackage supplied;
  if (!wanted.is_published) {
    ASSIGN_OR_RETURN(supplied.file, SupplyFile(*wanted.file));
  }
  if (wanted.file->core_metadata) {
    ASSIGN_OR_RETURN(supplied.core_metadata, SupplyMetadata(*wanted.file));
  }
  return supplied;
}

absl::StatusOr<tuf::TargetFile> DirectorySupply::SupplyFile(
    const source::SourceFile& file) {
  tuf::TargetFile target =
      repo::TargetOf(repo::PackagePath(file.project, file.filename),
                     file.size.value(), file.sha256.value());
  ASSIGN_OR_RETURN(const TargetPath path, tree::TreePathOfTarget(target.path));
  const std::string partial = store_.PartialPath(path, target.content);
  RETURN_IF_ERROR(
      CopyVerified(directory_ + "/" + file.location, target.content, partial));
  RETURN_IF_ERROR(store_.Accept(partial, path, target.content));
  return target;
}

absl::StatusOr<tuf::TargetFile> DirectorySupply::SupplyMetadata(
    const source::SourceFile& file) {
  auto bytes = source::ReadMetadataFile(directory_ + "/" + file.location,
                                        file.filename, file.core_metadata);
  if (!bytes.ok()) return SourceTrouble(bytes.status());
  tuf::TargetFile target =
      repo::TargetOf(repo::CoreMetadataPath(file.project, file.filename),
                     bytes->size(), *file.core_metadata);
  ASSIGN_OR_RETURN(const TargetPath path, tree::TreePathOfTarget(target.path));
  RETURN_IF_ERROR(store_.AcceptBytes(*bytes, path, target.content));
  return target;
}

}  // namespace tufmirror::sync
