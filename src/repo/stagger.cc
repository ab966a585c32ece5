// Two bytes of the digest of a bin's name decide when it is due, two others how
// long it lives at first.
#include "repo/stagger.h"

#include <cstddef>
#include <cstdint>

#include "tufmirror/crypto/hash.h"

namespace tufmirror::repo {
namespace {

// 0 to 65535/65536 of `whole`, by the digest of `name` from `offset` on.
absl::Duration Share(std::string_view name, size_t offset,
                     absl::Duration whole) {
  const auto digest = crypto::Sha256Of(name).bytes();
  const int64_t share = int64_t{digest[offset]} << 8 | digest[offset + 1];
  return whole / 65536 * share;
}

}  // namespace

absl::Duration ResignThreshold(std::string_view bin, absl::Duration expiry) {
  return expiry / 3 + Share(bin, 0, expiry / 3);
}

absl::Duration FirstLife(std::string_view bin, absl::Duration expiry) {
  return expiry - Share(bin, 2, expiry / 3);
}

absl::Time ExpiryAfter(absl::Time now, absl::Duration life) {
  return absl::FromUnixSeconds(absl::ToUnixSeconds(now + life));
}

}  // namespace tufmirror::repo
