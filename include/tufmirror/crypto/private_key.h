// Private keys: generated, kept as PKCS#8 PEM files, used to sign.
#ifndef TUFMIRROR_CRYPTO_PRIVATE_KEY_H_
#define TUFMIRROR_CRYPTO_PRIVATE_KEY_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tufmirror::crypto {

enum class KeyAlgorithm { kEd25519, kEcdsaP256, kEcdsaP384, kRsaPss };

inline constexpr int kDefaultRsaBits = 3072;

// Bytes of a passphrase or a decoded key: in locked memory (sodium_malloc),
// wiped when destroyed. Movable only; has no way to be printed.
class Secret {
 public:
  static Secret Copy(std::string_view bytes);
  // `size` bytes that `fill` writes in place, so that no copy of them is ever
  // elsewhere; it gives how many it wrote, or an error.
  static absl::StatusOr<Secret> Filled(
      size_t size, absl::FunctionRef<absl::StatusOr<size_t>(char* bytes)> fill);
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

// A key that can sign. libcrypto keeps its numbers in a locked heap of this
// process and wipes them. Movable; Sign may be called from several threads.
class PrivateKey {
 public:
  // `rsa_bits` is 3072 or 4096, kUsage otherwise; it is for RSA alone.
  static absl::StatusOr<PrivateKey> Generate(KeyAlgorithm algorithm,
                                             int rsa_bits = kDefaultRsaBits);

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
  // The same; `ask` is called only if the key is encrypted.
  using AskPassphrase = absl::FunctionRef<absl::StatusOr<Secret>()>;
  static absl::StatusOr<PrivateKey> FromFile(const std::string& path,
                                             AskPassphrase ask);

  // Reads what other programs write: PKCS#8 as FromPem, the PEM of OpenSSL
  // before PKCS#8 ("BEGIN RSA PRIVATE KEY", "BEGIN EC PRIVATE KEY", encrypted
  // or not), and the key files of securesystemslib (JSON, encrypted or not).
  // Errors as FromPem.
  static absl::StatusOr<PrivateKey> Import(std::string_view text,
                                           const Secret& passphrase,
                                           std::string_view what);
  // True if Import needs a passphrase for `text`.
  static bool NeedsPassphrase(std::string_view text);

  // PKCS#8 PEM. With a non-empty `passphrase`: PBES2 with scrypt (N = 2^14,
  // r = 8, p = 5) and AES-256-CBC; otherwise unencrypted. libcrypto, and so
  // every program that uses it, reads no larger N back: 32 MiB is its limit for
  // PKCS#8. PBKDF2, the alternative, needs no memory, which is what makes
  // guessing on graphics cards cheap.
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
