// The frame of every run: the lock before it, the report after it.
#include "tufmirror/sync/run.h"

#include <utility>

#include "absl/time/clock.h"
#include "sync/origin_run.h"
#include "sync/reminder.h"
#include "sync/replica_run.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/report/held_back.h"
#include "tufmirror/report/history.h"
#include "tufmirror/tree/publisher.h"
#include "tufmirror/tree/staging.h"

namespace tufmirror::sync {
namespace {

absl::Status RunLocked(const tree::Home& home, const Config& config,
                       RunOptions& options, report::RunReport& report) {
  ASSIGN_OR_RETURN(const auto lock,
                   home.Lock(options.dry_run ? "sync --dry-run" : "sync"));
  RETURN_IF_ERROR(tree::StagingArea(home).Prepare());
  return config.upstream.kind == UpstreamKind::kTuf
             ? ReplicaRun(home, config, options, report).Run()
             : RunOrigin(home, config, options, report);
}

// What is served now, whether the run got anywhere or not.
void DescribeLive(const tree::Home& home, report::RunReport& report) {
  const auto live = tree::Publisher::CurrentGeneration(home);
  if (!live.ok()) return;
  report.generation = live->number;
  report.targets = live->targets;
}

// A run that failed as a whole says nothing about the projects, and a replica's
// reports only what is new.
void RememberHeldBack(const tree::Home& home, const Config& config,
                      absl::Time now, report::RunReport& report) {
  if (!report.outcome.ok() || config.upstream.kind == UpstreamKind::kTuf) {
    return;
  }
  const absl::Status written =
      report::UpdateHeldBack(home.layout().held_back(), report.problems, now);
  if (!written.ok()) report.warnings.emplace_back(written.message());
}

// A reminder too many is better than none.
void Remind(const tree::Home& home, absl::Time now, report::RunReport& report) {
  if (report.expiring.empty()) return;
  const auto due = TakeReminder(home.layout(), report.expiring, now);
  report.remind_of_expiring = due.value_or(true);
  if (!due.ok()) report.warnings.emplace_back(due.status().message());
}

}  // namespace

report::RunReport RunSync(const tree::Home& home, const Config& config,
                          RunOptions& options) {
  const absl::Time start = absl::Now();
  report::RunReport report;
  report.kind =
      config.upstream.kind == UpstreamKind::kTuf ? "replica" : "origin";
  report.started = options.now;
  report.dry_run = options.dry_run;
  report.outcome = RunLocked(home, config, options, report);
  DescribeLive(home, report);
  report.duration = absl::Now() - start;
  if (!options.dry_run) {
    Remind(home, options.now, report);
    // The history is for people; a run is not undone for want of it.
    const absl::Status written =
        report::AppendHistory(home.layout().history(), report);
    if (!written.ok()) report.warnings.emplace_back(written.message());
    RememberHeldBack(home, config, options.now, report);
  }
  return report;
}

}  // namespace tufmirror::sync
