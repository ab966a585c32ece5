// A list of versions from any mirror: applying one ends within bounds, whatever
// it says. The input is what the list's frame holds, so that it can be reached;
// then the list itself.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tufmirror/compress/compressed.h"
#include "tufmirror/compress/version_list.h"

namespace {

constexpr std::string_view kSnapshot =
    "{\"signed\":{\"meta\":{\"a.json\":{\"version\":3},\"b.json\":{\"version\":"
    "4}},\"version\":5}}";
constexpr uint64_t kMostListed = 1 << 16;

void Apply(std::string_view list) {
  const auto rebuilt =
      tufmirror::compress::ApplyVersionList(kSnapshot, list, kMostListed);
  if (rebuilt.ok() && rebuilt->size() > kMostListed) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Apply(bytes);
  const auto frame = tufmirror::compress::Compress(
      bytes, tufmirror::compress::Encoding::kZstd);
  if (frame.ok()) Apply("tufvers1" + *frame);
  return 0;
}
