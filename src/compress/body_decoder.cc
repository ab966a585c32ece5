// See body_decoder.h. Both decoders write through one buffer, so that the cap
// is looked at every few kilobytes of output, whatever a stream claims.
#include "tufmirror/compress/body_decoder.h"

#include <zlib.h>
#include <zstd.h>

#include <array>
#include <utility>

#include "absl/strings/match.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::compress {
namespace {

constexpr size_t kOutputStep = size_t{32} << 10;
constexpr int kGzipWindowBits = 15 + 16;  // 32 KiB, a gzip header
// 8 MiB: what RFC 9659 allows for the encoding "zstd".
constexpr int kZstdWindowLog = 23;

absl::Status Malformed(std::string_view encoding, std::string_view why) {
  return MakeFailure(Failure::kMalformed,
                     fmt::format("decode a {} body: {}", encoding, why));
}

class GzipDecoder : public BodyDecoder {
 public:
  explicit GzipDecoder(uint64_t max_bytes) : BodyDecoder(max_bytes) {
    ready_ = inflateInit2(&stream_, kGzipWindowBits) == Z_OK;
  }
  ~GzipDecoder() override {
    if (ready_) inflateEnd(&stream_);
  }
  bool ready() const { return ready_; }

 private:
  absl::Status DecodeMore(std::string_view bytes) override {
    // zlib does not write to its input, its interface is older than const.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    bool flushed = bytes.empty();
    while (stream_.avail_in > 0 || !flushed) {
      // What follows a member is another one (RFC 1952, 2.2).
      if (complete_ && inflateReset(&stream_) != Z_OK) {
        return Malformed("gzip", "cannot begin another member");
      }
      stream_.next_out = reinterpret_cast<Bytef*>(output_.data());
      stream_.avail_out = static_cast<uInt>(output_.size());
      const int code = inflate(&stream_, Z_NO_FLUSH);
      if (code == Z_BUF_ERROR) return absl::OkStatus();  // needs more input
      if (code != Z_OK && code != Z_STREAM_END) {
        return Malformed(
            "gzip", stream_.msg == nullptr ? "broken stream" : stream_.msg);
      }
      RETURN_IF_ERROR(
          Append({output_.data(), output_.size() - stream_.avail_out}));
      complete_ = code == Z_STREAM_END;
      flushed = complete_ || stream_.avail_out > 0;
    }
    return absl::OkStatus();
  }
  bool IsComplete() const override { return complete_; }

  z_stream stream_ = {};
  std::array<char, kOutputStep> output_;
  bool ready_ = false;
  bool complete_ = false;
};

struct FreeZstd {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

class ZstdDecoder : public BodyDecoder {
 public:
  explicit ZstdDecoder(uint64_t max_bytes)
      : BodyDecoder(max_bytes), context_(ZSTD_createDCtx()) {
    if (context_ == nullptr) return;
    ready_ = !ZSTD_isError(ZSTD_DCtx_setParameter(
        context_.get(), ZSTD_d_windowLogMax, kZstdWindowLog));
  }
  bool ready() const { return ready_; }

 private:
  absl::Status DecodeMore(std::string_view bytes) override {
    ZSTD_inBuffer input = {bytes.data(), bytes.size(), 0};
    while (true) {
      ZSTD_outBuffer output = {output_.data(), output_.size(), 0};
      const size_t left =
          ZSTD_decompressStream(context_.get(), &output, &input);
      if (ZSTD_isError(left)) return Malformed("zstd", ZSTD_getErrorName(left));
      RETURN_IF_ERROR(Append({output_.data(), output.pos}));
      complete_ = left == 0;
      const bool flushed = complete_ || output.pos < output.size;
      if (input.pos == input.size && flushed) return absl::OkStatus();
    }
  }
  bool IsComplete() const override { return complete_; }

  std::unique_ptr<ZSTD_DCtx, FreeZstd> context_;
  std::array<char, kOutputStep> output_;
  bool ready_ = false;
  bool complete_ = false;
};

template <typename Decoder>
absl::StatusOr<std::unique_ptr<BodyDecoder>> Make(uint64_t max_bytes) {
  auto decoder = std::make_unique<Decoder>(max_bytes);
  if (decoder->ready()) return decoder;
  return MakeFailure(Failure::kInternal, "make a decoder: no memory");
}

}  // namespace

absl::StatusOr<std::unique_ptr<BodyDecoder>> BodyDecoder::Create(
    std::string_view encoding, uint64_t max_bytes) {
  const absl::string_view name = ToAbsl(StripWhitespace(encoding));
  if (absl::EqualsIgnoreCase(name, "gzip") ||
      absl::EqualsIgnoreCase(name, "x-gzip")) {
    return Make<GzipDecoder>(max_bytes);
  }
  if (absl::EqualsIgnoreCase(name, "zstd")) {
    return Make<ZstdDecoder>(max_bytes);
  }
  return MakeFailure(Failure::kUnsupported,
                     fmt::format("content encoding \"{}\": expected one of {}",
                                 Printable(encoding, 40), kAcceptedEncodings));
}

absl::Status BodyDecoder::Decode(std::string_view bytes) {
  received_ += bytes.size();
  if (received_ > MaxEncodedBytes(max_bytes_)) {
    return MakeFailure(Failure::kTooLarge,
                       fmt::format("expected at most {} bytes, got {} encoded",
                                   max_bytes_, received_));
  }
  return DecodeMore(bytes);
}

absl::Status BodyDecoder::Append(std::string_view bytes) {
  if (bytes.size() > max_bytes_ - body_.size()) {
    return MakeFailure(
        Failure::kTooLarge,
        fmt::format("expected at most {} bytes, got more", max_bytes_));
  }
  body_.append(bytes);
  return absl::OkStatus();
}

absl::StatusOr<std::string> BodyDecoder::Finish() {
  if (IsComplete()) return std::move(body_);
  return MakeFailure(Failure::kMalformed,
                     "decode a compressed body: its end is missing");
}

}  // namespace tufmirror::compress
