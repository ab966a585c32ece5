#include "cli/claim_options.h"

#include <memory>
#include <string>

#include "cli/claim_commands.h"

namespace tufmirror::cli {
namespace {

using ChosenClaim = std::function<int()>;

void AddPassphraseFile(CLI::App& command, std::string& file) {
  command.add_option("--passphrase-file", file,
                     "File whose first line is the passphrase of the keys");
}

void AddClaimRequest(CLI::App& claim, ChosenClaim& chosen) {
  CLI::App* request = claim.add_subcommand(
      "request", "Maintainers: ask an origin that only your keys sign");
  auto arguments = std::make_shared<ClaimRequestArguments>();
  request->add_option("PROJECT", arguments->project, "Its name")->required();
  request
      ->add_option("--key", arguments->keys,
                   "File with a maintainer's public key; several are allowed")
      ->required();
  request
      ->add_option("--threshold", arguments->threshold,
                   "How many of them must sign")
      ->capture_default_str();
  request->add_option("--contact", arguments->contact,
                      "How the operator reaches you");
  request->add_option("--sign-with", arguments->sign_with,
                      "Private key that the project has until now: for a "
                      "change of keys");
  AddPassphraseFile(*request, arguments->passphrase_file);
  request->add_option("-o,--output", arguments->output, "File to write")
      ->required();
  request->footer(
      "Example: tufmirror claim request flit --key alice.pub --key bob.pub "
      "--threshold 2 -o flit.request");
  request->callback([arguments, &chosen] {
    chosen = [arguments] { return ClaimRequestCommand(*arguments); };
  });
}

void AddClaimSign(CLI::App& claim, ChosenClaim& chosen) {
  CLI::App* sign = claim.add_subcommand(
      "sign", "Maintainers: sign a release, offline, into one file");
  auto arguments = std::make_shared<ClaimSignArguments>();
  sign->add_option("DIST", arguments->distributions, "Wheels and sdists");
  sign->add_option("--project", arguments->project, "Its name");
  CLI::Option* bundle = sign->add_option(
      "--bundle", arguments->bundle,
      "Sign what another maintainer signed, as it is, instead");
  CLI::Option* previous = sign->add_option("--previous", arguments->previous,
                                           "The bundle before; its files stay");
  sign->add_option("--key", arguments->keys, "Private key file")->required();
  CLI::Option* withdraw = sign->add_option("--withdraw", arguments->withdrawn,
                                           "Name of a file that is to be gone");
  CLI::Option* yank =
      sign->add_option("--yank", arguments->yanked, "FILE or FILE=REASON");
  CLI::Option* last_version = sign->add_option(
      "--last-version", arguments->last_version,
      "Version that was signed last, where there is no bundle");
  CLI::Option* days =
      sign->add_option("--days", arguments->days,
                       "For how long it is good; sign again before")
          ->capture_default_str()
          ->check(CLI::Range(1, 3650));
  for (CLI::Option* other : {previous, withdraw, yank, last_version, days}) {
    bundle->excludes(other);
  }
  last_version->excludes(previous);
  sign->add_option("--request", arguments->requests,
                   "Request that names who may sign: refuse other keys, check "
                   "the signatures; several are allowed");
  sign->add_flag("--yes", arguments->yes, "Do not ask");
  AddPassphraseFile(*sign, arguments->passphrase_file);
  sign->add_option("-o,--output", arguments->output, "File to write")
      ->required();
  sign->footer(
      "Example: tufmirror claim sign dist/flit-3.10* --project flit --previous "
      "flit-3.9.bundle --key alice.pem -o flit-3.10.bundle");
  sign->callback([arguments, &chosen] {
    chosen = [arguments] { return ClaimSignCommand(*arguments); };
  });
}

void AddClaimAccept(CLI::App& claim, ChosenClaim& chosen) {
  CLI::App* accept = claim.add_subcommand(
      "accept", "Operators: take requests, bundles and 'claimed' roles");
  auto arguments = std::make_shared<ClaimAcceptArguments>();
  accept->add_option("HOME", arguments->home, "The origin")->required();
  accept->add_option("FILE", arguments->files, "What was sent")->required();
  accept->add_flag("--force", arguments->force,
                   "Take new keys without a signature by the old ones: you "
                   "know by another way whose they are");
  accept->footer(
      "The next sync publishes it.\nExample: tufmirror claim accept "
      "/srv/origin "
      "flit.request flit-3.9.bundle");
  accept->callback([arguments, &chosen] {
    chosen = [arguments] { return ClaimAcceptCommand(*arguments); };
  });
}

void AddClaimInspection(CLI::App& claim, ChosenClaim& chosen) {
  CLI::App* list = claim.add_subcommand("list", "Operators: all claims");
  auto listing = std::make_shared<ClaimListArguments>();
  list->add_option("HOME", listing->home, "The origin")->required();
  list->add_flag("--json", listing->json, "Print JSON");
  list->callback([listing, &chosen] {
    chosen = [listing] { return ClaimListCommand(*listing); };
  });

  CLI::App* show = claim.add_subcommand(
      "show", "Say what a request, bundle or claimed project is");
  auto arguments = std::make_shared<ClaimShowArguments>();
  show->add_option("FILE", arguments->from, "The file, or the origin's home")
      ->required();
  show->add_option("PROJECT", arguments->project, "Of a home");
  show->add_option("-o,--output", arguments->output,
                   "Write the bundle that was signed last");
  show->callback([arguments, &chosen] {
    chosen = [arguments] { return ClaimShowCommand(*arguments); };
  });
}

void AddClaimRevoke(CLI::App& claim, ChosenClaim& chosen) {
  CLI::App* revoke = claim.add_subcommand(
      "revoke", "Operators: sign a project yourself again");
  auto home = std::make_shared<std::string>();
  auto project = std::make_shared<std::string>();
  revoke->add_option("HOME", *home, "The origin")->required();
  revoke->add_option("PROJECT", *project, "Its name")->required();
  revoke->callback([home, project, &chosen] {
    chosen = [home, project] { return ClaimRevokeCommand(*home, *project); };
  });
}

void AddClaimPromote(CLI::App& claim, ChosenClaim& chosen) {
  CLI::App* promote = claim.add_subcommand(
      "promote",
      "Holders of the offline keys: put projects out of reach of the online "
      "keys");
  auto arguments = std::make_shared<ClaimPromoteArguments>();
  promote
      ->add_option("--claimed", arguments->claimed,
                   "The published N.claimed.json, which one of the keys must "
                   "have signed; or its next version that others signed (then "
                   "without REQUEST and --remove)")
      ->required();
  promote->add_option("REQUEST", arguments->requests,
                      "Requests of projects to add");
  promote->add_option("--remove", arguments->remove, "Project to take out");
  promote->add_option("--key", arguments->keys, "Private key file")->required();
  promote->add_option("--days", arguments->days, "For how long it is good")
      ->capture_default_str()
      ->check(CLI::Range(1, 3650));
  AddPassphraseFile(*promote, arguments->passphrase_file);
  promote->add_flag("--yes", arguments->yes, "Do not ask");
  promote->add_option("-o,--output", arguments->output, "File to write")
      ->required();
  promote->footer(
      "Needs no network and no home; 'claim accept' takes the result.\n"
      "Example: tufmirror claim promote --claimed 3.claimed.json flit.request "
      "--key bins.pem -o 4.claimed.json");
  promote->callback([arguments, &chosen] {
    chosen = [arguments] { return ClaimPromoteCommand(*arguments); };
  });
}

}  // namespace

void AddClaim(CLI::App& app, std::function<int()>& chosen) {
  CLI::App* claim = app.add_subcommand(
      "claim", "Projects that their own maintainers sign (PEP 480)");
  claim->require_subcommand(1);
  AddClaimRequest(*claim, chosen);
  AddClaimSign(*claim, chosen);
  AddClaimAccept(*claim, chosen);
  AddClaimInspection(*claim, chosen);
  AddClaimRevoke(*claim, chosen);
  AddClaimPromote(*claim, chosen);
}

}  // namespace tufmirror::cli
