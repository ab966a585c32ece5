#include "tufmirror/base/digest.h"

#include "absl/types/span.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror {

template <size_t N>
absl::StatusOr<DigestValue<N>> DigestValue<N>::FromHex(std::string_view hex) {
  if (hex.size() != 2 * N) {
    return MakeFailure(
        Failure::kMalformed,
        fmt::format("a digest of {} bytes needs {} hexadecimal digits, got {}",
                    N, 2 * N, hex.size()));
  }
  DigestValue digest;
  RETURN_IF_ERROR(HexDecode(hex, absl::MakeSpan(digest.bytes_)));
  return digest;
}

template <size_t N>
std::string DigestValue<N>::Hex() const {
  return HexEncode(bytes_);
}

template class DigestValue<32>;
template class DigestValue<64>;

}  // namespace tufmirror
