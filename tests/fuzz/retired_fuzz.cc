// The list of retired files: a damaged line never names a path that is unsafe,
// because what it names gets removed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tree/retired_line.h"
#include "tufmirror/base/target_path.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  const auto file = tufmirror::tree::ParseRetiredLine(line);
  if (!file) return 0;
  const auto path = tufmirror::TargetPath::Parse(file->path.str());
  if (!path.ok() || *path != file->path) std::abort();
  return 0;
}
