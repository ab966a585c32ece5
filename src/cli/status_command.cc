// tufmirror status, verify and rollback: looking at a home, and one step back.
#include <cstdio>
#include <optional>

#include "absl/time/clock.h"
#include "cli/ceremony_text.h"
#include "cli/commands.h"
#include "cli/config_file.h"
#include "cli/moment.h"
#include "cli/signals.h"
#include "cli/terminal.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/client/metadata_fetcher.h"
#include "tufmirror/crypto/hash.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/report/expiring_role.h"
#include "tufmirror/report/held_back.h"
#include "tufmirror/report/history.h"
#include "tufmirror/report/run_report.h"
#include "tufmirror/sync/ceremony.h"
#include "tufmirror/sync/outlook.h"
#include "tufmirror/sync/repair.h"
#include "tufmirror/sync/verify.h"
#include "tufmirror/tree/home.h"
#include "tufmirror/tree/layout.h"
#include "tufmirror/tree/publisher.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::cli {
namespace {

constexpr int kDamagedExitCode = 5;
constexpr int kHeldBackExitCode = 3;
constexpr size_t kMaxHeldBackLines = 20;

struct HomeStatus {
  std::string home;
  tree::GenerationInfo generation;
  std::string last_run;  // JSON, empty if none
  // Of the first root, hexadecimal: what readers are told to trust. Empty if
  // that is not served.
  std::string fingerprint;
  absl::Time now;
  std::vector<report::HeldBackObject> held_back;
  std::optional<sync::OpenCeremony> ceremony;  // that is open
  // An error does not keep the rest from being shown.
  absl::StatusOr<sync::Outlook> outlook = sync::Outlook();
};

absl::StatusOr<HomeStatus> ReadStatus(const StatusArguments& arguments) {
  HomeStatus status;
  ASSIGN_OR_RETURN(status.now, ParseMoment(arguments.at));
  ASSIGN_OR_RETURN(const tree::Home home, tree::Home::Open(arguments.home));
  status.home = home.layout().home();
  ASSIGN_OR_RETURN(status.generation, tree::Publisher::CurrentGeneration(home));
  ASSIGN_OR_RETURN(const auto lines,
                   report::ReadHistory(home.layout().history(), 1));
  if (!lines.empty()) status.last_run = lines.back();
  status.held_back = report::ReadHeldBack(home.layout().held_back());
  const auto root =
      fs::ReadFile(home.layout().live() + "/" + tree::MetadataPath("root", 1),
                   client::kMaxRootBytes);
  if (root.ok()) status.fingerprint = crypto::Sha256Of(*root).Hex();
  // A note that cannot be read is no reason to show nothing.
  if (auto open = sync::ReadOpenCeremony(home.layout()); open.ok()) {
    status.ceremony = *std::move(open);
  }
  if (status.generation.number > 0) status.outlook = sync::ReadOutlook(home);
  return status;
}

// An expiry may be unknown (nothing published) or beyond any calendar.
std::string ExpiryText(absl::Time expiry) {
  return expiry == absl::InfiniteFuture() ? "" : tuf::FormatExpiry(expiry);
}

// null if it cannot be known.
std::string OfflineRolesJson(const HomeStatus& status) {
  if (!status.outlook.ok()) return "null";
  std::string roles;
  for (const report::ExpiringRole& role : status.outlook->offline) {
    if (!roles.empty()) roles += ',';
    roles += report::ToJson(role, status.now);
  }
  return "[" + roles + "]";
}

void PrintOfflineRoles(const HomeStatus& status) {
  if (!status.outlook.ok()) {
    fmt::print("  when offline roles expire is not known: {}\n",
               MessageOf(status.outlook.status()));
    return;
  }
  for (const report::ExpiringRole& role : status.outlook->offline) {
    const auto urgency = report::UrgencyOf(role.expires, status.now);
    if (urgency != report::Urgency::kNone) {
      fmt::print("  warning: {}\n", report::WarningOf(role, status.now));
      continue;
    }
    fmt::print("  {} version {} expires in {}, on {}\n",
               Printable(role.role, 80), role.version,
               report::TimeLeftText(role.expires, status.now),
               tuf::FormatExpiry(role.expires));
  }
}

void PrintJson(const HomeStatus& status) {
  const tree::GenerationInfo& generation = status.generation;
  fmt::print(
      "{{\"generation\":{},\"published\":{},\"targets\":{},"
      "\"target_bytes\":{},\"timestamp_version\":{},\"earliest_expiry\":{},"
      "\"root_fingerprint\":{},\"offline_roles\":{},\"open_ceremony\":{},"
      "\"last_run\":{}}}\n",
      generation.number,
      generation.number == 0
          ? "null"
          : fmt::format("\"{}\"", tuf::FormatExpiry(generation.published)),
      generation.targets, generation.target_bytes, generation.timestamp_version,
      ExpiryText(generation.earliest_expiry).empty()
          ? "null"
          : fmt::format("\"{}\"", ExpiryText(generation.earliest_expiry)),
      status.fingerprint.empty() ? "null"
                                 : fmt::format("\"{}\"", status.fingerprint),
      OfflineRolesJson(status),
      status.ceremony ? OpenCeremonyJson(*status.ceremony) : "null",
      status.last_run.empty() ? "null" : status.last_run);
}

void PrintHeldBack(const HomeStatus& status) {
  size_t count = 0;
  for (const report::HeldBackObject& held : status.held_back) {
    if (count++ == kMaxHeldBackLines) break;
    fmt::print("  held back since {}: {}: {}\n", Printable(held.since, 20),
               Printable(held.object), Printable(held.reason, 1024));
  }
  if (status.held_back.size() > kMaxHeldBackLines) {
    fmt::print("  and {} more\n", status.held_back.size() - kMaxHeldBackLines);
  }
}

void PrintCeremony(const HomeStatus& status) {
  if (!status.ceremony) return;
  fmt::print("  {}\n", OpenCeremonyText(*status.ceremony));
}

void PrintText(const HomeStatus& status) {
  const tree::GenerationInfo& generation = status.generation;
  if (generation.number == 0) {
    fmt::print("{}: nothing is published yet\n", status.home);
    return PrintCeremony(status);
  }
  fmt::print("{}: generation {}, published {}\n", status.home,
             generation.number, tuf::FormatExpiry(generation.published));
  fmt::print("  {} targets, {} bytes; timestamp version {}\n",
             generation.targets, generation.target_bytes,
             generation.timestamp_version);
  if (!status.fingerprint.empty()) {
    fmt::print("  fingerprint of root version 1: {}\n", status.fingerprint);
  }
  const std::string expiry = ExpiryText(generation.earliest_expiry);
  if (!expiry.empty()) {
    fmt::print("  metadata {} at {}\n",
               generation.earliest_expiry <= status.now ? "EXPIRED" : "expires",
               expiry);
  }
  PrintOfflineRoles(status);
  PrintCeremony(status);
  PrintHeldBack(status);
}

// What verify says, with or without a repair.
struct Verdict {
  std::string text;
  int exit_code = 0;
};

int ExitCodeOf(const sync::VerifyReport& report) {
  if (!report.problems.empty()) return kDamagedExitCode;
  return report.held_back.empty() ? 0 : kHeldBackExitCode;
}

template <typename Report>
std::string Show(const Report& report, const VerifyArguments& arguments) {
  return arguments.json ? sync::ToJson(report) + "\n" : sync::ToText(report);
}

absl::StatusOr<Verdict> Verify(const VerifyArguments& arguments) {
  ASSIGN_OR_RETURN(const StopSignals signals, StopSignals::Block());
  ASSIGN_OR_RETURN(const tree::Home home, tree::Home::Open(arguments.home));
  // The standby tree changes during a sync, and live when it ends.
  ASSIGN_OR_RETURN(const auto lock, home.Lock("verify"));
  ProgressBar bar;
  sync::VerifyOptions options;
  options.depth =
      arguments.deep ? sync::VerifyDepth::kDeep : sync::VerifyDepth::kPresence;
  options.now = absl::Now();
  options.on_progress = [&](const sync::Progress& progress) {
    bar.Draw(progress);
    return signals.Check();
  };
  if (!arguments.repair) {
    ASSIGN_OR_RETURN(const auto report, sync::VerifyHome(home, options));
    return Verdict{Show(report, arguments), ExitCodeOf(report)};
  }
  ASSIGN_OR_RETURN(const sync::Config config,
                   LoadConfig(home.layout().config()));
  ASSIGN_OR_RETURN(const auto report, sync::RepairHome(home, config, options));
  return Verdict{Show(report, arguments), ExitCodeOf(report.after)};
}

absl::StatusOr<tree::GenerationInfo> Rollback(const std::string& path) {
  ASSIGN_OR_RETURN(const tree::Home home, tree::Home::Open(path));
  ASSIGN_OR_RETURN(const auto lock, home.Lock("rollback"));
  RETURN_IF_ERROR(sync::CheckRollbackKeepsOfflineRoles(home));
  RETURN_IF_ERROR(tree::Publisher::Rollback(home));
  return tree::Publisher::CurrentGeneration(home);
}

}  // namespace

int StatusCommand(const StatusArguments& arguments) {
  const auto status = ReadStatus(arguments);
  if (!status.ok()) return Fail(status.status());
  if (arguments.json) {
    PrintJson(*status);
  } else {
    PrintText(*status);
  }
  return 0;
}

int VerifyCommand(const VerifyArguments& arguments) {
  const auto verdict = Verify(arguments);
  if (!verdict.ok()) return Fail(verdict.status());
  fmt::print("{}", verdict->text);
  return verdict->exit_code;
}

int RollbackCommand(const std::string& home) {
  const auto generation = Rollback(home);
  if (!generation.ok()) return Fail(generation.status());
  fmt::print("generation {} is served again\n", generation->number);
  return 0;
}

}  // namespace tufmirror::cli
