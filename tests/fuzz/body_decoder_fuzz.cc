// A compressed body from any server: never more output than the cap, and never
// other output for bytes that arrive otherwise. The first byte chooses the
// encoding.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tufmirror/compress/body_decoder.h"

namespace {

constexpr uint64_t kMostDecoded = 1 << 16;

absl::StatusOr<std::string> DecodeInSteps(std::string_view encoding,
                                          std::string_view bytes, size_t step) {
  auto decoder =
      tufmirror::compress::BodyDecoder::Create(encoding, kMostDecoded);
  if (!decoder.ok()) std::abort();
  for (size_t at = 0; at < bytes.size(); at += step) {
    absl::Status status = (*decoder)->Decode(bytes.substr(at, step));
    if (!status.ok()) return status;
  }
  return (*decoder)->Finish();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view encoding = data[0] % 2 == 0 ? "gzip" : "zstd";
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1,
                               size - 1);
  const auto whole = DecodeInSteps(encoding, bytes, size);
  const auto steps = DecodeInSteps(encoding, bytes, 7);
  for (const auto& decoded : {whole, steps}) {
    if (decoded.ok() && decoded->size() > kMostDecoded) std::abort();
  }
  // libzstd is stricter about some broken frames that come in one piece.
  if (whole.ok() && steps.ok() && *whole != *steps) std::abort();
  return 0;
}
