// Any bytes as a JSON document: no crash, and one canonical form, which is its
// own canonical form and the same whether it is viewed or written.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tufmirror/json/canonical.h"
#include "tufmirror/json/document.h"

namespace {

bool HasControlCharacter(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20) return true;
  }
  return false;
}

void Require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using tufmirror::json::Canonicalize;
  using tufmirror::json::Document;
  const auto document = Document::Parse(
      std::string_view(reinterpret_cast<const char*>(data), size));
  if (!document.ok()) return 0;
  const auto canonical = Canonicalize(document->root());
  if (!canonical.ok()) return 0;
  // White space inside makes the same value be written instead of viewed.
  const auto wrapped = Document::Parse(
      "[ " + std::string(reinterpret_cast<const char*>(data), size) + "]",
      {.max_depth = 65});
  Require(wrapped.ok());
  Require(*Canonicalize(wrapped->root()) == "[" + *canonical + "]");
  if (HasControlCharacter(*canonical)) return 0;
  const auto again = Document::Parse(*canonical);
  Require(again.ok());
  Require(*Canonicalize(again->root()) == *canonical);
  return 0;
}
