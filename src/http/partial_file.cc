// See partial_file.h.
#include "http/partial_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"

namespace tufmirror::http {
namespace {

constexpr mode_t kFileMode = 0644;
constexpr mode_t kDirectoryMode = 0755;
constexpr size_t kHashBufferBytes = 256 * 1024;
// Write-back of big files starts early, so that the sync at the end of a run
// finds little left to do.
constexpr uint64_t kWriteBackBytes = 8 * 1024 * 1024;

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

}  // namespace

absl::Status PartialFile::OpenFile(int flags) {
  // O_NONBLOCK: a pipe in this place is refused, not waited for.
  flags |= O_NOFOLLOW | O_NONBLOCK;
  absl::StatusOr<fs::UniqueFd> fd = fs::Open(path_, flags, kFileMode);
  if (!fd.ok() && FailureOf(fd.status()) == Failure::kNotFound &&
      (flags & O_CREAT) != 0) {
    RETURN_IF_ERROR(fs::MakeDirectories(DirectoryOf(path_), kDirectoryMode));
    fd = fs::Open(path_, flags, kFileMode);
  }
  if (!fd.ok()) return fd.status();
  fd_ = *std::move(fd);
  return absl::OkStatus();
}

absl::Status PartialFile::Resume() {
  if (absl::Status status = OpenFile(O_RDWR); !status.ok()) {
    return FailureOf(status) == Failure::kNotFound ? absl::OkStatus() : status;
  }
  struct stat info {};
  if (fstat(fd_.get(), &info) != 0) {
    return fs::ErrnoFailure(errno, "stat", path_);
  }
  if (!S_ISREG(info.st_mode)) {
    return MakeFailure(Failure::kFileSystem,
                       "continue " + path_ + ": expected a regular file");
  }
  if (!rules_.HasDigest() ||
      static_cast<uint64_t>(info.st_size) > rules_.most()) {
    return Drop();
  }
  check_.emplace(rules_);
  std::vector<char> buffer(kHashBufferBytes);
  while (length_ <= rules_.most()) {
    const ssize_t got = read(fd_.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fs::ErrnoFailure(errno, "read", path_);
    if (got == 0) break;
    check_->Update({buffer.data(), static_cast<size_t>(got)});
    length_ += static_cast<uint64_t>(got);
  }
  flushed_ = length_;
  return absl::OkStatus();
}

absl::Status PartialFile::Write(std::string_view bytes) {
  if (!fd_.valid()) {
    // Anything there already was not taken over by Resume: begin anew.
    const int start = length_ == 0 ? O_TRUNC : O_APPEND;
    RETURN_IF_ERROR(OpenFile(O_WRONLY | O_CREAT | start));
  }
  RETURN_IF_ERROR(fs::WriteAll(fd_.get(), bytes, path_));
  length_ += bytes.size();
  if (length_ - flushed_ >= kWriteBackBytes) {
    // Only a hint: an error shows when the caller makes the file durable.
    (void)sync_file_range(fd_.get(), static_cast<off64_t>(flushed_),
                          static_cast<off64_t>(length_ - flushed_),
                          SYNC_FILE_RANGE_WRITE);
    flushed_ = length_;
  }
  return absl::OkStatus();
}

absl::Status PartialFile::Append(std::string_view bytes) {
  if (bytes.empty()) return absl::OkStatus();
  if (!check_) check_.emplace(rules_);
  RETURN_IF_ERROR(Write(bytes));
  check_->Update(bytes);
  return absl::OkStatus();
}

absl::Status PartialFile::Drop() {
  fd_ = fs::UniqueFd();
  check_.reset();
  length_ = 0;
  flushed_ = 0;
  return fs::Remove(path_);
}

absl::StatusOr<ReceivedContent> PartialFile::Complete(std::string_view bytes) {
  // Checked before anything is written: the usual file, small and in one
  // piece, never reaches the disk with wrong bytes.
  ReceivedContent received;
  if (check_) {
    check_->Update(bytes);
    ASSIGN_OR_RETURN(received, check_->Finish());
    check_.reset();
  } else {
    ASSIGN_OR_RETURN(received, CheckWhole(rules_, bytes));
  }
  if (!bytes.empty() || !fd_.valid()) RETURN_IF_ERROR(Write(bytes));
  RETURN_IF_ERROR(Close());
  return received;
}

absl::Status PartialFile::Close() {
  if (!fd_.valid()) return absl::OkStatus();
  return fd_.Close(path_);
}

}  // namespace tufmirror::http
