// The members of one hostile archive, in order, within bounds: how many there
// are, how much is decompressed, how much is read. Nothing is written to disk.
// libarchive is included in archive_reader.cc only.
#ifndef TUFMIRROR_SRC_SOURCE_ARCHIVE_READER_H_
#define TUFMIRROR_SRC_SOURCE_ARCHIVE_READER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tufmirror::source {

inline constexpr size_t kMaxArchiveMembers = 200'000;

struct ArchiveMember {
  // As stored, without leading "./"; empty if it is not text.
  std::string path;
  bool regular = false;  // a file with content of its own, not a link
};

class Archive {
 public:
  enum class Format { kZip, kTarGz };

  // `fd` is a regular file of `size` bytes and outlives the archive; its
  // position is neither used nor moved. Of a ZIP only the directory and the
  // members that are asked for are read; a .tar.gz is decompressed whole, up
  // to 64 MiB and a hundred times its size.
  static absl::StatusOr<Archive> Open(int fd, uint64_t size, Format format);
  Archive(Archive&&) noexcept;
  Archive& operator=(Archive&&) noexcept;
  ~Archive();

  // The next member; nullopt after the last. kMalformed if the bytes are not
  // such an archive or end early; kTooLarge beyond a bound.
  absl::StatusOr<std::optional<ArchiveMember>> Next();

  // The content of the member that Next gave, once; kTooLarge if it is longer
  // than `max_bytes`, kMalformed if it cannot be decompressed.
  absl::StatusOr<std::string> ReadMember(size_t max_bytes);

 private:
  struct State;
  explicit Archive(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tufmirror::source

#endif  // TUFMIRROR_SRC_SOURCE_ARCHIVE_READER_H_
