// tufmirror sync: quiet unless something went wrong or somebody is looking.
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/time/clock.h"
#include "cli/commands.h"
#include "cli/config_file.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "fmt/format.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/report/run_report.h"
#include "tufmirror/sync/run.h"
#include "tufmirror/tree/home.h"

namespace tufmirror::cli {
namespace {

absl::StatusOr<report::RunReport> RunOnce(const SyncArguments& arguments) {
  ASSIGN_OR_RETURN(const StopSignals signals, StopSignals::Block());
  ASSIGN_OR_RETURN(const tree::Home home, tree::Home::Open(arguments.home));
  ASSIGN_OR_RETURN(sync::Config config, LoadConfig(home.layout().config()));
  if (arguments.max_removals) {
    config.brakes.max_removals = *arguments.max_removals;
  }
  ProgressBar bar;
  sync::RunOptions options;
  options.dry_run = arguments.dry_run;
  options.now = absl::Now();
  options.on_progress = [&](const sync::Progress& progress) {
    bar.Draw(progress);
    return signals.Check();
  };
  if (!arguments.json) {
    options.on_planned = [](std::string_view action, std::string_view path) {
      fmt::print("{} {}\n", action, path);
    };
  }
  options.passphrase = [](const sync::OnlineSigner& signer) {
    return ReadPassphrase(signer.passphrase_file, PassphraseUse::kOpen,
                          signer.key);
  };
  return sync::RunSync(home, config, options);
}

}  // namespace

int SyncCommand(const SyncArguments& arguments) {
  // No local time is shown or read in a run, and no program that is started
  // gets TZ. Where it is not set, libc looks at /etc/localtime six times, under
  // a lock of all threads, for each member that libarchive finds in a ZIP.
  setenv("TZ", "UTC0", /*overwrite=*/1);
  const auto run = RunOnce(arguments);
  if (!run.ok()) {
    // A run that did not begin has a report too: whoever reads them need not
    // know two forms.
    report::RunReport failed;
    failed.started = absl::Now();
    failed.dry_run = arguments.dry_run;
    failed.outcome = run.status();
    if (arguments.json) fmt::print("{}\n", report::ToJson(failed));
    return Fail(run.status());
  }
  const int code = report::ExitCodeOf(*run);
  if (arguments.json) fmt::print("{}\n", report::ToJson(*run));
  const bool reminds = !run->expiring.empty() && run->remind_of_expiring;
  const bool worth_saying = code != 0 || reminds || !run->warnings.empty() ||
                            arguments.verbose || IsTerminal();
  if (worth_saying) fmt::print(stderr, "{}", report::ToText(*run));
  return code;
}

}  // namespace tufmirror::cli
