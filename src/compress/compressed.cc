// See compressed.h.
#include "tufmirror/compress/compressed.h"

#include <zlib.h>
#include <zstd.h>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"

namespace tufmirror::compress {
namespace {

// Half a dozen milliseconds for a bin of a thousand targets, which is mostly
// digests: higher levels find little more.
constexpr int kGzipLevel = 6;
constexpr int kGzipMemory = 8;
constexpr int kWithGzipHeader = 15 + 16;
constexpr int kZstdLevel = 6;

absl::StatusOr<std::string> Gzip(std::string_view bytes) {
  z_stream stream = {};
  if (deflateInit2(&stream, kGzipLevel, Z_DEFLATED, kWithGzipHeader,
                   kGzipMemory, Z_DEFAULT_STRATEGY) != Z_OK) {
    return MakeFailure(Failure::kInternal, "compress with gzip: no memory");
  }
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int code = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (code == Z_STREAM_END) return out;
  return MakeFailure(Failure::kInternal, "compress with gzip: failed");
}

absl::StatusOr<std::string> Zstd(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const size_t size = ZSTD_compress(out.data(), out.size(), bytes.data(),
                                    bytes.size(), kZstdLevel);
  if (ZSTD_isError(size)) {
    return MakeFailure(
        Failure::kInternal,
        fmt::format("compress with zstd: {}", ZSTD_getErrorName(size)));
  }
  out.resize(size);
  return out;
}

}  // namespace

std::string_view NameOf(Encoding encoding) {
  return encoding == Encoding::kGzip ? "gzip" : "zstd";
}

absl::StatusOr<std::string> Compress(std::string_view bytes,
                                     Encoding encoding) {
  return encoding == Encoding::kGzip ? Gzip(bytes) : Zstd(bytes);
}

}  // namespace tufmirror::compress
