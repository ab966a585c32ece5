// tufmirror key: key files made, shown, rewritten and checked.
#ifndef TUFMIRROR_CLI_KEY_COMMAND_H_
#define TUFMIRROR_CLI_KEY_COMMAND_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/terminal.h"
#include "tufmirror/crypto/private_key.h"

namespace tufmirror::cli {

struct KeyGenerateArguments {
  std::string file;
  std::string algorithm = "ed25519";
  int rsa_bits = crypto::kDefaultRsaBits;
  std::string public_file;  // empty: none is written
  PassphraseSource passphrase;
  bool unencrypted = false;
  bool json = false;
};
int KeyGenerateCommand(const KeyGenerateArguments& arguments);

struct KeyShowArguments {
  std::string file;  // a private or a public key
  PassphraseSource passphrase;
  bool json = false;
};
int KeyShowCommand(const KeyShowArguments& arguments);

struct KeyConvertArguments {
  std::string file;    // PKCS#8, or what OpenSSL or securesystemslib wrote
  std::string output;  // new
  PassphraseSource passphrase;
  PassphraseSource new_passphrase = {-1, "TUFMIRROR_NEW_KEY_PASSPHRASE", ""};
  bool unencrypted = false;
  bool public_half = false;  // PEM of the public half instead
};
int KeyConvertCommand(const KeyConvertArguments& arguments);

struct KeyCheckArguments {
  std::string file;  // a private or a public key
  // Homes, and files of root or targets metadata, in which to look for it.
  std::vector<std::string> in;
  PassphraseSource passphrase;
};
int KeyCheckCommand(const KeyCheckArguments& arguments);

// Words for algorithms, in the order of KeyAlgorithm; kUsage for another word.
std::vector<std::string> KeyAlgorithmNames();
absl::StatusOr<crypto::KeyAlgorithm> KeyAlgorithmOf(std::string_view word);

}  // namespace tufmirror::cli

#endif  // TUFMIRROR_CLI_KEY_COMMAND_H_
