// Fuzzes the readers of TUF metadata: the parsers of all four types on any
// JSON, and the verifier on any bytes. What parses must survive writing: its
// canonical form parses again, to the same canonical form.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tufmirror/json/document.h"
#include "tufmirror/tuf/model.h"
#include "tufmirror/tuf/verified.h"

namespace tufmirror::tuf {
namespace {

// A root signed by nobody cannot exist as Verified: the verifier is reached
// through the one entry that needs no earlier trust.
void FuzzVerifier(std::string_view bytes) {
  const auto root = Verifier::VerifyInitialRoot({std::string(bytes)});
  if (!root.ok()) return;
  if (!Verifier::VerifyNextRoot({std::string(bytes)}, *root).ok()) abort();
}

template <typename T>
void FuzzParser(const json::Value& value,
                absl::StatusOr<T> (*parse)(const json::Value&)) {
  const absl::StatusOr<T> parsed = parse(value);
  if (!parsed.ok()) return;
  if (parsed->version < 1) abort();
  const std::string canonical = CanonicalForm(*parsed);
  // Digests of unknown algorithms are remembered by name only.
  if (canonical.find("\"hashes\":{}") != std::string::npos) return;
  const auto document = json::Document::Parse(canonical);
  // Control characters are raw in canonical form, which is not JSON then.
  if (!document.ok()) return;
  const absl::StatusOr<T> again = parse(document->root());
  if (!again.ok() || CanonicalForm(*again) != canonical) abort();
}

}  // namespace
}  // namespace tufmirror::tuf

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  tufmirror::tuf::FuzzVerifier(bytes);
  const auto document = tufmirror::json::Document::Parse(bytes);
  if (!document.ok()) return 0;
  tufmirror::tuf::FuzzParser(document->root(), &tufmirror::tuf::ParseRoot);
  tufmirror::tuf::FuzzParser(document->root(), &tufmirror::tuf::ParseTimestamp);
  tufmirror::tuf::FuzzParser(document->root(), &tufmirror::tuf::ParseSnapshot);
  tufmirror::tuf::FuzzParser(document->root(), &tufmirror::tuf::ParseTargets);
  return 0;
}
