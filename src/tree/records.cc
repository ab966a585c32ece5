// Buffered writing and reading of delimited records.
#include "tree/records.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::tree {
namespace {

constexpr size_t kBufferBytes = size_t{256} << 10;
// Two paths of 4096 bytes would fit: no record that we write is longer.
constexpr size_t kMaxRecordBytes = 16384;

}  // namespace

absl::Status RecordWriter::Append(std::string_view record) {
  buffer_.append(record);
  buffer_ += delimiter_;
  return buffer_.size() < kBufferBytes ? absl::OkStatus() : Flush();
}

absl::Status RecordWriter::Flush() {
  RETURN_IF_ERROR(fs::WriteAll(fd_.get(), buffer_, path_));
  buffer_.clear();
  return absl::OkStatus();
}

absl::Status RecordWriter::Sync() {
  RETURN_IF_ERROR(Flush());
  if (fsync(fd_.get()) != 0) return fs::ErrnoFailure(errno, "fsync", path_);
  return absl::OkStatus();
}

absl::StatusOr<RecordReader> RecordReader::Open(const std::string& path,
                                                char delimiter) {
  ASSIGN_OR_RETURN(fs::UniqueFd fd, fs::Open(path, O_RDONLY));
  return RecordReader(std::move(fd), path, delimiter);
}

absl::StatusOr<bool> RecordReader::Fill() {
  buffer_.erase(0, begin_);
  begin_ = 0;
  const size_t length = buffer_.size();
  buffer_.resize(length + kBufferBytes);
  ssize_t got = 0;
  do {
    got = read(fd_.get(), buffer_.data() + length, kBufferBytes);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return fs::ErrnoFailure(errno, "read", path_);
  buffer_.resize(length + static_cast<size_t>(got));
  return got > 0;
}

absl::StatusOr<std::optional<std::string_view>> RecordReader::Next() {
  size_t searched = begin_;
  while (true) {
    const size_t end = buffer_.find(delimiter_, searched);
    if (end != std::string::npos) {
      const std::string_view record(buffer_.data() + begin_, end - begin_);
      begin_ = end + 1;
      return record;
    }
    const size_t pending = buffer_.size() - begin_;
    if (pending > kMaxRecordBytes) {
      return MakeFailure(Failure::kMalformed,
                         fmt::format("read {}: expected records of at most {} "
                                     "bytes, got a longer one",
                                     Printable(path_), kMaxRecordBytes));
    }
    ASSIGN_OR_RETURN(const bool more, Fill());
    if (!more && pending == 0) return std::nullopt;
    if (!more) {
      return MakeFailure(
          Failure::kMalformed,
          fmt::format("read {}: it ends inside a record", Printable(path_)));
    }
    searched = pending;
  }
}

}  // namespace tufmirror::tree
