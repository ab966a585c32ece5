#include "cli/outlook_options.h"

#include <memory>

#include "cli/commands.h"

namespace tufmirror::cli {

void AddOutlook(CLI::App& app, std::function<int()>& chosen) {
  CLI::App* rehearse = app.add_subcommand(
      "rehearse", "Say what happens, and when, if nobody acts");
  auto rehearsal = std::make_shared<RehearseArguments>();
  rehearse->add_option("HOME", rehearsal->home, "The home")->required();
  rehearse->add_option("--at", rehearsal->at,
                       "As if it were that day (default: now)");
  rehearse->add_flag("--json", rehearsal->json, "Print JSON");
  rehearse->footer(
      "Changes nothing.\nExample: tufmirror rehearse /srv/origin --at "
      "2027-03-01");
  rehearse->callback([rehearsal, &chosen] {
    chosen = [rehearsal] { return RehearseCommand(*rehearsal); };
  });

  CLI::App* resume = app.add_subcommand(
      "resume",
      "Go on with an origin that was restored from a backup, above all "
      "versions that its readers have seen");
  auto resumption = std::make_shared<ResumeArguments>();
  resume->add_option("HOME", resumption->home, "The origin")->required();
  resume
      ->add_option("URL", resumption->from,
                   "Base URLs of replicas, the freshest that there are; all "
                   "are asked")
      ->required();
  resume->footer(
      "Publishes nothing; the next sync does.\nExample: tufmirror resume "
      "/srv/origin https://mirror.example/");
  resume->callback([resumption, &chosen] {
    chosen = [resumption] { return ResumeCommand(*resumption); };
  });
}

}  // namespace tufmirror::cli
