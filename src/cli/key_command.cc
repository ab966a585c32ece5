#include "cli/key_command.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <string_view>
#include <utility>

#include "cli/commands.h"
#include "cli/key_uses.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/public_key.h"
#include "tufmirror/crypto/secret_file.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/json/canonical.h"
#include "tufmirror/repo/ceremony_changes.h"
#include "tufmirror/repo/signer.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::cli {
namespace {

using crypto::PrivateKey;
using crypto::Secret;

constexpr std::array<std::string_view, 4> kAlgorithmNames = {
    "ed25519", "ecdsa-p256", "ecdsa-p384", "rsa-pss-sha256"};
constexpr std::string_view kTrialMessage = "tufmirror key check";

// A key as a file has it.
struct KeyFile {
  tuf::Key key;
  std::optional<PrivateKey> private_key;
  bool encrypted = false;
};

// True for what must not be read by others: anything but a public key.
bool LooksPublic(std::string_view text) {
  text = StripWhitespace(text);
  const bool json = text.starts_with('{') &&
                    text.find("\"private\"") == std::string_view::npos;
  return text.starts_with("-----BEGIN PUBLIC KEY-----") || json;
}

absl::StatusOr<PrivateKey> OpenPrivate(const Secret& text,
                                       const PassphraseSource& passphrase,
                                       const std::string& file) {
  if (!PrivateKey::NeedsPassphrase(text.view())) {
    return PrivateKey::Import(text.view(), Secret::Copy(""), Printable(file));
  }
  ASSIGN_OR_RETURN(const Secret secret,
                   ReadPassphrase(passphrase, PassphraseUse::kOpen, file));
  return PrivateKey::Import(text.view(), secret, Printable(file));
}

tuf::Key PublicHalf(const PrivateKey& key) {
  return {key.keytype(), key.scheme(), key.public_value()};
}

absl::StatusOr<KeyFile> OpenKeyFile(const std::string& file,
                                    const PassphraseSource& passphrase) {
  // Public keys may be read by anybody, so their files may too.
  ASSIGN_OR_RETURN(const Secret text,
                   crypto::ReadSecretFile(file, "private key", LooksPublic));
  if (LooksPublic(text.view())) {
    ASSIGN_OR_RETURN(tuf::Key key,
                     repo::ParsePublicKey(text.view(), Printable(file)));
    return KeyFile{std::move(key), std::nullopt, false};
  }
  const bool encrypted = PrivateKey::NeedsPassphrase(text.view());
  ASSIGN_OR_RETURN(PrivateKey key, OpenPrivate(text, passphrase, file));
  tuf::Key half = PublicHalf(key);
  return KeyFile{std::move(half), std::move(key), encrypted};
}

absl::StatusOr<crypto::PublicKey> VerifierOf(const tuf::Key& key) {
  return crypto::PublicKey::Create(key.keytype, key.scheme, key.value);
}

std::string_view AlgorithmOf(const tuf::Key& key) {
  if (key.scheme == "ecdsa-sha2-nistp256") return kAlgorithmNames[1];
  if (key.scheme == "ecdsa-sha2-nistp384") return kAlgorithmNames[2];
  if (key.scheme == "rsassa-pss-sha256") return kAlgorithmNames[3];
  return kAlgorithmNames[0];
}

// The key object of TUF metadata, with its keyid and fingerprint beside.
std::string KeyJson(const tuf::Key& key, const crypto::PublicKey& verifier) {
  const auto quoted = [](std::string_view text) {
    std::string out;
    json::AppendString(text, out);
    return out;
  };
  return fmt::format(
      R"({{"fingerprint":{},"keyid":{},"keytype":{},"keyval":{{"public":{}}},"scheme":{}}})",
      quoted(verifier.fingerprint().Hex()), quoted(key.ComputeKeyId()),
      quoted(key.keytype), quoted(key.value), quoted(key.scheme));
}

absl::Status PrintKey(const tuf::Key& key, bool json) {
  ASSIGN_OR_RETURN(const crypto::PublicKey verifier, VerifierOf(key));
  if (json) {
    fmt::print("{}\n", KeyJson(key, verifier));
    return absl::OkStatus();
  }
  const std::string_view value = StripWhitespace(key.value);
  const bool pem = value.find('\n') != std::string_view::npos;
  fmt::print("algorithm    {}\nkeyid        {}\nfingerprint  {}\npublic{}{}\n",
             AlgorithmOf(key), key.ComputeKeyId(), verifier.fingerprint().Hex(),
             pem ? "\n" : "       ", value);
  return absl::OkStatus();
}

absl::Status CheckNewFile(const std::string& path) {
  ASSIGN_OR_RETURN(const auto existing, fs::Stat(path));
  if (!existing) return absl::OkStatus();
  return MakeFailure(
      Failure::kKey,
      fmt::format("write {}: expected no such file yet, got an existing one; a "
                  "key is never overwritten",
                  Printable(path)));
}

absl::Status WritePublic(const tuf::Key& key, const std::string& path) {
  ASSIGN_OR_RETURN(const crypto::PublicKey verifier, VerifierOf(key));
  return fs::WriteFileAtomically(path, verifier.ToPem(), tree::kServedFileMode,
                                 fs::Durability::kFsync);
}

// `public_file` may be empty, but not the key's own file by another name.
absl::Status WritePublicOfNew(const tuf::Key& key, const std::string& file,
                              const std::string& public_file) {
  if (public_file.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto existing, fs::Stat(public_file));
  if (existing) {
    return MakeFailure(
        Failure::kUsage,
        fmt::format("--public {}: expected another file than {}, that of the "
                    "key",
                    Printable(public_file), Printable(file)));
  }
  return WritePublic(key, public_file);
}

absl::StatusOr<Secret> PassphraseOfNewFile(const PassphraseSource& source,
                                           bool unencrypted,
                                           const std::string& file) {
  if (unencrypted) return Secret::Copy("");
  return ReadPassphrase(source, PassphraseUse::kCreate, file);
}

absl::Status GenerateKeyFile(const KeyGenerateArguments& arguments) {
  ASSIGN_OR_RETURN(const crypto::KeyAlgorithm algorithm,
                   KeyAlgorithmOf(arguments.algorithm));
  RETURN_IF_ERROR(CheckNewFile(arguments.file));
  if (!arguments.public_file.empty()) {
    RETURN_IF_ERROR(CheckNewFile(arguments.public_file));
  }
  ASSIGN_OR_RETURN(const Secret passphrase,
                   PassphraseOfNewFile(arguments.passphrase,
                                       arguments.unencrypted, arguments.file));
  ASSIGN_OR_RETURN(const PrivateKey key,
                   PrivateKey::Generate(algorithm, arguments.rsa_bits));
  RETURN_IF_ERROR(key.WriteFile(arguments.file, passphrase));
  const tuf::Key half = PublicHalf(key);
  const absl::Status written =
      WritePublicOfNew(half, arguments.file, arguments.public_file);
  if (!written.ok()) {
    // A key that nobody has seen, in the way of the next try.
    RETURN_IF_ERROR(fs::Remove(arguments.file));
    return written;
  }
  return PrintKey(half, arguments.json);
}

absl::Status ShowKeyFile(const KeyShowArguments& arguments) {
  ASSIGN_OR_RETURN(const KeyFile file,
                   OpenKeyFile(arguments.file, arguments.passphrase));
  return PrintKey(file.key, arguments.json);
}

absl::Status ConvertKeyFile(const KeyConvertArguments& arguments) {
  RETURN_IF_ERROR(CheckNewFile(arguments.output));
  ASSIGN_OR_RETURN(const KeyFile file,
                   OpenKeyFile(arguments.file, arguments.passphrase));
  if (arguments.public_half) return WritePublic(file.key, arguments.output);
  if (!file.private_key) {
    return MakeFailure(Failure::kKey,
                       fmt::format("key convert {}: expected a private key, "
                                   "got a public one; --public writes it as "
                                   "PEM",
                                   Printable(arguments.file)));
  }
  ASSIGN_OR_RETURN(
      const Secret passphrase,
      PassphraseOfNewFile(arguments.new_passphrase, arguments.unencrypted,
                          arguments.output));
  return file.private_key->WriteFile(arguments.output, passphrase);
}

// A key file can be whole and yet not be a pair.
absl::Status CheckSigns(const KeyFile& file, const std::string& name) {
  ASSIGN_OR_RETURN(const crypto::PublicKey verifier, VerifierOf(file.key));
  ASSIGN_OR_RETURN(const std::string signature,
                   file.private_key->Sign(kTrialMessage));
  if (verifier.Verify(kTrialMessage, signature)) return absl::OkStatus();
  return MakeFailure(
      Failure::kKey,
      fmt::format("key check {}: expected a key whose public half verifies "
                  "what it signs, got another",
                  Printable(name)));
}

absl::Status CheckKeyFile(const KeyCheckArguments& arguments) {
  ASSIGN_OR_RETURN(const KeyFile file,
                   OpenKeyFile(arguments.file, arguments.passphrase));
  if (file.private_key) RETURN_IF_ERROR(CheckSigns(file, arguments.file));
  fmt::print("{}: {}\n", Printable(arguments.file),
             !file.private_key ? "a public key"
             : file.encrypted  ? "the passphrase opens it, and it signs"
                               : "it is not encrypted, and it signs");
  RETURN_IF_ERROR(PrintKey(file.key, /*json=*/false));
  absl::Status missing;
  for (const std::string& place : arguments.in) {
    ASSIGN_OR_RETURN(const std::vector<KeyUse> uses,
                     UsesOfKey(file.key, place));
    for (const KeyUse& use : uses) {
      fmt::print("{}: signs {} ({} of {} keys must sign)\n", Printable(place),
                 Printable(use.role, 80), use.threshold, use.keys);
    }
    if (!uses.empty()) continue;
    missing =
        MakeFailure(Failure::kKey,
                    fmt::format("key check {}: expected {} to name it "
                                "for a role, got none that does",
                                Printable(arguments.file), Printable(place)));
    fmt::print("{}: no role names this key\n", Printable(place));
  }
  return missing;
}

int KeyExitCode(const absl::Status& status) {
  return status.ok() ? 0 : Fail(status);
}

}  // namespace

std::vector<std::string> KeyAlgorithmNames() {
  return {kAlgorithmNames.begin(), kAlgorithmNames.end()};
}

absl::StatusOr<crypto::KeyAlgorithm> KeyAlgorithmOf(std::string_view word) {
  const auto name =
      std::find(kAlgorithmNames.begin(), kAlgorithmNames.end(), word);
  if (name != kAlgorithmNames.end()) {
    return static_cast<crypto::KeyAlgorithm>(name - kAlgorithmNames.begin());
  }
  return MakeFailure(
      Failure::kUsage,
      fmt::format("expected an algorithm, {}, got '{}'",
                  fmt::join(kAlgorithmNames, ", "), Printable(word, 80)));
}

int KeyGenerateCommand(const KeyGenerateArguments& arguments) {
  return KeyExitCode(GenerateKeyFile(arguments));
}

int KeyShowCommand(const KeyShowArguments& arguments) {
  return KeyExitCode(ShowKeyFile(arguments));
}

int KeyConvertCommand(const KeyConvertArguments& arguments) {
  return KeyExitCode(ConvertKeyFile(arguments));
}

int KeyCheckCommand(const KeyCheckArguments& arguments) {
  return KeyExitCode(CheckKeyFile(arguments));
}

}  // namespace tufmirror::cli
