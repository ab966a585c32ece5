#include "sync/online_signers.h"

#include <string>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/crypto/public_key.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::sync {
namespace {

constexpr uint64_t kMaxPublicKeyBytes = uint64_t{64} << 10;

absl::StatusOr<repo::Signer> CommandSigner(const OnlineSigner& signer) {
  ASSIGN_OR_RETURN(const std::string pem,
                   fs::ReadFile(signer.public_key, kMaxPublicKeyBytes));
  ASSIGN_OR_RETURN(crypto::PublicKeyFields fields,
                   crypto::PublicKey::FieldsFromPem(pem, signer.public_key));
  return repo::Signer::External(
      signer.command, {std::move(fields.keytype), std::move(fields.scheme),
                       std::move(fields.value)});
}

}  // namespace

std::vector<OnlineSigner> OnlineSignersOf(const OriginConfig& config) {
  std::vector<OnlineSigner> signers = config.online_signers;
  if (signers.empty()) {
    signers.emplace_back();
    signers.front().key = config.online_key;
  }
  for (OnlineSigner& signer : signers) {
    if (signer.passphrase_file.empty()) {
      signer.passphrase_file = config.passphrase_file;
    }
  }
  return signers;
}

absl::StatusOr<std::vector<repo::Signer>> ReadOnlineSigners(
    const OriginConfig& config,
    absl::FunctionRef<absl::StatusOr<crypto::Secret>(const OnlineSigner&)>
        passphrase) {
  std::vector<repo::Signer> signers;
  for (const OnlineSigner& signer : OnlineSignersOf(config)) {
    if (signer.key.empty() && !signer.command.words.empty()) {
      ASSIGN_OR_RETURN(repo::Signer command, CommandSigner(signer));
      signers.push_back(std::move(command));
      continue;
    }
    ASSIGN_OR_RETURN(crypto::PrivateKey key,
                     crypto::PrivateKey::FromFile(
                         signer.key, [&] { return passphrase(signer); }));
    signers.emplace_back(std::move(key));
  }
  return signers;
}

}  // namespace tufmirror::sync
