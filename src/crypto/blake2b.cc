// See blake2b.h. libsodium's functions fail only on bad sizes, which are fixed
// here.
#include "tufmirror/crypto/blake2b.h"

#include <sodium.h>

#include <array>
#include <cstdint>

namespace tufmirror::crypto {

struct Blake2b256::State {
  crypto_generichash_state hash;
};

Blake2b256::Blake2b256() : state_(std::make_unique<State>()) {
  // May be called any number of times; chooses the fastest code for this CPU,
  // and there is a slower one if it fails.
  [[maybe_unused]] const int chosen = sodium_init();
  crypto_generichash_init(&state_->hash, nullptr, 0, Blake2bDigest::kSize);
}

Blake2b256::Blake2b256(Blake2b256&&) noexcept = default;
Blake2b256& Blake2b256::operator=(Blake2b256&&) noexcept = default;
Blake2b256::~Blake2b256() = default;

void Blake2b256::Update(std::string_view bytes) {
  crypto_generichash_update(
      &state_->hash, reinterpret_cast<const unsigned char*>(bytes.data()),
      bytes.size());
}

Blake2bDigest Blake2b256::Finish() {
  std::array<uint8_t, Blake2bDigest::kSize> digest{};
  crypto_generichash_final(&state_->hash, digest.data(), digest.size());
  return Blake2bDigest(digest);
}

Blake2bDigest Blake2b256Of(std::string_view bytes) {
  Blake2b256 hasher;
  hasher.Update(bytes);
  return hasher.Finish();
}

}  // namespace tufmirror::crypto
