#include "tufmirror/base/digest.h"

#include <algorithm>

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
  ASSIGN_OR_RETURN(const std::string decoded, HexDecode(hex));
  DigestValue digest;
  std::copy(decoded.begin(), decoded.end(), digest.bytes_.begin());
  return digest;
}

template <size_t N>
std::string DigestValue<N>::Hex() const {
  return HexEncode(bytes_);
}

template class DigestValue<32>;
template class DigestValue<64>;

}  // namespace tufmirror
