// The words of a ceremony on the command line.
#include "cli/ceremony_options.h"

#include <memory>

#include "cli/ceremony_command.h"
#include "cli/commands.h"

namespace tufmirror::cli {
namespace {

using ChosenStep = std::function<int()>;

// Takes one set of values each time it is given, and never what follows.
template <typename Value>
void AddRepeated(CLI::App& command, const char* name, Value& value,
                 const char* help, const char* values) {
  command.add_option(name, value, help)
      ->type_name(values)
      ->allow_extra_args(false);
}

void AddBegin(CLI::App& ceremony, ChosenStep& chosen) {
  CLI::App* begin = ceremony.add_subcommand(
      "begin", "Write down a change of offline roles, for its signers");
  auto arguments = std::make_shared<CeremonyBeginArguments>();
  begin->add_option("HOME", arguments->home, "The origin")->required();
  begin->add_option("--output", arguments->output,
                    "File of the candidate (default: ceremony-ID.json here)");
  AddRepeated(*begin, "--add-key", arguments->add_keys,
              "Give a role another key, from the file of its public half",
              "ROLE FILE");
  AddRepeated(*begin, "--remove-key", arguments->remove_keys,
              "Take a key from a role: its id, or the first digits, or label",
              "ROLE KEY");
  AddRepeated(*begin, "--replace-key", arguments->replace_keys, "Both at once",
              "ROLE KEY FILE");
  AddRepeated(*begin, "--threshold", arguments->thresholds,
              "How many keys of a role must sign", "ROLE NUMBER");
  AddRepeated(*begin, "--renew", arguments->renew,
              "Sign root, targets, bins or claimed again, as it is, before it "
              "expires",
              "ROLE");
  begin->add_option("--expires", arguments->expires,
                    "Until when what is signed is good: a day, or a time from "
                    "now such as 180d (default: a year)");
  AddRepeated(*begin, "--label", arguments->labels,
              "What to call a key: its id, or the file it comes from",
              "KEY TEXT");
  AddRepeated(*begin, "--contact", arguments->contacts,
              "How to reach the holder of a key", "KEY TEXT");
  begin->add_option("--bits", arguments->bits,
                    "2^BITS bins from now on; every bin is signed again");
  begin->add_flag("--json", arguments->json, "Print JSON");
  begin->footer(
      "ROLE is root, targets, bins, claimed, snapshot, timestamp, bin (all "
      "bins), recently-claimed, or online (the last four); claimed and "
      "recently-claimed where init had --claims.\nExample: tufmirror ceremony "
      "begin /srv/mirror "
      "--replace-key root 3f1c9a2b new-root.pem");
  begin->callback([arguments, &chosen] {
    chosen = [arguments] { return CeremonyBeginCommand(*arguments); };
  });
}

void AddLooking(CLI::App& ceremony, ChosenStep& chosen) {
  CLI::App* show = ceremony.add_subcommand(
      "show", "Say what a candidate changes, and who must sign it yet");
  auto shown = std::make_shared<CeremonyShowArguments>();
  show->add_option("FILE", shown->files, "Copies of one candidate")->required();
  show->add_option("--root", shown->root,
                   "A root.json that you know it must follow from");
  show->add_flag("--json", shown->json, "Print JSON");
  show->footer(
      "Example: tufmirror ceremony show ceremony-0a1b2c3d4e5f6071.json");
  show->callback([shown, &chosen] {
    chosen = [shown] { return CeremonyShowCommand(*shown); };
  });

  CLI::App* status = ceremony.add_subcommand(
      "status", "Say who must sign a candidate yet, or which ceremony is open");
  auto asked = std::make_shared<CeremonyShowArguments>();
  status
      ->add_option("FILE", asked->files,
                   "Copies of one candidate, or the home of an origin")
      ->required();
  status->add_flag("--json", asked->json, "Print JSON");
  status->footer(
      "Exit codes: 0 nothing is missing; 3 signatures are, or a "
      "ceremony is open.\n"
      "Example: tufmirror ceremony status a.json b.json");
  status->callback([asked, &chosen] {
    chosen = [asked] { return CeremonyStatusCommand(*asked); };
  });
}

void AddSign(CLI::App& ceremony, ChosenStep& chosen) {
  CLI::App* sign = ceremony.add_subcommand(
      "sign", "Add your signature; needs no network and no home");
  auto arguments = std::make_shared<CeremonySignArguments>();
  sign->add_option("FILE", arguments->file, "The candidate")->required();
  CLI::Option* key =
      sign->add_option("--key", arguments->key, "Your private key");
  CLI::Option* signer =
      sign->add_option("--signer", arguments->signer,
                       "A command that signs instead: PROGRAM ARGUMENT...")
          ->excludes(key);
  sign->add_option("--public-key", arguments->public_key,
                   "File of the public half of the command's key")
      ->needs(signer);
  sign->add_option("--passphrase-file", arguments->passphrase_file,
                   "File whose first line is the passphrase of the key");
  sign->add_option("--root", arguments->root,
                   "A root.json that you know it must follow from");
  sign->add_flag("--yes", arguments->yes, "Do not ask");
  sign->add_flag("--json", arguments->json, "Print JSON; needs --yes");
  sign->footer(
      "Example: tufmirror ceremony sign ceremony-0a1b2c3d4e5f6071.json --key "
      "root-1.pem --root 1.root.json");
  sign->callback([arguments, &chosen] {
    chosen = [arguments] { return CeremonySignCommand(*arguments); };
  });
}

void AddEnds(CLI::App& ceremony, ChosenStep& chosen) {
  CLI::App* publish =
      ceremony.add_subcommand("publish", "Publish what all have signed");
  auto published = std::make_shared<CeremonyPublishArguments>();
  publish->add_option("HOME", published->home, "The origin")->required();
  publish
      ->add_option("FILE", published->files,
                   "Copies of the candidate; their signatures are put together")
      ->required();
  publish->add_option("--online-key", published->online_key,
                      "The key file that signs bins, snapshot and timestamp "
                      "from now on, instead of what tufmirror.toml names");
  publish->add_flag("--yes", published->yes, "Do not ask");
  publish->add_flag("--json", published->json, "Print JSON; needs --yes");
  publish->footer(
      "Exit codes: 0 published; 1 failed, and 5 a client would refuse it: "
      "nothing is changed then.\n"
      "Example: tufmirror ceremony publish /srv/mirror anna.json ben.json");
  publish->callback([published, &chosen] {
    chosen = [published] { return CeremonyPublishCommand(*published); };
  });

  CLI::App* abort =
      ceremony.add_subcommand("abort", "Forget the open ceremony of an origin");
  auto aborted = std::make_shared<CeremonyAbortArguments>();
  abort->add_option("HOME", aborted->home, "The origin")->required();
  abort->add_flag("--json", aborted->json, "Print JSON");
  abort->footer("Example: tufmirror ceremony abort /srv/mirror");
  abort->callback([aborted, &chosen] {
    chosen = [aborted] { return CeremonyAbortCommand(*aborted); };
  });
}

}  // namespace

void AddInitCeremony(CLI::App& origin, InitCeremonyArguments& arguments) {
  CLI::Option* candidate = origin.add_option(
      "--ceremony", arguments.candidate,
      "Leave root to its holders: write this candidate for them to sign, and "
      "publish nothing yet (tufmirror ceremony)");
  CLI::Option* root = origin.add_option(
      "--root-public", arguments.root,
      "File of the public half of a root key; once for each holder");
  root->allow_extra_args(false)->needs(candidate);
  candidate->needs(root);
  origin
      .add_option("--targets-public", arguments.targets,
                  "The same of the targets key (default: it is made here)")
      ->needs(candidate);
  origin
      .add_option("--bins-public", arguments.bins,
                  "The same of the bins key (default: it is made here)")
      ->needs(candidate);
  AddRepeated(origin, "--label", arguments.labels,
              "What to call the key of a file", "FILE TEXT");
  AddRepeated(origin, "--contact", arguments.contacts,
              "How to reach its holder", "FILE TEXT");
}

void AddCeremony(CLI::App& app, std::function<int()>& chosen) {
  CLI::App* ceremony = app.add_subcommand(
      "ceremony", "Change keys, thresholds and expiries of offline roles");
  ceremony->require_subcommand(1);
  AddBegin(*ceremony, chosen);
  AddLooking(*ceremony, chosen);
  AddSign(*ceremony, chosen);
  AddEnds(*ceremony, chosen);
}

}  // namespace tufmirror::cli
