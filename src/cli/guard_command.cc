// tufmirror guard: an index on this machine that serves what verifies, until a
// signal comes.
#include <cstdio>
#include <thread>
#include <utility>

#include "cli/commands.h"
#include "cli/guard_options.h"
#include "cli/signals.h"
#include "fmt/format.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/guard/guard.h"

namespace tufmirror::cli {
namespace {

void PrintLine(const guard::LogLine& line) {
  fmt::print(stderr, "tufmirror: {}\n", line.text);
  std::fflush(stderr);
}

absl::Status RunGuard(const GuardArguments& arguments) {
  ASSIGN_OR_RETURN(const StopSignals signals, StopSignals::Block());
  ASSIGN_OR_RETURN(guard::GuardOptions options, ToGuardOptions(arguments));
  if (!arguments.quiet) options.log = PrintLine;
  ASSIGN_OR_RETURN(const auto guard, guard::Guard::Start(std::move(options)));
  fmt::print("guarding at {}\n", guard->Url());
  std::fflush(stdout);
  // Ends with the process if the listener fails on its own.
  std::thread waiter([&] {
    signals.Wait();
    guard->Stop();
  });
  waiter.detach();
  return guard->Wait();
}

}  // namespace

int GuardCommand(const GuardArguments& arguments) {
  if (const absl::Status status = RunGuard(arguments); !status.ok()) {
    return Fail(status);
  }
  return 0;
}

}  // namespace tufmirror::cli
