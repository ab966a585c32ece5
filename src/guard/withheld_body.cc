#include "guard/withheld_body.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <string_view>

#include "tufmirror/crypto/hash.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::guard {
namespace {

constexpr uint64_t kWithheldBytes = 64 << 10;
constexpr size_t kPieceBytes = size_t{256} << 10;
// How often a growing file is looked at.
constexpr absl::Duration kLook = absl::Milliseconds(50);

// A file that is read once from its beginning, hashed, and sent in part.
class SequentialReader {
 public:
  SequentialReader(const Download& download, uint64_t first,
                   serve::BodySink sink)
      : expected_(download.target.content),
        hasher_(expected_.digests),
        first_(first),
        sink_(sink) {}

  uint64_t position() const { return position_; }

  // Reads on up to `end`, and sends what lies between `first` and `send_end`;
  // what of it lies behind is kept.
  bool ReadTo(int fd, uint64_t end, uint64_t send_end) {
    while (position_ < end) {
      piece_.resize(std::min<uint64_t>(kPieceBytes, end - position_));
      const ssize_t got = pread(fd, piece_.data(), piece_.size(),
                                static_cast<off_t>(position_));
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return false;
      std::string_view bytes(piece_.data(), static_cast<size_t>(got));
      hasher_.Update(bytes);
      const uint64_t begin = position_;
      position_ += bytes.size();
      if (position_ <= first_ || begin >= send_end) continue;
      bytes = bytes.substr(0, std::min(position_, send_end) - begin);
      if (begin < first_) bytes.remove_prefix(first_ - begin);
      if (withholding_) {
        withheld_.append(bytes);
      } else if (!sink_(bytes)) {
        return false;
      }
    }
    return true;
  }

  void Withhold() { withholding_ = true; }
  bool SendWithheldIfVerified() {
    return hasher_.Finish(expected_, "answer").ok() && sink_(withheld_);
  }

 private:
  const ExpectedContent& expected_;
  crypto::ContentHasher hasher_;
  const uint64_t first_;
  serve::BodySink sink_;
  uint64_t position_ = 0;
  bool withholding_ = false;
  std::string piece_;
  std::string withheld_;
};

// Bytes of the file that collects them; 0 if it is not there yet.
uint64_t SizeOf(int fd) {
  struct stat info = {};
  if (fd < 0 || fstat(fd, &info) != 0) return 0;
  return static_cast<uint64_t>(info.st_size);
}

}  // namespace

bool SendWithheld(const Download& download, uint64_t first, uint64_t length,
                  serve::BodySink sink) {
  const uint64_t end = first + length;
  const uint64_t free_end = end - std::min(length, kWithheldBytes);
  SequentialReader reader(download, first, sink);
  fs::UniqueFd partial;
  while (!download.WaitFor(kLook)) {
    if (!partial.valid()) {
      auto opened = fs::Open(download.partial_path, O_RDONLY);
      if (opened.ok()) partial = *std::move(opened);
    }
    const uint64_t size = SizeOf(partial.get());
    // Another mirror is asked, from the beginning.
    if (size < reader.position()) return false;
    if (!reader.ReadTo(partial.get(), std::min(size, free_end), free_end)) {
      return false;
    }
  }
  const auto verified = download.Result();
  if (!verified.ok() || !reader.ReadTo(verified->get(), free_end, free_end)) {
    return false;
  }
  reader.Withhold();
  return reader.ReadTo(verified->get(), download.target.content.length, end) &&
         reader.SendWithheldIfVerified();
}

}  // namespace tufmirror::guard
