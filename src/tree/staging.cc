// Blobs, partial downloads, and the way of a verified package to its place.
#include "tufmirror/tree/staging.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <optional>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/fs/walk.h"

namespace tufmirror::tree {
namespace {

constexpr absl::Duration kPartialLifetime = absl::Hours(7 * 24);
constexpr size_t kHashBytes = size_t{256} << 10;

std::string NameOf(const ExpectedContent& content) {
  if (content.digests.sha256) return content.digests.sha256->Hex();
  if (content.digests.sha512) return content.digests.sha512->Hex();
  // Nothing here can verify such bytes, so they go no further than this.
  return fmt::format("unverifiable-{}", content.length);
}

std::string DirectoryOf(const std::string& path) {
  return path.substr(0, path.rfind('/'));
}

absl::StatusOr<Digests> DigestsOfFile(const std::string& path,
                                      const Digests& wanted) {
  ASSIGN_OR_RETURN(const fs::UniqueFd fd, fs::Open(path, O_RDONLY));
  crypto::ContentHasher hasher(wanted);
  std::string buffer(kHashBytes, '\0');
  while (true) {
    const ssize_t got = read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fs::ErrnoFailure(errno, "read", path);
    if (got == 0) return hasher.FinishDigests();
    hasher.Update(std::string_view(buffer).substr(0, static_cast<size_t>(got)));
  }
}

enum class Taken { kYes, kNo };

// link(2), making the directory of `to` if need be; kNo if `to` exists.
absl::StatusOr<Taken> LinkNew(const std::string& from, const std::string& to) {
  for (int attempt = 0;; ++attempt) {
    if (link(from.c_str(), to.c_str()) == 0) return Taken::kYes;
    if (errno == EEXIST) return Taken::kNo;
    if (errno != ENOENT || attempt > 0) {
      return fs::ErrnoFailure(errno, fmt::format("link {} as", Printable(from)),
                              to);
    }
    RETURN_IF_ERROR(fs::MakeDirectories(DirectoryOf(to), kServedDirectoryMode));
  }
}

// rename(2) that overwrites nothing; kNo if `to` exists.
absl::StatusOr<Taken> MoveNew(const std::string& from, const std::string& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(),
                RENAME_NOREPLACE) == 0) {
    return Taken::kYes;
  }
  if (errno == EEXIST) return Taken::kNo;
  if (errno != EINVAL && errno != ENOSYS) {
    return fs::ErrnoFailure(errno, fmt::format("move {} to", Printable(from)),
                            to);
  }
  // A file system without this flag.
  ASSIGN_OR_RETURN(const Taken taken, LinkNew(from, to));
  if (taken == Taken::kYes) RETURN_IF_ERROR(fs::Remove(from));
  return taken;
}

// What has the name that a package should get.
enum class Occupant { kNone, kSameBytes, kDamaged, kOtherPackage };

bool Matches(const Digests& found, const Digests& expected) {
  return (!expected.sha256 || found.sha256 == expected.sha256) &&
         (!expected.sha512 || found.sha512 == expected.sha512);
}

// A package is named by its digest first and plainly second. So a file whose
// bytes do not have a digest name of their own was never accepted as it is:
// the disk lost its bytes, for instance in a power failure.
absl::StatusOr<Occupant> OccupantOf(const std::string& plain,
                                    const Digests& expected) {
  ASSIGN_OR_RETURN(const auto existing, fs::Stat(plain));
  if (!existing) return Occupant::kNone;
  ASSIGN_OR_RETURN(const Digests found, DigestsOfFile(plain, expected));
  if (Matches(found, expected)) return Occupant::kSameBytes;
  const std::string name = NameOf(ExpectedContent{existing->size, found});
  const size_t slash = plain.rfind('/');
  ASSIGN_OR_RETURN(const auto own,
                   fs::Stat(fmt::format("{}/{}.{}", plain.substr(0, slash),
                                        name, plain.substr(slash + 1))));
  return own ? Occupant::kOtherPackage : Occupant::kDamaged;
}

// Makes `to`, a name that contains the digest, another name of `from`.
absl::Status LinkByDigest(const std::string& from, const std::string& to,
                          const Digests& digests) {
  ASSIGN_OR_RETURN(const Taken taken, LinkNew(from, to));
  if (taken == Taken::kYes) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Digests found, DigestsOfFile(to, digests));
  // Bytes that belie the name were damaged on disk.
  return Matches(found, digests) ? absl::OkStatus() : fs::LinkOver(from, to);
}

absl::Status Replaced(const TargetPath& path, const Digests& digests) {
  return MakeFailure(
      Failure::kReplacedFile,
      fmt::format("accept {}: expected the bytes that were accepted under this "
                  "name before, got others (digest {})",
                  Printable(path.str()), NameOf(ExpectedContent{0, digests})));
}

absl::Status CheckAcceptable(const TargetPath& path, const Digests& digests) {
  if (!IsPackage(path)) {
    return MakeFailure(Failure::kInternal,
                       fmt::format("accept {}: expected a path below packages/",
                                   Printable(path.str())));
  }
  if (!digests.unsupported.empty()) {
    return MakeFailure(
        Failure::kUnsupported,
        fmt::format("accept {}: digest {} cannot be checked here",
                    Printable(path.str()), Printable(digests.unsupported)));
  }
  return absl::OkStatus();
}

// Removes all that is in `directory`. To remove it too, and make it again,
// would wait for the journal of the file system.
absl::Status Empty(const std::string& directory) {
  ASSIGN_OR_RETURN(const std::vector<std::string> names,
                   fs::ListDirectory(directory));
  for (const std::string& name : names) {
    const std::string path = directory + "/" + name;
    if (fs::Remove(path).ok()) continue;
    RETURN_IF_ERROR(fs::RemoveTree(path));
  }
  return absl::OkStatus();
}

absl::Status MakeServable(const std::string& path) {
  struct stat status;
  if (lstat(path.c_str(), &status) != 0) {
    return fs::ErrnoFailure(errno, "accept", path);
  }
  if (!S_ISREG(status.st_mode)) {
    return MakeFailure(
        Failure::kInternal,
        fmt::format("accept {}: expected a regular file", Printable(path)));
  }
  if ((status.st_mode & 07777) == kServedFileMode ||
      chmod(path.c_str(), kServedFileMode) == 0) {
    return absl::OkStatus();
  }
  return fs::ErrnoFailure(errno, "set permissions of", path);
}

}  // namespace

std::string StagingArea::PartialPath(const ExpectedContent& content) const {
  return home_.layout().partials() + "/" + NameOf(content);
}

std::string StagingArea::BlobPath(const ExpectedContent& content) const {
  return home_.layout().blobs() + "/" + NameOf(content);
}

absl::StatusOr<std::string> StagingArea::PutBlob(std::string_view bytes) const {
  std::string path =
      home_.layout().blobs() + "/" + crypto::Sha256Of(bytes).Hex();
  // Written under its own name at once, which is half the work of a temporary
  // file: a blob is never trusted for its name, see below. Publication gives
  // it the permissions of a served file.
  absl::StatusOr<fs::UniqueFd> fd =
      fs::Open(path, O_WRONLY | O_CREAT | O_EXCL, kServedFileMode);
  if (fd.ok()) {
    absl::Status written = fs::WriteAll(fd->get(), bytes, path);
    if (written.ok()) written = fd->Close(path);
    if (written.ok()) return path;
    RETURN_IF_ERROR(fs::Remove(path));
    return written;
  }
  ASSIGN_OR_RETURN(const auto existing, fs::Stat(path));
  if (!existing) return fd.status();
  // Another thread may be writing it, or a killed run left half of it.
  if (existing->size == bytes.size()) {
    ASSIGN_OR_RETURN(const std::string there, fs::ReadFile(path, bytes.size()));
    if (there == bytes) return path;
  }
  RETURN_IF_ERROR(fs::WriteFileAtomically(path, bytes, kServedFileMode,
                                          fs::Durability::kNone));
  return path;
}

absl::Status StagingArea::AcceptPackage(const std::string& from,
                                        const TargetPath& path,
                                        const Digests& digests) const {
  RETURN_IF_ERROR(CheckAcceptable(path, digests));
  ASSIGN_OR_RETURN(const TargetPath prefixed_path, PrefixedPath(path, digests));
  const std::string plain = home_.layout().home() + "/" + path.str();
  const std::string prefixed =
      home_.layout().home() + "/" + prefixed_path.str();
  RETURN_IF_ERROR(MakeServable(from));
  while (true) {
    ASSIGN_OR_RETURN(const Occupant occupant, OccupantOf(plain, digests));
    switch (occupant) {
      case Occupant::kOtherPackage:
        return Replaced(path, digests);
      case Occupant::kSameBytes:
        RETURN_IF_ERROR(LinkByDigest(plain, prefixed, digests));
        return fs::Remove(from);
      case Occupant::kDamaged:
        RETURN_IF_ERROR(LinkByDigest(from, prefixed, digests));
        RETURN_IF_ERROR(fs::LinkOver(from, plain));
        return fs::Remove(from);
      case Occupant::kNone:
        break;
    }
    RETURN_IF_ERROR(LinkByDigest(from, prefixed, digests));
    ASSIGN_OR_RETURN(const Taken taken, MoveNew(from, plain));
    if (taken == Taken::kYes) return absl::OkStatus();
    // Another thread took the name meanwhile: look again.
  }
}

absl::Status StagingArea::Prepare() const {
  const Layout& layout = home_.layout();
  for (const std::string& path :
       {layout.staged_metadata(), layout.blobs(), layout.partials()}) {
    RETURN_IF_ERROR(fs::MakeDirectories(path, kPrivateDirectoryMode));
  }
  return absl::OkStatus();
}

absl::Status StagingArea::Clear() const {
  const Layout& layout = home_.layout();
  ASSIGN_OR_RETURN(const std::vector<std::string> names,
                   fs::ListDirectory(layout.staging()));
  for (const std::string& name : names) {
    const std::string path = layout.staging() + "/" + name;
    if (path == layout.partials()) continue;
    const bool stays =
        path == layout.blobs() || path == layout.staged_metadata();
    RETURN_IF_ERROR(stays ? Empty(path) : fs::RemoveTree(path));
  }
  RETURN_IF_ERROR(Prepare());
  const absl::Time oldest = absl::Now() - kPartialLifetime;
  return fs::WalkFiles(
      layout.partials(), [&](std::string_view path, const fs::FileInfo& info) {
        if (info.mtime >= oldest) return absl::OkStatus();
        return fs::Remove(layout.partials() + "/" + std::string(path));
      });
}

}  // namespace tufmirror::tree
