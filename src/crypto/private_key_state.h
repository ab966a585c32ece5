// What a PrivateKey is, for the two files that make one.
#ifndef TUFMIRROR_SRC_CRYPTO_PRIVATE_KEY_STATE_H_
#define TUFMIRROR_SRC_CRYPTO_PRIVATE_KEY_STATE_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "crypto/key_kind.h"
#include "crypto/openssl.h"
#include "tufmirror/crypto/private_key.h"

namespace tufmirror::crypto {

struct PrivateKey::State {
  const KeyKind& kind;
  KeyPtr key;
  std::string public_value;

  // kKey if `key` is null or of a kind that is not known here.
  static absl::StatusOr<std::unique_ptr<State>> Make(KeyPtr key,
                                                     std::string_view what);
};

}  // namespace tufmirror::crypto

#endif  // TUFMIRROR_SRC_CRYPTO_PRIVATE_KEY_STATE_H_
