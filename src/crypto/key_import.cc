// Private keys as other programs keep them: OpenSSL's PEM from before PKCS#8,
// and securesystemslib's JSON. Nothing here writes those forms.
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include "absl/strings/numbers.h"
#include "crypto/key_kind.h"
#include "crypto/openssl.h"
#include "crypto/private_key_state.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/private_key.h"

namespace tufmirror::crypto {
namespace {

using CipherContextPtr =
    std::unique_ptr<EVP_CIPHER_CTX, Freer<EVP_CIPHER_CTX_free>>;

constexpr size_t kAesKeyBytes = 32;
constexpr size_t kAesBlockBytes = 16;
constexpr int kMaxIterations = 1'000'000;  // securesystemslib: 100,000
constexpr std::string_view kSecuresystemslibSeparator = "@@@@";

bool IsOldPem(std::string_view text) {
  text = StripWhitespace(text);
  return text.starts_with("-----BEGIN RSA PRIVATE KEY-----") ||
         text.starts_with("-----BEGIN EC PRIVATE KEY-----") ||
         text.starts_with("-----BEGIN EC PARAMETERS-----");
}

bool IsEncryptedJson(std::string_view text) {
  return text.find(kSecuresystemslibSeparator) != text.npos &&
         !StripWhitespace(text).starts_with('-');
}

// PEM_read_bio_PrivateKey's way to ask.
int GivePassphrase(char* buffer, int size, int /*writing*/, void* secret) {
  const std::string_view phrase = static_cast<const Secret*>(secret)->view();
  if (phrase.empty() || phrase.size() > static_cast<size_t>(size)) return -1;
  std::memcpy(buffer, phrase.data(), phrase.size());
  return static_cast<int>(phrase.size());
}

KeyPtr ReadOldPem(std::string_view text, const Secret& passphrase) {
  const BioPtr bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  if (bio == nullptr) return nullptr;
  return KeyPtr(PEM_read_bio_PrivateKey(bio.get(), nullptr, GivePassphrase,
                                        const_cast<Secret*>(&passphrase)));
}

// The text of member `name` of a flat part of JSON, its "\n" turned into line
// feeds: what is written there is hexadecimal or PEM. nullopt if it is absent.
std::optional<Secret> Member(std::string_view json, std::string_view name) {
  const std::string quoted = fmt::format("\"{}\"", name);
  const size_t found = json.find(quoted);
  if (found == json.npos) return std::nullopt;
  std::string_view rest = StripWhitespace(json.substr(found + quoted.size()));
  if (!rest.starts_with(':')) return std::nullopt;
  rest = StripWhitespace(rest.substr(1));
  if (!rest.starts_with('"')) return std::nullopt;
  rest = rest.substr(1, rest.find('"', 1) - 1);
  auto member = Secret::Filled(
      rest.size(), [rest](char* bytes) -> absl::StatusOr<size_t> {
        size_t size = 0;
        for (size_t i = 0; i < rest.size(); ++i) {
          const bool line_feed = rest.substr(i).starts_with("\\n");
          bytes[size++] = line_feed ? '\n' : rest[i];
          if (line_feed) ++i;
        }
        return size;
      });
  if (!member.ok()) return std::nullopt;
  return *std::move(member);
}

KeyPtr ReadJson(std::string_view json) {
  const std::optional<Secret> value = Member(json, "private");
  if (!value) return nullptr;
  if (IsOldPem(value->view())) return ReadOldPem(value->view(), *value);
  if (value->view().starts_with("-----BEGIN PRIVATE KEY-----")) {
    return ReadOldPem(value->view(), *value);
  }
  const auto seed =
      Secret::Filled(kAesKeyBytes, [&](char* bytes) -> absl::StatusOr<size_t> {
        const absl::Span<unsigned char> raw(
            reinterpret_cast<unsigned char*>(bytes), kAesKeyBytes);
        RETURN_IF_ERROR(HexDecode(value->view(), raw));
        return raw.size();
      });
  if (!seed.ok()) return nullptr;
  return KeyPtr(EVP_PKEY_new_raw_private_key_ex(
      nullptr, "ED25519", nullptr,
      reinterpret_cast<const unsigned char*>(seed->view().data()),
      seed->view().size()));
}

// salt@@@@iterations@@@@HMAC-SHA256 of the ciphertext@@@@IV@@@@ciphertext, all
// but the number in hexadecimal.
struct EncryptedJson {
  std::string salt;
  int iterations = 0;
  std::string hmac;
  std::string iv;
  std::string ciphertext;
};

std::optional<EncryptedJson> SplitEncryptedJson(std::string_view text) {
  text = StripWhitespace(text);
  std::vector<std::string_view> parts;
  while (true) {
    const size_t end = text.find(kSecuresystemslibSeparator);
    parts.push_back(text.substr(0, end));
    if (end == text.npos) break;
    text.remove_prefix(end + kSecuresystemslibSeparator.size());
  }
  if (parts.size() != 5) return std::nullopt;
  EncryptedJson split;
  const auto salt = HexDecode(parts[0]);
  const auto hmac = HexDecode(parts[2]);
  const auto iv = HexDecode(parts[3]);
  const auto ciphertext = HexDecode(parts[4]);
  const bool sound = salt.ok() && hmac.ok() && iv.ok() && ciphertext.ok() &&
                     iv->size() == kAesBlockBytes &&
                     absl::SimpleAtoi(ToAbsl(parts[1]), &split.iterations) &&
                     split.iterations > 0 && split.iterations <= kMaxIterations;
  if (!sound) return std::nullopt;
  split.salt = *salt;
  split.hmac = *hmac;
  split.iv = *iv;
  split.ciphertext = *ciphertext;
  return split;
}

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

absl::StatusOr<Secret> DerivedKey(const EncryptedJson& json,
                                  const Secret& passphrase) {
  return Secret::Filled(
      kAesKeyBytes, [&](char* bytes) -> absl::StatusOr<size_t> {
        const std::string_view phrase = passphrase.view();
        if (PKCS5_PBKDF2_HMAC(phrase.data(), static_cast<int>(phrase.size()),
                              Bytes(json.salt),
                              static_cast<int>(json.salt.size()),
                              json.iterations, EVP_sha256(), kAesKeyBytes,
                              reinterpret_cast<unsigned char*>(bytes)) != 1) {
          return MakeFailure(Failure::kKey, "derive key: libcrypto failed");
        }
        return kAesKeyBytes;
      });
}

bool HasRightHmac(const EncryptedJson& json, const Secret& key) {
  std::string computed(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  if (HMAC(EVP_sha256(), key.view().data(), static_cast<int>(key.view().size()),
           Bytes(json.ciphertext), json.ciphertext.size(),
           reinterpret_cast<unsigned char*>(computed.data()),
           &size) == nullptr) {
    return false;
  }
  return size == json.hmac.size() &&
         CRYPTO_memcmp(computed.data(), json.hmac.data(), size) == 0;
}

absl::StatusOr<Secret> DecryptCtr(const EncryptedJson& json,
                                  const Secret& key) {
  return Secret::Filled(
      json.ciphertext.size(), [&](char* bytes) -> absl::StatusOr<size_t> {
        const CipherContextPtr context(EVP_CIPHER_CTX_new());
        int size = 0;
        if (context == nullptr ||
            EVP_DecryptInit_ex(context.get(), EVP_aes_256_ctr(), nullptr,
                               Bytes(key.view()), Bytes(json.iv)) != 1 ||
            EVP_DecryptUpdate(context.get(),
                              reinterpret_cast<unsigned char*>(bytes), &size,
                              Bytes(json.ciphertext),
                              static_cast<int>(json.ciphertext.size())) != 1) {
          return MakeFailure(Failure::kKey, "decrypt key: libcrypto failed");
        }
        return static_cast<size_t>(size);
      });
}

// kKey without a reason to tell.
absl::StatusOr<KeyPtr> ReadEncryptedJson(const EncryptedJson& json,
                                         const Secret& passphrase) {
  ASSIGN_OR_RETURN(const Secret key, DerivedKey(json, passphrase));
  if (!HasRightHmac(json, key)) return KeyPtr();
  ASSIGN_OR_RETURN(const Secret text, DecryptCtr(json, key));
  return ReadJson(text.view());
}

absl::Status NotImported(std::string_view what, std::string_view expected,
                         std::string_view got) {
  return MakeFailure(Failure::kKey,
                     fmt::format("import private key {}: expected {}, got {}",
                                 what, expected, got));
}

// Null: the passphrase is wrong, or the text damaged.
absl::StatusOr<KeyPtr> ReadForeign(std::string_view text,
                                   const Secret& passphrase) {
  if (IsOldPem(text)) return ReadOldPem(text, passphrase);
  if (!IsEncryptedJson(text)) return ReadJson(text);
  const std::optional<EncryptedJson> json = SplitEncryptedJson(text);
  if (!json) return KeyPtr();
  return ReadEncryptedJson(*json, passphrase);
}

}  // namespace

bool PrivateKey::NeedsPassphrase(std::string_view text) {
  return IsEncryptedPem(text) || IsEncryptedJson(text) ||
         (IsOldPem(text) && text.find("ENCRYPTED") != text.npos);
}

absl::StatusOr<PrivateKey> PrivateKey::Import(std::string_view text,
                                              const Secret& passphrase,
                                              std::string_view what) {
  const bool foreign = IsOldPem(text) || IsEncryptedJson(text) ||
                       StripWhitespace(text).starts_with('{');
  if (!foreign) return FromPem(text, passphrase, what);
  const ErrorQueueGuard guard;
  UseLockedHeap();
  const bool encrypted = NeedsPassphrase(text);
  if (encrypted && passphrase.empty()) {
    return NotImported(what, "a passphrase for the encrypted key", "none");
  }
  ASSIGN_OR_RETURN(KeyPtr key, ReadForeign(text, passphrase));
  if (key == nullptr) {
    return encrypted
               ? NotImported(what, "the key's passphrase",
                             "a wrong one, or a damaged file")
               : NotImported(what, "a key of OpenSSL or of securesystemslib",
                             "a damaged file");
  }
  ASSIGN_OR_RETURN(std::unique_ptr<State> state,
                   State::Make(std::move(key), what));
  return PrivateKey(std::move(state));
}

}  // namespace tufmirror::crypto
