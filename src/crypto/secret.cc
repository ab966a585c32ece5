// Secret is declared with PrivateKey; this is its memory.
#include <sodium.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "tufmirror/base/status_macros.h"
#include "tufmirror/crypto/private_key.h"

namespace tufmirror::crypto {

namespace {

// Locked memory with guards around it.
void* Allocate(size_t size) {
  // sodium_init may be called any number of times, from any thread. Without
  // memory this ends the program as a failed `new` does: an empty secret in
  // its place could mean a key file that is not encrypted.
  if (sodium_init() < 0) std::abort();
  void* data = sodium_malloc(std::max<size_t>(size, 1));
  if (data == nullptr) std::abort();
  return data;
}

}  // namespace

Secret Secret::Copy(std::string_view bytes) {
  Secret secret;
  secret.data_ = Allocate(bytes.size());
  secret.size_ = bytes.size();
  if (!bytes.empty()) std::memcpy(secret.data_, bytes.data(), bytes.size());
  return secret;
}

absl::StatusOr<Secret> Secret::Filled(
    size_t size, absl::FunctionRef<absl::StatusOr<size_t>(char* bytes)> fill) {
  Secret secret;
  secret.data_ = Allocate(size);
  ASSIGN_OR_RETURN(const size_t written,
                   fill(static_cast<char*>(secret.data_)));
  if (written > size) std::abort();
  secret.size_ = written;
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
