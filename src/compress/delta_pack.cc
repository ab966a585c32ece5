// See delta_pack.h. A pack is:
//
//   "tufpack1", number of links (one byte)
//   for each link, the newest first: id of the version it starts from (8
//   bytes),
//     length of its frame (4 bytes, least significant first)
//   the frames, in the same order
//
// The frame of the first link leads to the newest version, each other one to
// the version that the link before it starts from.
#include "tufmirror/compress/delta_pack.h"

#include <zstd.h>

#include <algorithm>
#include <bit>
#include <memory>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/crypto/hash.h"

namespace tufmirror::compress {
namespace {

constexpr std::string_view kPackMagic = "tufpack1";
constexpr size_t kLengthBytes = 4;
// No version between is that long and four times as long as the first one.
constexpr uint64_t kSmallVersionBytes = uint64_t{64} << 10;
// What follows a change is the same as before it, so that a fast search finds
// nearly all there is.
constexpr int kDeltaLevel = 3;
constexpr int kMaxWindowLog = 27;  // 128 MiB: any two versions of a file
constexpr int kMinWindowLog = 10;

struct FreeCompressor {
  void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
};
struct FreeDecompressor {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

absl::Status BadPack(std::string_view why) {
  return MakeFailure(Failure::kMalformed, fmt::format("delta pack: {}", why));
}

void AppendLength(size_t length, std::string& out) {
  for (size_t i = 0; i < kLengthBytes; ++i) {
    out += static_cast<char>(length >> (8 * i) & 0xff);
  }
}

size_t LengthAt(std::string_view bytes) {
  size_t length = 0;
  for (size_t i = 0; i < kLengthBytes; ++i) {
    length |= size_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  }
  return length;
}

absl::StatusOr<std::string> MakeFrame(std::string_view before,
                                      std::string_view after) {
  const std::unique_ptr<ZSTD_CCtx, FreeCompressor> context(ZSTD_createCCtx());
  if (context == nullptr) {
    return MakeFailure(Failure::kInternal, "make a delta: no memory");
  }
  // All of both must be within reach of each other.
  const int window =
      std::clamp(static_cast<int>(std::bit_width(before.size() + after.size())),
                 kMinWindowLog, kMaxWindowLog);
  std::string frame(ZSTD_compressBound(after.size()), '\0');
  size_t code = 0;
  const auto good = [&code](size_t result) {
    code = result;
    return !ZSTD_isError(result);
  };
  const bool made =
      good(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel,
                                  kDeltaLevel)) &&
      good(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_windowLog, window)) &&
      good(ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1)) &&
      good(ZSTD_CCtx_refPrefix(context.get(), before.data(), before.size())) &&
      good(ZSTD_compress2(context.get(), frame.data(), frame.size(),
                          after.data(), after.size()));
  if (!made) {
    return MakeFailure(
        Failure::kInternal,
        fmt::format("make a delta: {}", ZSTD_getErrorName(code)));
  }
  frame.resize(code);
  return frame;
}

absl::StatusOr<std::string> ApplyFrame(std::string_view base,
                                       std::string_view frame,
                                       uint64_t max_bytes) {
  const unsigned long long length =
      ZSTD_getFrameContentSize(frame.data(), frame.size());
  if (length == ZSTD_CONTENTSIZE_ERROR || length == ZSTD_CONTENTSIZE_UNKNOWN ||
      ZSTD_findFrameCompressedSize(frame.data(), frame.size()) !=
          frame.size()) {
    return BadPack("expected one whole frame that says how long it unfolds");
  }
  if (length > max_bytes) {
    return MakeFailure(
        Failure::kTooLarge,
        fmt::format("delta pack: expected at most {} bytes, a frame says {}",
                    max_bytes, length));
  }
  const std::unique_ptr<ZSTD_DCtx, FreeDecompressor> context(ZSTD_createDCtx());
  if (context == nullptr) {
    return MakeFailure(Failure::kInternal, "read a delta: no memory");
  }
  std::string result(static_cast<size_t>(length), '\0');
  // In one go into a buffer of that very length: no window is allocated.
  size_t got = ZSTD_DCtx_refPrefix(context.get(), base.data(), base.size());
  if (!ZSTD_isError(got)) {
    got = ZSTD_decompressDCtx(context.get(), result.data(), result.size(),
                              frame.data(), frame.size());
  }
  if (ZSTD_isError(got)) return BadPack(ZSTD_getErrorName(got));
  if (got != result.size()) return BadPack("a frame is cut short");
  return result;
}

}  // namespace

DeltaPack::Id DeltaPack::IdOf(std::string_view bytes) {
  const Sha256 digest = crypto::Sha256Of(bytes);
  Id id;
  std::copy_n(digest.bytes().begin(), kIdBytes, id.begin());
  return id;
}

absl::StatusOr<DeltaPack> DeltaPack::Parse(std::string_view bytes) {
  if (!bytes.starts_with(kPackMagic) || bytes.size() == kPackMagic.size()) {
    return BadPack("expected its first bytes");
  }
  const size_t count = static_cast<unsigned char>(bytes[kPackMagic.size()]);
  bytes.remove_prefix(kPackMagic.size() + 1);
  constexpr size_t kEntryBytes = kIdBytes + kLengthBytes;
  if (count == 0 || count > kMaxPackLinks) {
    return BadPack(
        fmt::format("expected 1 to {} links, got {}", kMaxPackLinks, count));
  }
  if (bytes.size() < count * kEntryBytes) return BadPack("cut short");
  std::string_view frames = bytes.substr(count * kEntryBytes);
  DeltaPack pack;
  for (size_t i = 0; i < count; ++i) {
    const std::string_view entry = bytes.substr(i * kEntryBytes, kEntryBytes);
    const size_t length = LengthAt(entry.substr(kIdBytes));
    if (length > frames.size()) return BadPack("a frame is cut short");
    Link link = {.base = {}, .frame = frames.substr(0, length)};
    std::copy_n(entry.begin(), kIdBytes, link.base.begin());
    frames.remove_prefix(length);
    pack.links_.push_back(link);
  }
  if (!frames.empty()) return BadPack("bytes after its last frame");
  return pack;
}

std::string DeltaPack::Write(const std::vector<Link>& links) {
  std::string out(kPackMagic);
  out += static_cast<char>(links.size());
  for (const Link& link : links) {
    out.append(link.base.data(), link.base.size());
    AppendLength(link.frame.size(), out);
  }
  for (const Link& link : links) out.append(link.frame);
  return out;
}

absl::StatusOr<std::string> DeltaPack::Rebuild(std::string_view base,
                                               uint64_t max_bytes) const {
  const Id id = IdOf(base);
  const auto start =
      std::find_if(links_.begin(), links_.end(),
                   [&id](const Link& link) { return link.base == id; });
  if (start == links_.end()) {
    return MakeFailure(Failure::kNotFound,
                       "delta pack: it does not start from what is here");
  }
  uint64_t left = kMaxRebuiltBytes;
  const uint64_t most_between = 4 * uint64_t{base.size()} + kSmallVersionBytes;
  std::string version(base);
  for (auto link = start;; --link) {
    const bool last = link == links_.begin();
    const uint64_t most = last ? max_bytes : most_between;
    ASSIGN_OR_RETURN(version,
                     ApplyFrame(version, link->frame, std::min(left, most)));
    if (last) return version;
    left -= version.size();
    if (IdOf(version) != std::prev(link)->base) {
      return BadPack("a frame does not lead to the next link");
    }
  }
}

absl::StatusOr<std::optional<std::string>> MakeDeltaPack(
    std::string_view before, std::string_view after,
    std::string_view pack_of_before) {
  ASSIGN_OR_RETURN(const std::string frame, MakeFrame(before, after));
  // Compressed, a file is a fifth to a third of itself: a chain should stay
  // well below that.
  if (frame.size() > after.size() / 2) return std::nullopt;
  std::vector<DeltaPack::Link> links = {
      {.base = DeltaPack::IdOf(before), .frame = frame}};
  size_t total = frame.size();
  const auto older = DeltaPack::Parse(pack_of_before);
  if (older.ok()) {
    for (const DeltaPack::Link& link : older->links_) {
      total += link.frame.size();
      if (links.size() == kMaxPackLinks || total > after.size() / 4) break;
      links.push_back(link);
    }
  }
  std::string pack = DeltaPack::Write(links);
  if (pack.size() > kMaxPackBytes) return std::nullopt;
  return pack;
}

}  // namespace tufmirror::compress
