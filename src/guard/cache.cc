#include "guard/cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/fs/walk.h"

namespace tufmirror::guard {
namespace {

constexpr mode_t kCacheMode = 0700;
constexpr size_t kHashPieceBytes = size_t{256} << 10;
// Remembered at most; what is forgotten is hashed again.
constexpr size_t kMaxRemembered = 100'000;
// The time of the last use is written down this exactly: writing it down makes
// the file one to be hashed again.
constexpr absl::Duration kUseGrain = absl::Hours(1);

std::string FilesOf(const std::string& directory) {
  return directory + "/files";
}
std::string PartialsOf(const std::string& directory) {
  return directory + "/partial";
}
std::string LockOf(const std::string& partial) { return partial + "/lock"; }

absl::Status CheckFd(int fd, const ExpectedContent& content,
                     const std::string& path) {
  crypto::ContentHasher hasher(content.digests);
  std::string piece(kHashPieceBytes, '\0');
  uint64_t position = 0;
  while (position <= content.length) {  // one byte too many is enough to see
    const ssize_t got =
        pread(fd, piece.data(), piece.size(), static_cast<off_t>(position));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fs::ErrnoFailure(errno, "read", path);
    if (got == 0) break;
    hasher.Update(std::string_view(piece.data(), static_cast<size_t>(got)));
    position += static_cast<uint64_t>(got);
  }
  return hasher.Finish(content, path);
}

// Removes what guards that are no more left of their downloads.
absl::Status RemoveAbandoned(const std::string& partials) {
  ASSIGN_OR_RETURN(const auto names, fs::ListDirectory(partials));
  for (const std::string& name : names) {
    const std::string directory = partials + "/" + name;
    const auto lock = fs::LockFile::Acquire(LockOf(directory), "removal");
    if (!lock.ok()) continue;
    RETURN_IF_ERROR(fs::RemoveTree(directory));
  }
  return absl::OkStatus();
}

absl::Status CheckPrivate(const std::string& directory) {
  ASSIGN_OR_RETURN(const auto info, fs::Stat(directory));
  if (info && (info->mode & (S_IWGRP | S_IWOTH)) == 0) return absl::OkStatus();
  return MakeFailure(
      Failure::kUsage,
      fmt::format("cache directory {}: expected one that only its owner can "
                  "write to, got mode {:o}",
                  directory, info ? info->mode & 07777 : 0));
}

}  // namespace

absl::StatusOr<std::string> ContentKey(const ExpectedContent& content) {
  if (content.digests.sha256) return content.digests.sha256->Hex();
  if (content.digests.sha512) return content.digests.sha512->Hex();
  return MakeFailure(Failure::kUnsupported,
                     "expected a sha256 or sha512 digest, got neither");
}

absl::StatusOr<std::unique_ptr<Cache>> Cache::Open(const std::string& directory,
                                                   uint64_t max_bytes) {
  RETURN_IF_ERROR(fs::MakeDirectories(FilesOf(directory), kCacheMode));
  RETURN_IF_ERROR(CheckPrivate(directory));
  const std::string partials = PartialsOf(directory);
  RETURN_IF_ERROR(fs::MakeDirectories(partials, kCacheMode));
  RETURN_IF_ERROR(RemoveAbandoned(partials));
  // A guard that starts at the same time may take the directory for abandoned
  // between the two steps: then the lock is not there to be had.
  for (int attempt = 0;; ++attempt) {
    const std::string own =
        fmt::format("{}/{}-{}-{}", partials, getpid(),
                    absl::ToUnixNanos(absl::Now()), attempt);
    RETURN_IF_ERROR(fs::MakeDirectories(own, kCacheMode));
    auto lock = fs::LockFile::Acquire(LockOf(own), "guard");
    const auto held = fs::Stat(LockOf(own));
    if (lock.ok() && held.ok() && *held) {
      return std::unique_ptr<Cache>(
          new Cache(directory, max_bytes, own, *std::move(lock)));
    }
    if (attempt == 10) {
      return MakeFailure(Failure::kLocked,
                         fmt::format("lock {}: taken again and again", own));
    }
  }
}

Cache::~Cache() {
  // What stays is removed by the next guard.
  (void)fs::RemoveTree(partial_);
}

std::string Cache::PathOf(const std::string& key) const {
  return fmt::format("{}/{}/{}", FilesOf(directory_), key.substr(0, 2), key);
}

absl::StatusOr<Cache::Identity> Cache::IdentityOf(int fd,
                                                  const std::string& path) {
  struct stat info = {};
  if (fstat(fd, &info) != 0) return fs::ErrnoFailure(errno, "stat", path);
  if (!S_ISREG(info.st_mode)) {
    return MakeFailure(
        Failure::kFileSystem,
        fmt::format("cached file {}: expected a regular file", path));
  }
  const auto nanoseconds = [](const timespec& time) {
    return absl::ToUnixNanos(absl::TimeFromTimespec(time));
  };
  return Identity{.device = info.st_dev,
                  .inode = info.st_ino,
                  .size = static_cast<uint64_t>(info.st_size),
                  .mtime = nanoseconds(info.st_mtim),
                  .ctime = nanoseconds(info.st_ctim)};
}

bool Cache::IsKnown(const std::string& key, const Identity& identity) const {
  const std::lock_guard lock(mutex_);
  const auto found = verified_.find(key);
  return found != verified_.end() && found->second == identity;
}

void Cache::Remember(const std::string& key, const Identity& identity) {
  const std::lock_guard lock(mutex_);
  if (verified_.size() >= kMaxRemembered) verified_.clear();
  verified_.insert_or_assign(key, identity);
}

absl::StatusOr<std::optional<fs::UniqueFd>> Cache::Find(
    const ExpectedContent& content) {
  ASSIGN_OR_RETURN(const std::string key, ContentKey(content));
  const std::string path = PathOf(key);
  auto fd = fs::Open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!fd.ok()) {
    if (FailureOf(fd.status()) == Failure::kNotFound) return std::nullopt;
    return fd.status();
  }
  ASSIGN_OR_RETURN(Identity identity, IdentityOf(fd->get(), path));
  const absl::Time used = absl::FromUnixNanos(identity.mtime);
  if (absl::Now() - used > kUseGrain &&
      futimens(fd->get(), nullptr) == 0) {  // else it counts as used long ago
    ASSIGN_OR_RETURN(identity, IdentityOf(fd->get(), path));
  }
  // Digests that this name does not stand for are to hold too: a role that
  // lists others than the one before is another promise.
  const bool whole_promise =
      content.digests.unsupported.empty() &&
      !(content.digests.sha256 && content.digests.sha512);
  if (whole_promise && identity.size == content.length &&
      IsKnown(key, identity)) {
    return std::optional(*std::move(fd));
  }
  if (!CheckFd(fd->get(), content, path).ok()) {
    RETURN_IF_ERROR(fs::Remove(path));
    return std::nullopt;
  }
  Remember(key, identity);
  return std::optional(*std::move(fd));
}

std::string Cache::NewPartialPath() {
  const std::lock_guard lock(mutex_);
  return fmt::format("{}/{}", partial_, next_partial_++);
}

absl::StatusOr<fs::UniqueFd> Cache::Insert(const std::string& partial_path,
                                           const ExpectedContent& content) {
  ASSIGN_OR_RETURN(const std::string key, ContentKey(content));
  const std::string path = PathOf(key);
  ASSIGN_OR_RETURN(fs::UniqueFd fd, fs::Open(partial_path, O_RDONLY));
  RETURN_IF_ERROR(
      fs::MakeDirectories(path.substr(0, path.rfind('/')), kCacheMode));
  RETURN_IF_ERROR(fs::Rename(partial_path, path));
  ASSIGN_OR_RETURN(const Identity identity, IdentityOf(fd.get(), path));
  Remember(key, identity);
  bool look = false;
  {
    // Other guards put files here too: the sum is looked at now and then.
    const std::lock_guard lock(mutex_);
    inserted_ += content.length;
    look = !looked_ || inserted_ > max_bytes_ / 16;
    if (look) inserted_ = 0;
    looked_ = true;
  }
  // A cache that is too large for now is no reason to refuse a file.
  if (look) (void)Evict();
  return fd;
}

absl::StatusOr<uint64_t> Cache::Size() const {
  uint64_t total = 0;
  RETURN_IF_ERROR(fs::WalkFiles(
      FilesOf(directory_), [&](std::string_view, const fs::FileInfo& info) {
        total += info.size;
        return absl::OkStatus();
      }));
  return total;
}

absl::Status Cache::Evict() {
  struct Entry {
    absl::Time used;
    uint64_t size;
    std::string path;
  };
  std::vector<Entry> entries;
  uint64_t total = 0;
  RETURN_IF_ERROR(fs::WalkFiles(
      FilesOf(directory_),
      [&](std::string_view path, const fs::FileInfo& info) {
        total += info.size;
        entries.push_back(
            {.used = info.mtime, .size = info.size, .path = std::string(path)});
        return absl::OkStatus();
      }));
  // Room for what comes before the next look.
  const uint64_t wanted = max_bytes_ - max_bytes_ / 16;
  if (total <= wanted) return absl::OkStatus();
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return a.used < b.used; });
  for (const Entry& entry : entries) {
    if (total <= wanted) break;
    // Whoever has it open keeps it.
    RETURN_IF_ERROR(fs::Remove(FilesOf(directory_) + "/" + entry.path));
    total -= entry.size;
  }
  return absl::OkStatus();
}

}  // namespace tufmirror::guard
