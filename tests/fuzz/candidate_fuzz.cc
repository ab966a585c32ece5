// The file of a ceremony: whatever it says, what parses can be shown, is what
// its own text says again, and is as complete as its signatures make it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tufmirror/repo/ceremony.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using tufmirror::repo::Candidate;
  const auto candidate = Candidate::Parse(
      std::string_view(reinterpret_cast<const char*>(data), size));
  if (!candidate.ok()) return 0;
  if (tufmirror::repo::Differences(*candidate).size() !=
      candidate->roles().size()) {
    std::abort();
  }
  const auto again = Candidate::Parse(candidate->Serialize());
  if (!again.ok() || again->id() != candidate->id()) std::abort();
  if (tufmirror::repo::IsComplete(*again) !=
      tufmirror::repo::IsComplete(*candidate)) {
    std::abort();
  }
  return 0;
}
