#include "cli/key_options.h"

#include <memory>
#include <string>

#include "cli/key_command.h"

namespace tufmirror::cli {
namespace {

using ChooseKey = std::function<int()>;

void AddKeyPassphrase(CLI::App& command, PassphraseSource& source,
                      const std::string& prefix, const std::string& what) {
  CLI::Option* file =
      command.add_option("--" + prefix + "passphrase-file", source.file,
                         "File whose first line is the passphrase of " + what);
  command
      .add_option("--" + prefix + "passphrase-fd", source.fd,
                  "Open file descriptor from which that line is read")
      ->check(CLI::NonNegativeNumber)
      ->excludes(file);
}

void AddKeyGenerate(CLI::App& key, ChooseKey& chosen) {
  CLI::App* generate = key.add_subcommand("generate", "Make a new private key");
  auto arguments = std::make_shared<KeyGenerateArguments>();
  generate->add_option("FILE", arguments->file, "File to make")->required();
  generate
      ->add_option("--algorithm", arguments->algorithm,
                   "ed25519, ecdsa-p256, ecdsa-p384 or rsa-pss-sha256")
      ->check(CLI::IsMember(KeyAlgorithmNames()))
      ->capture_default_str();
  generate->add_option("--rsa-bits", arguments->rsa_bits, "3072 or 4096")
      ->check(CLI::IsMember({3072, 4096}))
      ->capture_default_str();
  generate->add_option("--public", arguments->public_file,
                       "Also write the public half there, as PEM");
  AddKeyPassphrase(*generate, arguments->passphrase, "", "the key");
  generate
      ->add_flag("--unencrypted-keys", arguments->unencrypted,
                 "Write the key without a passphrase")
      ->excludes("--passphrase-file")
      ->excludes("--passphrase-fd");
  generate->add_flag("--json", arguments->json,
                     "Print the public half as TUF metadata declares it");
  generate->footer(
      "The passphrase: from a descriptor, a file, TUFMIRROR_KEY_PASSPHRASE, or "
      "a prompt, in that order.\nExample: tufmirror key generate root-1.pem "
      "--public root-1.pub");
  generate->callback([arguments, &chosen] {
    chosen = [arguments] { return KeyGenerateCommand(*arguments); };
  });
}

void AddKeyShow(CLI::App& key, ChooseKey& chosen) {
  CLI::App* show =
      key.add_subcommand("show", "Print what of a key is no secret");
  auto arguments = std::make_shared<KeyShowArguments>();
  show->add_option("FILE", arguments->file, "A private or a public key")
      ->required();
  AddKeyPassphrase(*show, arguments->passphrase, "", "a private key");
  show->add_flag("--json", arguments->json,
                 "Print it as TUF metadata declares it");
  show->footer("Example: tufmirror key show root-1.pub --json");
  show->callback([arguments, &chosen] {
    chosen = [arguments] { return KeyShowCommand(*arguments); };
  });
}

void AddKeyConvert(CLI::App& key, ChooseKey& chosen) {
  CLI::App* convert = key.add_subcommand(
      "convert",
      "Write a key to a new file: with another passphrase, from another "
      "program's form, or its public half");
  auto arguments = std::make_shared<KeyConvertArguments>();
  convert
      ->add_option("FILE", arguments->file,
                   "A private key: PKCS#8, OpenSSL's older PEM, or a file of "
                   "securesystemslib; or, for --public, a public one")
      ->required();
  convert->add_option("--output", arguments->output, "File to make")
      ->required();
  AddKeyPassphrase(*convert, arguments->passphrase, "", "FILE");
  AddKeyPassphrase(*convert, arguments->new_passphrase, "new-", "the new file");
  convert
      ->add_flag("--unencrypted-keys", arguments->unencrypted,
                 "Write the key without a passphrase")
      ->excludes("--new-passphrase-file")
      ->excludes("--new-passphrase-fd");
  convert->add_flag("--public", arguments->public_half,
                    "Write the public half, as PEM");
  convert->footer(
      "FILE stays as it is. The new passphrase may also come from "
      "TUFMIRROR_NEW_KEY_PASSPHRASE.\nExample: tufmirror key convert "
      "online.pem --output online-2.pem");
  convert->callback([arguments, &chosen] {
    chosen = [arguments] { return KeyConvertCommand(*arguments); };
  });
}

void AddKeyCheck(CLI::App& key, ChooseKey& chosen) {
  CLI::App* check = key.add_subcommand(
      "check", "Say whether a key opens and signs, and who names it");
  auto arguments = std::make_shared<KeyCheckArguments>();
  check->add_option("FILE", arguments->file, "A private or a public key")
      ->required();
  check->add_option("--in", arguments->in,
                    "A home, or a root.json or file of targets metadata, that "
                    "must name the key; may be given several times");
  AddKeyPassphrase(*check, arguments->passphrase, "", "a private key");
  check->footer(
      "Exit codes: 0 all is well; 1 the key cannot be used, or is not named "
      "in one of them.\nExample: tufmirror key check online.pem --in "
      "/srv/mirror");
  check->callback([arguments, &chosen] {
    chosen = [arguments] { return KeyCheckCommand(*arguments); };
  });
}

}  // namespace

void AddKey(CLI::App& app, ChooseKey& chosen) {
  CLI::App* key = app.add_subcommand(
      "key", "Make, show, convert and check the files of keys");
  key->require_subcommand(1);
  AddKeyGenerate(*key, chosen);
  AddKeyShow(*key, chosen);
  AddKeyConvert(*key, chosen);
  AddKeyCheck(*key, chosen);
}

}  // namespace tufmirror::cli
