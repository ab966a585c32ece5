// A delta pack from any mirror: reading one ends within bounds, whatever it
// says. The input is a pack for a base that never changes, so that its links
// can be reached.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tufmirror/compress/delta_pack.h"

namespace {

constexpr std::string_view kBase =
    "{\"signed\":{\"_type\":\"snapshot\",\"version\":1}}";
constexpr uint64_t kMostRebuilt = 1 << 20;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto pack = tufmirror::compress::DeltaPack::Parse(bytes);
  if (!pack.ok()) return 0;
  if (pack->links() > tufmirror::compress::kMaxPackLinks) std::abort();
  const auto rebuilt = pack->Rebuild(kBase, kMostRebuilt);
  if (rebuilt.ok() && rebuilt->size() > kMostRebuilt) std::abort();
  return 0;
}
