// libcrypto's objects with owners, and its error queue. Included in
// src/crypto only.
#ifndef TUFMIRROR_SRC_CRYPTO_OPENSSL_H_
#define TUFMIRROR_SRC_CRYPTO_OPENSSL_H_

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <memory>

namespace tufmirror::crypto {

template <auto free_function>
struct Freer {
  template <typename T>
  void operator()(T* object) const {
    free_function(object);
  }
};

using BignumPtr = std::unique_ptr<BIGNUM, Freer<BN_free>>;
using BioPtr = std::unique_ptr<BIO, Freer<BIO_free>>;
using MdPtr = std::unique_ptr<EVP_MD, Freer<EVP_MD_free>>;
using MdContextPtr = std::unique_ptr<EVP_MD_CTX, Freer<EVP_MD_CTX_free>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, Freer<EVP_PKEY_CTX_free>>;

// Leaves this thread's error queue empty, whatever a function did to it, so
// that no later call takes an old error for its own.
class ErrorQueueGuard {
 public:
  ErrorQueueGuard() { ERR_clear_error(); }
  ~ErrorQueueGuard() { ERR_clear_error(); }
  ErrorQueueGuard(const ErrorQueueGuard&) = delete;
  ErrorQueueGuard& operator=(const ErrorQueueGuard&) = delete;
};

// Makes libcrypto keep private keys in a heap that is locked in memory, left
// out of core dumps and wiped. To be called before one is read or made; more
// calls do nothing. Without memory that can be locked it is merely wiped.
void UseLockedHeap();

}  // namespace tufmirror::crypto

#endif  // TUFMIRROR_SRC_CRYPTO_OPENSSL_H_
