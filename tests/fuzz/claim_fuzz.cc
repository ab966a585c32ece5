// Claim bundles and requests: what is taken is written again as it was, and
// signs only its own project's targets.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tufmirror/repo/claim_bundle.h"
#include "tufmirror/repo/claim_request.h"
#include "tufmirror/repo/claim_roles.h"

namespace {

using tufmirror::repo::OpenClaimBundle;
using tufmirror::repo::ParseClaimBundle;
using tufmirror::repo::ParseClaimRequest;
using tufmirror::repo::ProjectOfTarget;
using tufmirror::repo::WriteClaimBundle;
using tufmirror::repo::WriteClaimRequest;

void CheckBundle(std::string_view text) {
  const auto bundle = ParseClaimBundle(text);
  if (!bundle.ok()) return;
  const auto again = ParseClaimBundle(WriteClaimBundle(*bundle));
  if (!again.ok() || again->role != bundle->role) std::abort();
  const auto release = OpenClaimBundle(*bundle);
  if (!release.ok()) return;
  for (const auto& target : release->role.targets) {
    if (ProjectOfTarget(target.path) != bundle->project.str()) std::abort();
  }
}

void CheckRequest(std::string_view text) {
  const auto request = ParseClaimRequest(text);
  if (!request.ok()) return;
  const auto again = WriteClaimRequest(*request, {});
  if (!again.ok() || !ParseClaimRequest(*again).ok()) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CheckBundle(text);
  CheckRequest(text);
  return 0;
}
