// Fuzzes the readers of key files: PEM and the JSON of securesystemslib,
// private and public. What needs a passphrase is not read without.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "tufmirror/crypto/private_key.h"
#include "tufmirror/crypto/public_key.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using tufmirror::crypto::PrivateKey;
  using tufmirror::crypto::PublicKey;
  using tufmirror::crypto::Secret;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)PublicKey::FieldsFromPem(text, "fuzz");
  // Without a passphrase: deriving keys would be all that is ever done.
  const auto key = PrivateKey::Import(text, Secret::Copy(""), "fuzz");
  if (!key.ok()) return 0;
  if (PrivateKey::NeedsPassphrase(text)) abort();
  if (key->public_value().empty()) abort();
  return 0;
}
