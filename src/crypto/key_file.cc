#include "crypto/key_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/secret_file.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::crypto {
namespace {

absl::Status WriteDurably(fs::UniqueFd& fd, const std::string& path,
                          std::string_view bytes) {
  RETURN_IF_ERROR(fs::WriteAll(fd.get(), bytes, path));
  if (fsync(fd.get()) != 0) return fs::ErrnoFailure(errno, "fsync", path);
  RETURN_IF_ERROR(fd.Close(path));
  const size_t slash = path.rfind('/');
  return fs::SyncDirectory(slash == std::string::npos ? "."
                           : slash == 0               ? "/"
                                                      : path.substr(0, slash));
}

}  // namespace

absl::StatusOr<Secret> ReadKeyFile(const std::string& path) {
  return ReadSecretFile(path, "private key");
}

absl::Status WriteKeyFile(const std::string& path, const Secret& bytes) {
  absl::StatusOr<fs::UniqueFd> fd =
      fs::Open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  if (!fd.ok()) {
    const auto existing = fs::Stat(path);
    if (!existing.ok() || !*existing) return fd.status();
    return MakeFailure(
        Failure::kKey,
        fmt::format("write private key {}: expected no such file yet, got an "
                    "existing one; a key is never overwritten",
                    Printable(path)));
  }
  const absl::Status written = WriteDurably(*fd, path, bytes.view());
  if (written.ok()) return written;
  // A half-written key is of no use. The first error is the one to report.
  fs::Remove(path).IgnoreError();
  return written;
}

}  // namespace tufmirror::crypto
