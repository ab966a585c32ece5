// libarchive behind callbacks of our own, which read at positions of a file
// descriptor and refuse to feed it more than the bounds allow.
#include "source/archive_reader.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <unistd.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::source {
namespace {

// Skipping from member to member of a ZIP costs one block each.
constexpr size_t kZipBlockBytes = 4096;
constexpr size_t kTarBlockBytes = 65536;
// libarchive keeps the whole directory of a ZIP in memory before it gives the
// first member: what it may read until then bounds that.
constexpr uint64_t kMaxZipDirectoryBytes = uint64_t{32} << 20;
constexpr uint64_t kFreeDecompressedBytes = uint64_t{64} << 20;
constexpr uint64_t kMaxRatio = 100;

// The bytes of the archive file as libarchive asks for them.
struct Input {
  int fd = -1;
  int64_t size = 0;
  int64_t position = 0;
  std::vector<char> block;
  // Bytes that may still be read; nullopt: no bound.
  std::optional<uint64_t> budget;
  bool over_budget = false;
  int read_error = 0;  // an errno value
};

la_ssize_t ReadBlock(struct archive* archive, void* data, const void** buffer) {
  Input& input = *static_cast<Input*>(data);
  if (input.budget && *input.budget < input.block.size()) {
    input.over_budget = true;
    archive_set_error(archive, EFBIG, "too large");
    return ARCHIVE_FATAL;
  }
  ssize_t got = 0;
  do {
    got =
        pread(input.fd, input.block.data(), input.block.size(), input.position);
  } while (got < 0 && errno == EINTR);
  if (got < 0) {
    input.read_error = errno;
    archive_set_error(archive, errno, "read failed");
    return ARCHIVE_FATAL;
  }
  if (input.budget) *input.budget -= static_cast<uint64_t>(got);
  input.position += got;
  *buffer = input.block.data();
  return got;
}

la_int64_t SkipBytes(struct archive*, void* data, la_int64_t request) {
  Input& input = *static_cast<Input*>(data);
  const int64_t left = std::max<int64_t>(0, input.size - input.position);
  const int64_t skipped = std::clamp<int64_t>(request, 0, left);
  input.position += skipped;
  return skipped;
}

la_int64_t SeekTo(struct archive*, void* data, la_int64_t offset, int whence) {
  Input& input = *static_cast<Input*>(data);
  int64_t base = 0;
  if (whence == SEEK_CUR) base = input.position;
  if (whence == SEEK_END) base = input.size;
  int64_t target = 0;
  if (__builtin_add_overflow(base, offset, &target) || target < 0) {
    return ARCHIVE_FATAL;
  }
  input.position = target;
  return target;
}

struct FreeArchive {
  void operator()(struct archive* archive) const { archive_read_free(archive); }
};

std::string_view WithoutDotSlash(std::string_view path) {
  while (path.substr(0, 2) == "./") path.remove_prefix(2);
  return path;
}

}  // namespace

struct Archive::State {
  Input input;
  Format format = Format::kZip;
  uint64_t max_decompressed = 0;
  size_t members = 0;
  bool content_pending = false;  // of the current member of a .tar.gz
  std::unique_ptr<struct archive, FreeArchive> handle;

  // What libarchive said of the last call, as a failure.
  absl::Status Error() const {
    if (input.read_error != 0) {
      return fs::ErrnoFailure(input.read_error, "read", "the archive");
    }
    if (input.over_budget) {
      return MakeFailure(
          Failure::kTooLarge,
          fmt::format("the directory of the ZIP is too large: at most {} "
                      "bytes expected",
                      kMaxZipDirectoryBytes));
    }
    const char* text = archive_error_string(handle.get());
    const std::string reason = Printable(text == nullptr ? "unknown" : text);
    return MakeFailure(
        Failure::kMalformed,
        fmt::format("cannot be read as {}: {}",
                    format == Format::kZip ? "a ZIP" : "a .tar.gz", reason));
  }

  absl::Status CheckDecompressed() const {
    const la_int64_t bytes = archive_filter_bytes(handle.get(), 0);
    if (bytes < 0 || static_cast<uint64_t>(bytes) <= max_decompressed) {
      return absl::OkStatus();
    }
    return MakeFailure(
        Failure::kTooLarge,
        fmt::format("decompresses to more than {} bytes out of {}",
                    max_decompressed, input.size));
  }

  // Passes over the content of a .tar.gz's member block by block:
  // libarchive's own way would decompress it whole before anyone can stop it.
  absl::Status Drain() {
    const void* block = nullptr;
    size_t size = 0;
    la_int64_t offset = 0;
    int code = ARCHIVE_OK;
    while ((code = archive_read_data_block(handle.get(), &block, &size,
                                           &offset)) == ARCHIVE_OK) {
      RETURN_IF_ERROR(CheckDecompressed());
    }
    content_pending = false;
    return code == ARCHIVE_EOF ? absl::OkStatus() : Error();
  }
};

Archive::Archive(std::unique_ptr<State> state) : state_(std::move(state)) {}
Archive::Archive(Archive&&) noexcept = default;
Archive& Archive::operator=(Archive&&) noexcept = default;
Archive::~Archive() = default;

absl::StatusOr<Archive> Archive::Open(int fd, uint64_t size, Format format) {
  auto state = std::make_unique<State>();
  const bool zip = format == Format::kZip;
  state->format = format;
  state->input.fd = fd;
  state->input.size = static_cast<int64_t>(size);
  state->input.block.resize(zip ? kZipBlockBytes : kTarBlockBytes);
  state->max_decompressed = kFreeDecompressedBytes + kMaxRatio * size;
  state->handle.reset(archive_read_new());
  struct archive* const handle = state->handle.get();
  if (handle == nullptr) {
    return MakeFailure(Failure::kInternal, "open archive: out of memory");
  }
  if (zip) {
    state->input.budget = kMaxZipDirectoryBytes;
    archive_read_support_format_zip_seekable(handle);
  } else {
    archive_read_support_filter_gzip(handle);
    archive_read_support_format_tar(handle);
  }
  archive_read_set_read_callback(handle, ReadBlock);
  archive_read_set_skip_callback(handle, SkipBytes);
  archive_read_set_seek_callback(handle, SeekTo);
  archive_read_set_callback_data(handle, &state->input);
  if (archive_read_open1(handle) != ARCHIVE_OK) return state->Error();
  if (!zip && archive_filter_code(handle, 0) != ARCHIVE_FILTER_GZIP) {
    return MakeFailure(Failure::kMalformed,
                       "cannot be read as a .tar.gz: not compressed by gzip");
  }
  return Archive(std::move(state));
}

absl::StatusOr<std::optional<ArchiveMember>> Archive::Next() {
  State& state = *state_;
  if (state.content_pending) RETURN_IF_ERROR(state.Drain());
  struct archive_entry* entry = nullptr;
  const int code = archive_read_next_header(state.handle.get(), &entry);
  state.input.budget.reset();
  if (code == ARCHIVE_EOF) return std::nullopt;
  // A warning is about times, owners or the character set of a name.
  if (code != ARCHIVE_OK && code != ARCHIVE_WARN) return state.Error();
  if (++state.members > kMaxArchiveMembers) {
    return MakeFailure(
        Failure::kTooLarge,
        fmt::format("has more than {} members", kMaxArchiveMembers));
  }
  if (state.format == Format::kTarGz) {
    RETURN_IF_ERROR(state.CheckDecompressed());
    state.content_pending = true;
  }
  ArchiveMember member;
  const char* path = archive_entry_pathname(entry);
  if (path != nullptr) member.path = WithoutDotSlash(path);
  member.regular = archive_entry_filetype(entry) == AE_IFREG &&
                   archive_entry_hardlink(entry) == nullptr &&
                   archive_entry_symlink(entry) == nullptr;
  return member;
}

absl::StatusOr<std::string> Archive::ReadMember(size_t max_bytes) {
  std::string content;
  std::vector<char> block(65536);
  while (true) {
    const la_ssize_t got =
        archive_read_data(state_->handle.get(), block.data(), block.size());
    if (got < 0) return state_->Error();
    if (got == 0) break;
    content.append(block.data(), static_cast<size_t>(got));
    if (content.size() > max_bytes) {
      return MakeFailure(Failure::kTooLarge,
                         fmt::format("has a member of metadata longer than {} "
                                     "bytes",
                                     max_bytes));
    }
  }
  state_->content_pending = false;
  return content;
}

}  // namespace tufmirror::source
