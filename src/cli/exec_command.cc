// tufmirror exec: a command whose installers ask a guard, which lives as long
// as the command.
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "cli/clock_hint.h"
#include "cli/commands.h"
#include "cli/foreground_command.h"
#include "cli/guard_choice.h"
#include "cli/guard_options.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/guard/installer_environment.h"

namespace tufmirror::cli {
namespace {

constexpr size_t kMaxRefusalBytes = 400;

std::string Summary(const guard::Stats& stats) {
  std::string line = fmt::format(
      "tufmirror: {} files and pages verified, {} bytes; {} bytes of metadata",
      stats.files_verified, stats.bytes_sent, stats.metadata_bytes);
  if (!stats.mirror.empty()) line += fmt::format("; from {}", stats.mirror);
  if (stats.refused > 0) line += fmt::format("; {} refused", stats.refused);
  if (!stats.refusals.empty()) {
    line +=
        fmt::format(", the last: {}",
                    Printable(stats.refusals.back().message, kMaxRefusalBytes));
  }
  return line;
}

// Why a guard could serve nothing, and what can be done.
absl::Status Explained(const absl::Status& status,
                       const std::vector<std::string>& asked) {
  const bool nobody_there = FailureOf(status) == Failure::kNetwork ||
                            FailureOf(status) == Failure::kTimeout;
  if (status.ok() || !nobody_there || asked.empty()) {
    return WithClockHint(status, asked, absl::Now());
  }
  return WithClockHint(
      MakeFailure(FailureOf(status),
                  fmt::format("{}. With --offline, what is cached is served",
                              MessageOf(status))),
      asked, absl::Now());
}

absl::StatusOr<int> Exec(const GuardArguments& arguments,
                         const std::vector<std::string>& words) {
  if (words.empty()) {
    return MakeFailure(
        Failure::kUsage,
        "exec: the command is missing: tufmirror exec [OPTION]... -- COMMAND "
        "[ARGUMENT]...");
  }
  // Before any thread.
  ASSIGN_OR_RETURN(const ForegroundCommand command,
                   ForegroundCommand::Prepare());
  const guard::Environment own = OwnEnvironment();
  ASSIGN_OR_RETURN(guard::GuardOptions options, ToGuardOptions(arguments));
  const std::vector<std::string> asked =
      arguments.offline ? std::vector<std::string>() : options.mirrors;
  ASSIGN_OR_RETURN(const auto guard, guard::Guard::Start(std::move(options)));
  // A command that could get nothing is not begun.
  RETURN_IF_ERROR(Explained(guard->Refresh(), asked));
  const guard::Environment environment =
      guard::InstallerEnvironment(own, AddressOf(*guard));
  ASSIGN_OR_RETURN(const int code,
                   command.Run(words, guard::EnvironmentEntries(environment)));
  if (!arguments.quiet) fmt::print(stderr, "{}\n", Summary(guard->stats()));
  return code;
}

}  // namespace

int ExecCommand(const GuardArguments& arguments,
                const std::vector<std::string>& command) {
  const auto code = Exec(arguments, command);
  return code.ok() ? *code : Fail(code.status());
}

}  // namespace tufmirror::cli
