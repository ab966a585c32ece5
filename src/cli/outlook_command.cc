// tufmirror rehearse and resume: what would come, and going on after a restore.
#include <cstdio>

#include "cli/commands.h"
#include "cli/config_file.h"
#include "cli/moment.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/sync/outlook.h"
#include "tufmirror/sync/resume.h"
#include "tufmirror/tree/home.h"

namespace tufmirror::cli {
namespace {

absl::StatusOr<sync::Rehearsal> RehearseHome(
    const RehearseArguments& arguments) {
  ASSIGN_OR_RETURN(const absl::Time now, ParseMoment(arguments.at));
  ASSIGN_OR_RETURN(const tree::Home home, tree::Home::Open(arguments.home));
  ASSIGN_OR_RETURN(const sync::Outlook outlook, sync::ReadOutlook(home));
  return sync::Rehearse(outlook, now);
}

absl::StatusOr<sync::ResumeResult> ResumeHome(
    const ResumeArguments& arguments) {
  ASSIGN_OR_RETURN(const tree::Home home, tree::Home::Open(arguments.home));
  ASSIGN_OR_RETURN(const sync::Config config,
                   LoadConfig(home.layout().config()));
  if (config.upstream.kind == sync::UpstreamKind::kTuf) {
    return MakeFailure(
        Failure::kUsage,
        fmt::format("{}: expected an origin, got a replica: that needs only a "
                    "sync",
                    arguments.home));
  }
  ASSIGN_OR_RETURN(const auto lock, home.Lock("resume"));
  sync::ResumeOptions options;
  options.from = arguments.from;
  return sync::Resume(home, options);
}

}  // namespace

int RehearseCommand(const RehearseArguments& arguments) {
  const auto rehearsal = RehearseHome(arguments);
  if (!rehearsal.ok()) return Fail(rehearsal.status());
  fmt::print("{}", arguments.json ? sync::ToJson(*rehearsal)
                                  : sync::ToText(*rehearsal));
  return 0;
}

int ResumeCommand(const ResumeArguments& arguments) {
  const auto result = ResumeHome(arguments);
  if (!result.ok()) return Fail(result.status());
  fmt::print("highest version here {}, at the replicas {}\n", result->here,
             result->seen);
  fmt::print("the next sync signs everything again, as version {} or higher\n",
             result->next);
  return 0;
}

}  // namespace tufmirror::cli
