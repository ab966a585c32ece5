// tufmirror: the command line. Parsing only; what a command does is in its own
// file.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/ceremony_options.h"
#include "cli/claim_options.h"
#include "cli/commands.h"
#include "cli/guard_env.h"
#include "cli/guard_options.h"
#include "cli/key_options.h"
#include "cli/outlook_options.h"
#include "fmt/format.h"

namespace tufmirror::cli {
namespace {

constexpr int kUsageExitCode = 2;

// What the chosen command will run, set by its callback.
using Chosen = std::function<int()>;

void AddInit(CLI::App& app, Chosen& chosen) {
  CLI::App* init = app.add_subcommand("init", "Make a new home");
  init->require_subcommand(1);

  CLI::App* origin = init->add_subcommand(
      "origin", "A home that signs a directory of distributions");
  auto origin_arguments = std::make_shared<InitOriginArguments>();
  origin->add_option("HOME", origin_arguments->home, "Directory to make")
      ->required();
  origin
      ->add_option("--from", origin_arguments->from,
                   "Directory of wheels and sdists")
      ->required();
  origin->add_option("--key-dir", origin_arguments->key_dir,
                     "Where the private keys go (default HOME/keys)");
  origin
      ->add_option("--bits", origin_arguments->bits,
                   "2^BITS bins; about 2^6 for 10,000 targets, 2^14 for "
                   "all of PyPI")
      ->capture_default_str();
  origin
      ->add_option("--root-keys", origin_arguments->root_keys,
                   "Number of root keys")
      ->capture_default_str();
  origin
      ->add_option("--root-threshold", origin_arguments->root_threshold,
                   "How many of them must sign")
      ->capture_default_str();
  origin
      ->add_option("--online-keys", origin_arguments->online_keys,
                   "Number of keys of bins, snapshot and timestamp")
      ->capture_default_str();
  origin
      ->add_option("--online-threshold", origin_arguments->online_threshold,
                   "How many of them must sign")
      ->capture_default_str();
  origin
      ->add_option("--online-algorithm", origin_arguments->online_algorithm,
                   "Their kind: ed25519, ecdsa-p256, ecdsa-p384 or "
                   "rsa-pss-sha256")
      ->capture_default_str();
  origin->add_option("--passphrase-file", origin_arguments->passphrase_file,
                     "File whose first line is the passphrase of the keys");
  origin
      ->add_flag("--unencrypted-keys", origin_arguments->unencrypted_keys,
                 "Write the private keys without a passphrase")
      ->excludes("--passphrase-file");
  origin->add_flag("--hash-prefixes", origin_arguments->hash_prefixes,
                   "Delegate by path_hash_prefixes, for clients without "
                   "TAP 15");
  origin->add_flag("--claims", origin_arguments->claims,
                   "Projects can be signed by their maintainers (tufmirror "
                   "claim)");
  AddInitCeremony(*origin, origin_arguments->ceremony);
  origin->footer(
      "Example: tufmirror init origin /srv/mirror --from /srv/wheels "
      "--root-keys 3 --root-threshold 2");
  origin->callback([origin_arguments, &chosen] {
    chosen = [origin_arguments] {
      return InitOriginCommand(*origin_arguments);
    };
  });

  CLI::App* replica =
      init->add_subcommand("replica", "A home that follows a TUF repository");
  auto replica_arguments = std::make_shared<InitReplicaArguments>();
  replica->add_option("HOME", replica_arguments->home, "Directory to make")
      ->required();
  replica
      ->add_option("--from", replica_arguments->from,
                   "Base URL of an origin or replica (http, https, file); "
                   "several are tried in order")
      ->required();
  replica
      ->add_option("--root", replica_arguments->root,
                   "The root.json to trust, got on a way you trust")
      ->required();
  replica->footer(
      "Example: tufmirror init replica /srv/mirror --from "
      "https://mirror.example/ --root 1.root.json");
  replica->callback([replica_arguments, &chosen] {
    chosen = [replica_arguments] {
      return InitReplicaCommand(*replica_arguments);
    };
  });
}

void AddSync(CLI::App& app, Chosen& chosen) {
  CLI::App* sync = app.add_subcommand(
      "sync", "Bring a home up to date; run it from cron or a timer");
  auto arguments = std::make_shared<SyncArguments>();
  sync->add_option("HOME", arguments->home, "The home")->required();
  sync->add_flag("--dry-run", arguments->dry_run,
                 "Print what would be done, change nothing");
  sync->add_flag("--json", arguments->json, "Print the run report as JSON");
  sync->add_flag("-v,--verbose", arguments->verbose,
                 "Print the report even if there is no terminal");
  sync->add_option("--max-removals", arguments->max_removals,
                   "Share of all targets this run may remove (0 to 1), "
                   "instead of brakes.max_removals")
      ->check(CLI::Range(0.0, 1.0));
  sync->footer(
      "Exit codes: 0 published or nothing to do, 1 failed (the old generation "
      "is still served), 2 usage, 3 published but something was held back, 4 "
      "another run holds the lock, 5 a security check failed, 6 stopped by a "
      "brake.\nExample: tufmirror sync /srv/mirror");
  sync->callback([arguments, &chosen] {
    chosen = [arguments] { return SyncCommand(*arguments); };
  });
}

void AddServe(CLI::App& app, Chosen& chosen) {
  CLI::App* serve =
      app.add_subcommand("serve", "Serve a home over HTTP, for trials");
  auto arguments = std::make_shared<ServeArguments>();
  serve->add_option("HOME", arguments->home, "The home")->required();
  serve
      ->add_option("--listen", arguments->listen,
                   "Address and port; port 0 picks one")
      ->capture_default_str();
  serve->add_flag("--access-log", arguments->access_log,
                  "Print a line for each request");
  serve->footer("Example: tufmirror serve /srv/mirror --listen 127.0.0.1:0");
  serve->callback([arguments, &chosen] {
    chosen = [arguments] { return ServeCommand(*arguments); };
  });
}

void AddGuardPolicy(CLI::App& command, GuardArguments& arguments) {
  command.add_option("--only", arguments.only,
                     "Name or glob of a project that is allowed; may be given "
                     "several times. Others are refused");
  command.add_flag("--refuse-yanked", arguments.refuse_yanked,
                   "Refuse files that were yanked");
  command.add_option("--min-age", arguments.min_age,
                     "Refuse files uploaded less than so long ago: \"7d\"");
  command.add_option("--hashes", arguments.hashes,
                     "pylock.toml, uv.lock, poetry.lock or requirements file: "
                     "refuse files whose sha256 is not listed");
}

void AddGuardOptions(CLI::App& command, GuardArguments& arguments) {
  command.add_option("--mirror", arguments.mirrors,
                     "Base URL of a mirror; several of one repository may be "
                     "given: the fastest good one is used");
  command.add_option("--root", arguments.root,
                     "The root.json to trust, got on a way you trust");
  command.add_option("--trust", arguments.trusted,
                     "Name of a mirror that you trust (tufmirror trust list); "
                     "not needed if there is one only");
  command.add_option("--trust-dir", arguments.trust,
                     "Where trusted metadata is kept (default: below the "
                     "cache)");
  command.add_option("--cache", arguments.cache,
                     "Where verified files are kept (default: "
                     "$XDG_CACHE_HOME/tufmirror/guard)");
  command
      .add_option("--cache-size", arguments.cache_size,
                  "What they may take on disk")
      ->capture_default_str();
  command
      .add_option("--refresh", arguments.refresh,
                  "Ask for new metadata at most this often")
      ->capture_default_str();
  command.add_flag("--offline", arguments.offline,
                   "Ask no mirror: serve what is trusted and cached, while "
                   "metadata has not expired");
  command.add_option("--contact", arguments.contact,
                     "E-mail or URL that mirrors find in the User-Agent");
  command.add_option("--proxy", arguments.proxy,
                     "Proxy URL (default: http_proxy, https_proxy)");
  command.add_option("--ca-file", arguments.ca_file,
                     "PEM file of certificate authorities");
  command.add_option("--credentials-file", arguments.credentials_file,
                     "Its first line, \"user:password\", is told to mirrors");
  AddGuardPolicy(command, arguments);
}

struct GuardBackground {
  bool env = false;
  bool kill = false;
};

void AddGuard(CLI::App& app, Chosen& chosen) {
  CLI::App* guard = app.add_subcommand(
      "guard", "Serve an index to installers that has only what verifies");
  auto arguments = std::make_shared<GuardArguments>();
  AddGuardOptions(*guard, *arguments);
  guard
      ->add_option("--listen", arguments->listen,
                   "Address and port; port 0 picks one")
      ->capture_default_str();
  guard->add_flag("--allow-remote", arguments->allow_remote,
                  "Listen also where others on the network can reach it");
  guard->add_option("--host-name", arguments->host_names,
                    "Name that requests may call it by, besides addresses and "
                    "localhost");
  guard->add_flag("-q,--quiet", arguments->quiet,
                  "Do not print what is refused, and why");
  guard->footer(
      "Example: tufmirror guard --mirror https://mirror.example/ --root "
      "1.root.json --listen 127.0.0.1:8181\n"
      "Then:    pip install --index-url http://127.0.0.1:8181/simple/ PROJECT");
  auto background = std::make_shared<GuardBackground>();
  CLI::Option* env = guard->add_flag(
      "--env", background->env,
      "Leave the guard in the background, and print for eval in a shell what "
      "makes installers ask it");
  guard
      ->add_flag("--kill", background->kill,
                 "With --env: end the guard of this shell")
      ->needs(env);
  guard->callback([arguments, background, &chosen] {
    chosen = [arguments, background] {
      if (background->kill) return GuardEnvKillCommand();
      return background->env ? GuardEnvCommand(*arguments)
                             : GuardCommand(*arguments);
    };
  });
}

void AddExec(CLI::App& app, const std::vector<std::string>& command,
             Chosen& chosen) {
  CLI::App* exec = app.add_subcommand(
      "exec", "Run a command whose installers get only what verifies");
  auto arguments = std::make_shared<GuardArguments>();
  AddGuardOptions(*exec, *arguments);
  exec->add_option("--listen", arguments->listen,
                   "Address and port of the guard; port 0 picks one")
      ->capture_default_str();
  exec->add_flag("-q,--quiet", arguments->quiet, "Print no summary");
  exec->footer(
      "The command follows \"--\" and gets the terminal, the signals and the "
      "exit code; 127 if it is not found, 126 if it cannot be run.\n"
      "Example: tufmirror exec --trust pypi -- pip install flask");
  exec->callback([arguments, &command, &chosen] {
    chosen = [arguments, &command] { return ExecCommand(*arguments, command); };
  });
}

void AddTrustAdd(CLI::App& trust, Chosen& chosen) {
  CLI::App* add = trust.add_subcommand("add", "Trust a mirror");
  auto arguments = std::make_shared<TrustAddArguments>();
  add->add_option("NAME", arguments->name, "A name of your choice")->required();
  add->add_option("URL", arguments->urls,
                  "Base URL of the mirror; several are mirrors of one "
                  "repository")
      ->required();
  add->add_option("--fingerprint", arguments->fingerprint,
                  "SHA-256 of its root.json, got by another way than the "
                  "mirror");
  add->add_option("--root-version", arguments->root_version,
                  "Which version of the root has it")
      ->capture_default_str();
  add->add_option("--root", arguments->root,
                  "The root.json itself, got on a way you trust");
  add->footer(
      "Example: tufmirror trust add pypi https://mirror.example/ "
      "--fingerprint 3f1c...");
  add->callback([arguments, &chosen] {
    chosen = [arguments] { return TrustAddCommand(*arguments); };
  });
}

void AddTrust(CLI::App& app, Chosen& chosen) {
  CLI::App* trust = app.add_subcommand(
      "trust", "Say which mirrors you trust, by names of your own");
  trust->require_subcommand(1);
  AddTrustAdd(*trust, chosen);
  trust->add_subcommand("list", "List them")->callback([&chosen] {
    chosen = TrustListCommand;
  });
  const auto add_named = [&](const char* name, const char* help,
                             int (*run)(const std::string&)) {
    CLI::App* command = trust->add_subcommand(name, help);
    auto mirror = std::make_shared<std::string>();
    command->add_option("NAME", *mirror, "Its name")->required();
    command->callback([mirror, run, &chosen] {
      chosen = [mirror, run] { return run(*mirror); };
    });
  };
  add_named("show", "Say what is trusted of one", TrustShowCommand);
  add_named("remove", "Trust one no longer", TrustRemoveCommand);
}

void AddInspection(CLI::App& app, Chosen& chosen) {
  CLI::App* status = app.add_subcommand("status", "Say what a home serves");
  auto status_arguments = std::make_shared<StatusArguments>();
  status->add_option("HOME", status_arguments->home, "The home")->required();
  status->add_option("--at", status_arguments->at,
                     "As if it were that day, such as 2027-03-01");
  status->add_flag("--json", status_arguments->json, "Print JSON");
  status->footer("Example: tufmirror status /srv/mirror");
  status->callback([status_arguments, &chosen] {
    chosen = [status_arguments] { return StatusCommand(*status_arguments); };
  });

  CLI::App* verify = app.add_subcommand(
      "verify", "Verify every signature and file that a home serves");
  auto verify_arguments = std::make_shared<VerifyArguments>();
  verify->add_option("HOME", verify_arguments->home, "The home")->required();
  verify->add_flag("--deep", verify_arguments->deep, "Hash every file too");
  verify->add_flag("--repair", verify_arguments->repair,
                   "Get what is damaged or missing again (replica: from "
                   "upstream; origin: from its directory), and remove what "
                   "nothing refers to");
  verify->add_flag("--json", verify_arguments->json, "Print JSON");
  verify->footer(
      "Exit codes: 0 all is well, or is so after the repair; 3 it is, but "
      "upstream signs what no mirror can have; 5 something is damaged, missing "
      "or expired.\n"
      "Example: tufmirror verify /srv/mirror --deep --repair");
  verify->callback([verify_arguments, &chosen] {
    chosen = [verify_arguments] { return VerifyCommand(*verify_arguments); };
  });

  CLI::App* explain = app.add_subcommand(
      "explain", "Say what is mirrored of a project, and which rule decided");
  auto explain_arguments = std::make_shared<ExplainArguments>();
  explain->add_option("HOME", explain_arguments->home, "The home")->required();
  explain
      ->add_option("PROJECT", explain_arguments->project,
                   "A project, or a release: PROJECT==VERSION")
      ->required();
  explain->add_flag("--json", explain_arguments->json, "Print JSON");
  explain->footer("Example: tufmirror explain /srv/mirror numpy==2.0.0");
  explain->callback([explain_arguments, &chosen] {
    chosen = [explain_arguments] { return ExplainCommand(*explain_arguments); };
  });

  CLI::App* rollback =
      app.add_subcommand("rollback", "Serve the previous generation again");
  auto home = std::make_shared<std::string>();
  rollback->add_option("HOME", *home, "The home")->required();
  rollback->footer(
      "Stop the timer first: the next sync goes forward again.\nExample: "
      "tufmirror rollback /srv/mirror");
  rollback->callback(
      [home, &chosen] { chosen = [home] { return RollbackCommand(*home); }; });
}

void AddImport(CLI::App& app, Chosen& chosen) {
  CLI::App* import = app.add_subcommand(
      "import-config", "Translate the configuration of another mirror");
  auto arguments = std::make_shared<ImportArguments>();
  import->add_option("FILE", arguments->file, "A bandersnatch.conf")
      ->required();
  import->add_option("--output", arguments->output,
                     "A tufmirror.toml to change or make (default: standard "
                     "output)");
  import->add_flag("-v,--verbose", arguments->verbose,
                   "Also list the lines that need no equivalent");
  import->footer(
      "Exit codes: 0 all is carried over; 3 some lines are not, and are "
      "listed.\nExample: tufmirror import-config /etc/bandersnatch.conf "
      "--output /srv/mirror/tufmirror.toml");
  import->callback([arguments, &chosen] {
    chosen = [arguments] { return ImportConfigCommand(*arguments);
};
}  // namespace
);
}  // namespace tufmirror::cli

void AddClient(CLI::App& app, Chosen& chosen) {
  CLI::App* client =
      app.add_subcommand("client", "A plain TUF client (exit code 0 or 1)");
  auto arguments = std::make_shared<ClientArguments>();
  client
      ->add_option("--metadata-dir", arguments->metadata_dir,
                   "Where trusted metadata is kept")
      ->required();
  client->add_option("--metadata-url", arguments->metadata_url,
                     "URL of the repository's metadata directory");
  client->add_option("--target-name", arguments->target_names,
                     "Target path; may be given several times");
  client->add_option("--target-base-url", arguments->target_base_url,
                     "URL below which targets are");
  client->add_option("--target-dir", arguments->target_dir,
                     "Where downloaded targets go");
  client->require_subcommand(1);
  client->footer(
      "Example: tufmirror client --metadata-dir trust --metadata-url "
      "https://mirror.example/metadata/ refresh");

  CLI::App* init = client->add_subcommand("init", "Trust a root");
  auto root_file = std::make_shared<std::string>();
  init->add_option("ROOT_FILE", *root_file, "The root.json to trust")
      ->required();
  init->callback([arguments, root_file, &chosen] {
    chosen = [arguments, root_file] {
      return ClientInitCommand(*arguments, *root_file);
    };
  });
  client->add_subcommand("refresh", "Refresh the top-level metadata")
      ->callback([arguments, &chosen] {
        chosen = [arguments] { return ClientRefreshCommand(*arguments); };
      });
  client->add_subcommand("download", "Refresh, then download targets")
      ->callback([arguments, &chosen] {
        chosen = [arguments] { return ClientDownloadCommand(*arguments); };
      });
}

// Moves what follows the first "--" of exec to `command`: those words are
// nobody's options. Gives how many are left to parse.
int SplitCommand(int argc, char** argv, std::vector<std::string>& command) {
  if (argc < 2 || std::string_view(argv[1]) != "exec") return argc;
  const auto marker = std::find_if(argv, argv + argc, [](const char* word) {
    return std::string_view(word) == "--";
  });
  if (marker == argv + argc) return argc;
  command.assign(marker + 1, argv + argc);
  return static_cast<int>(marker - argv);
}

int Main(int argc, char** argv) {
  CLI::App app("A PyPI mirror whose every byte its readers can verify (TUF).",
               "tufmirror");
  app.set_version_flag("--version", TUFMIRROR_VERSION);
  app.require_subcommand(1);
  app.failure_message([](const CLI::App* failed, const CLI::Error& error) {
    return fmt::format("tufmirror: {}\nSee: {} --help\n", error.what(),
                       failed->get_name());
  });
  Chosen chosen;
  AddInit(app, chosen);
  AddSync(app, chosen);
  AddServe(app, chosen);
  AddGuard(app, chosen);
  std::vector<std::string> command;  // what follows "--" in exec
  AddExec(app, command, chosen);
  AddTrust(app, chosen);
  AddInspection(app, chosen);
  AddOutlook(app, chosen);
  AddCeremony(app, chosen);
  AddKey(app, chosen);
  AddClaim(app, chosen);
  AddImport(app, chosen);
  AddClient(app, chosen);
  try {
    app.parse(SplitCommand(argc, argv, command), argv);
  } catch (const CLI::ParseError& error) {  // CLI11's only way to say so
    const int code = app.exit(error);
    if (code == 0) return 0;  // --help, --version
    const bool is_client = argc > 1 && std::string_view(argv[1]) == "client";
    return is_client ? 1 : kUsageExitCode;
  }
  return chosen();
}

}  // namespace
}  // namespace tufmirror::cli

int main(int argc, char** argv) { return tufmirror::cli::Main(argc, argv); }
