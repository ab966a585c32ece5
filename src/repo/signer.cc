// What a command answers is verified before it is used: a wrong key or format
// is found here, not by the first reader.
#include "tufmirror/repo/signer.h"

#include <array>
#include <cstdlib>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/fs/command.h"

namespace tufmirror::repo {
namespace {

// What programs need to find their way; nothing secret is in these.
constexpr std::array<std::string_view, 7> kPassedOn = {
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TMPDIR"};
constexpr std::string_view kOwnSecret = "TUFMIRROR_KEY_PASSPHRASE";

void PassOn(const std::string& name, std::vector<std::string>& environment) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr || name == kOwnSecret) return;
  environment.push_back(fmt::format("{}={}", name, value));
}

std::vector<std::string> EnvironmentFor(const SignerCommand& command) {
  std::vector<std::string> environment;
  for (const std::string_view name : kPassedOn) {
    PassOn(std::string(name), environment);
  }
  for (const std::string& name : command.environment) PassOn(name, environment);
  return environment;
}

absl::Status SignFailure(std::string_view keyid, std::string_view problem) {
  return MakeFailure(Failure::kKey,
                     fmt::format("sign with key {}: {}", keyid, problem));
}

std::optional<crypto::PublicKey> VerifierOf(const tuf::Key& key) {
  auto verifier = crypto::PublicKey::Create(key.keytype, key.scheme, key.value);
  if (!verifier.ok()) return std::nullopt;
  return *std::move(verifier);
}

tuf::Key PublicHalfOf(const crypto::PrivateKey& key) {
  return {key.keytype(), key.scheme(), key.public_value()};
}

}  // namespace

Signer::Signer(Holder holder, tuf::Key key,
               std::optional<crypto::PublicKey> public_key)
    : holder_(std::move(holder)),
      public_key_(std::move(key)),
      verifier_(std::move(public_key)),
      keyid_(public_key_.ComputeKeyId()) {}

Signer::Signer(crypto::PrivateKey key)
    : holder_(std::move(key)),
      public_key_(PublicHalfOf(std::get<crypto::PrivateKey>(holder_))),
      verifier_(VerifierOf(public_key_)),
      keyid_(public_key_.ComputeKeyId()) {}

absl::StatusOr<Signer> Signer::Generate() {
  ASSIGN_OR_RETURN(crypto::PrivateKey key, crypto::PrivateKey::Generate(
                                               crypto::KeyAlgorithm::kEd25519));
  return Signer(std::move(key));
}

absl::StatusOr<Signer> Signer::FromFile(const std::string& path,
                                        const crypto::Secret& passphrase) {
  ASSIGN_OR_RETURN(crypto::PrivateKey key,
                   crypto::PrivateKey::FromFile(path, passphrase));
  return Signer(std::move(key));
}

absl::StatusOr<Signer> Signer::External(SignerCommand command, tuf::Key key) {
  if (command.words.empty() || command.words.front().empty()) {
    return MakeFailure(Failure::kUsage,
                       "external signer: expected a command, got none");
  }
  if (command.timeout <= absl::ZeroDuration()) {
    return MakeFailure(Failure::kUsage,
                       fmt::format("external signer {}: expected time for a "
                                   "signature, got {}",
                                   Printable(command.words.front()),
                                   absl::FormatDuration(command.timeout)));
  }
  ASSIGN_OR_RETURN(
      crypto::PublicKey verifier,
      crypto::PublicKey::Create(key.keytype, key.scheme, key.value));
  return Signer(Holder(std::move(command)), std::move(key),
                std::move(verifier));
}

bool Signer::HasKey(const tuf::Key& declared) const {
  if (declared == public_key_) return true;
  const std::optional<crypto::PublicKey> other = VerifierOf(declared);
  return other && verifier_ && other->fingerprint() == verifier_->fingerprint();
}

const crypto::PrivateKey* Signer::private_key() const {
  return std::get_if<crypto::PrivateKey>(&holder_);
}

absl::StatusOr<tuf::Signature> Signer::Sign(std::string_view message) const {
  if (const crypto::PrivateKey* key = private_key()) {
    ASSIGN_OR_RETURN(std::string value, key->Sign(message));
    return tuf::Signature{keyid_, std::move(value)};
  }
  const auto& command = std::get<SignerCommand>(holder_);
  fs::Command run;
  run.words = command.words;
  run.environment = EnvironmentFor(command);
  run.timeout = command.timeout;
  absl::StatusOr<std::string> value = fs::RunCommand(run, message);
  if (!value.ok()) return SignFailure(keyid_, MessageOf(value.status()));
  if (!verifier_->Verify(message, *value)) {
    return SignFailure(
        keyid_,
        fmt::format("command {}: expected a {} signature by this key, got {} "
                    "bytes that are none",
                    Printable(command.words.front()), public_key_.scheme,
                    value->size()));
  }
  return tuf::Signature{keyid_, *std::move(value)};
}

std::vector<const Signer*> PointersTo(const std::vector<Signer>& signers) {
  std::vector<const Signer*> pointers;
  pointers.reserve(signers.size());
  for (const Signer& signer : signers) pointers.push_back(&signer);
  return pointers;
}

}  // namespace tufmirror::repo
