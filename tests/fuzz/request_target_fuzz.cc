// Request targets and Accept headers: what any client may send to the server.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tufmirror/base/target_path.h"
#include "tufmirror/serve/negotiation.h"
#include "tufmirror/serve/request_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto target = tufmirror::serve::ParseRequestTarget(text);
  // Whatever is accepted is a path that cannot leave the tree.
  if (target.ok() && !target->path.empty() &&
      !tufmirror::TargetPath::Parse(target->path).ok()) {
    std::abort();
  }
  if (tufmirror::serve::Negotiate(text).size() > 3) std::abort();
  tufmirror::serve::NegotiateFormat(text);
  return 0;
}
