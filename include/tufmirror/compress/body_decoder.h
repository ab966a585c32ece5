// The body of an HTTP response as it was before the server compressed it: the
// output is bounded by the caller's cap, the memory by a window, and a stream
// within a stream is refused. zlib and libzstd are included in src/compress
// only.
#ifndef TUFMIRROR_COMPRESS_BODY_DECODER_H_
#define TUFMIRROR_COMPRESS_BODY_DECODER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tufmirror::compress {

// What to ask a server for: the value of an Accept-Encoding header.
inline constexpr std::string_view kAcceptedEncodings = "zstd, gzip";

class BodyDecoder {
 public:
  // `encoding` as the Content-Encoding header says: kUnsupported for anything
  // but one of kAcceptedEncodings. `max_bytes`: of output.
  static absl::StatusOr<std::unique_ptr<BodyDecoder>> Create(
      std::string_view encoding, uint64_t max_bytes);
  virtual ~BodyDecoder() = default;

  // The most that an honest server sends for `max_bytes` of output.
  static uint64_t MaxEncodedBytes(uint64_t max_bytes) {
    return max_bytes + max_bytes / 256 + 1024;
  }

  // Takes the next bytes. kTooLarge as soon as there is more output than the
  // cap, or more input than MaxEncodedBytes; kMalformed for bytes that do not
  // decode. After an error the decoder is of no use.
  absl::Status Decode(std::string_view bytes);

  // The decoded body; kMalformed if its end is missing. To be called once,
  // last.
  absl::StatusOr<std::string> Finish();

 protected:
  explicit BodyDecoder(uint64_t max_bytes) : max_bytes_(max_bytes) {}

  // Appends to the output; kTooLarge beyond the cap.
  absl::Status Append(std::string_view bytes);
  virtual absl::Status DecodeMore(std::string_view bytes) = 0;
  virtual bool IsComplete() const = 0;

 private:
  const uint64_t max_bytes_;
  uint64_t received_ = 0;
  std::string body_;
};

}  // namespace tufmirror::compress

#endif  // TUFMIRROR_COMPRESS_BODY_DECODER_H_
