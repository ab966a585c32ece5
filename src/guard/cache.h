// Verified files, by their digest, shared by any number of guards.
//
//   <cache>/files/ab/<digest>   a file, whole and verified when it got its name
//   <cache>/partial/<process>/  downloads under way; its lock is held meanwhile
//
// Invariant: what Open gives was hashed by this process since it last changed.
// A file gets its name by rename(2) once it is verified, so kill -9 leaves
// only partial files, which the next guard removes; what a crash of the
// machine, bit rot or anybody else does to a file is found when it is hashed.
#ifndef TUFMIRROR_SRC_GUARD_CACHE_H_
#define TUFMIRROR_SRC_GUARD_CACHE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/base/digest.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/fs/lock_file.h"

namespace tufmirror::guard {

// The name of content: its sha256, or else its sha512, in hexadecimal.
// kUnsupported if neither is listed.
absl::StatusOr<std::string> ContentKey(const ExpectedContent& content);

// For any number of threads.
class Cache {
 public:
  // Makes `directory` if it is absent. kUsage if others than its owner can
  // write to it.
  static absl::StatusOr<std::unique_ptr<Cache>> Open(
      const std::string& directory, uint64_t max_bytes);
  // Removes this guard's partial files.
  ~Cache();

  // The file with `content`, whole and verified; nullopt if it is not there. A
  // file that is not what its name says is removed and counts as absent.
  absl::StatusOr<std::optional<fs::UniqueFd>> Find(
      const ExpectedContent& content);

  // A path for a download that no other one has.
  std::string NewPartialPath();

  // Takes a verified file that is at `partial_path`, and gives it opened: it
  // may be evicted again at once. Keeps the cache within its size.
  absl::StatusOr<fs::UniqueFd> Insert(const std::string& partial_path,
                                      const ExpectedContent& content);

  // Bytes of all files, as they are now on disk.
  absl::StatusOr<uint64_t> Size() const;

 private:
  // What tells that a file was not touched: no write leaves all as it was.
  struct Identity {
    uint64_t device, inode, size;
    int64_t mtime, ctime;
    friend bool operator==(const Identity&, const Identity&) = default;
  };
  Cache(std::string directory, uint64_t max_bytes, std::string partial,
        fs::LockFile lock)
      : directory_(std::move(directory)),
        max_bytes_(max_bytes),
        partial_(std::move(partial)),
        lock_(std::move(lock)) {}
  std::string PathOf(const std::string& key) const;
  static absl::StatusOr<Identity> IdentityOf(int fd, const std::string& path);
  bool IsKnown(const std::string& key, const Identity& identity) const;
  void Remember(const std::string& key, const Identity& identity);
  absl::Status Evict();

  const std::string directory_;
  const uint64_t max_bytes_;
  const std::string partial_;
  const fs::LockFile lock_;
  mutable std::mutex mutex_;  // of everything below
  std::map<std::string, Identity> verified_;
  uint64_t next_partial_ = 0;
  uint64_t inserted_ = 0;  // bytes since the size was last looked at
  bool looked_ = false;
};

}  // namespace tufmirror::guard

#endif  // TUFMIRROR_SRC_GUARD_CACHE_H_
