// Secret is declared with PrivateKey; this is its memory.
#include <sodium.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "tufmirror/crypto/private_key.h"

namespace tufmirror::crypto {

Secret Secret::Copy(std::string_view bytes) {
  Secret secret;
  // sodium_init may be called any number of times, from any thread. Without
  // memory this ends the program as a failed `new` does: an empty secret in
  // its place could mean a key file that is not encrypted.
  if (sodium_init() < 0) std::abort();
  secret.data_ = sodium_malloc(std::max<size_t>(bytes.size(), 1));
  if (secret.data_ == nullptr) std::abort();
  secret.size_ = bytes.size();
  if (!bytes.empty()) std::memcpy(secret.data_, bytes.data(), bytes.size());
  return secret;
}

Secret::Secret(Secret&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

Secret::~Secret() { sodium_free(data_); }

std::string_view Secret::view() const {
  return {static_cast<const char*>(data_), size_};
}

}  // namespace tufmirror::crypto
