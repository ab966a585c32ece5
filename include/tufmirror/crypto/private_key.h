// Private keys: generated, kept as PKCS#8 PEM files, used to sign.
#ifndef TUFMIRROR_CRYPTO_PRIVATE_KEY_H_
#define TUFMIRROR_CRYPTO_PRIVATE_KEY_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tufmirror::crypto {

enum class KeyAlgorithm { kEd25519, kEcdsaP256, kEcdsaP384, kRsaPss };

// Bytes of a passphrase or a decoded key: in locked memory (sodium_malloc),
// wiped when destroyed. Movable only; has no way to be printed.
class Secret {
 public:
  static Secret Copy(std::string_view bytes);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();
  std::string_view view() const;
  bool empty() const { return view().empty(); }

 private:
  Secret() = default;
  void* data_ = nullptr;
  size_t size_ = 0;
};

// A key that can sign. Movable; Sign may be called from several threads.
class PrivateKey {
 public:
  static absl::StatusOr<PrivateKey> Generate(KeyAlgorithm algorithm);

  // Reads PKCS#8 PEM, encrypted ("BEGIN ENCRYPTED PRIVATE KEY") or not.
  // `passphrase` may be empty for an unencrypted one. kKey when the passphrase
  // is wrong or missing, or the key is of another kind; `what` names the key.
  static absl::StatusOr<PrivateKey> FromPem(std::string_view pem,
                                            const Secret& passphrase,
                                            std::string_view what);
  // True if `pem` is an encrypted PKCS#8 key: a passphrase will be needed.
  static bool IsEncryptedPem(std::string_view pem);

  // Reads the key file `path`: refuses (kKey) one that group or others may
  // read, larger than 64 KiB, or not a regular file. kNotFound if absent.
  static absl::StatusOr<PrivateKey> FromFile(const std::string& path,
                                             const Secret& passphrase);

  // PKCS#8 PEM. With a non-empty `passphrase`: PBES2 with scrypt (N = 2^14,
  // r = 8, p = 5; libcrypto reads no larger N back) and AES-256-CBC; otherwise
  // unencrypted.
  absl::StatusOr<Secret> ToPem(const Secret& passphrase) const;
  // The same, written to a new file of mode 0600. kKey if `path` exists:
  // a key is never overwritten.
  absl::Status WriteFile(const std::string& path,
                         const Secret& passphrase) const;

  // Raw signature bytes in the form that PublicKey::Verify takes.
  absl::StatusOr<std::string> Sign(std::string_view message) const;

  // The TUF fields of the public half (see PublicKey::Create).
  std::string keytype() const;
  std::string scheme() const;
  std::string public_value() const;

  PrivateKey(PrivateKey&&) noexcept;
  PrivateKey& operator=(PrivateKey&&) noexcept;
  ~PrivateKey();

 private:
  struct State;
  explicit PrivateKey(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tufmirror::crypto

#endif  // TUFMIRROR_CRYPTO_PRIVATE_KEY_H_
