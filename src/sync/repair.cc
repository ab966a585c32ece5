// Verify, mend, verify again. A second round finds what the first could not
// see: files that nothing refers to, where the metadata was damaged.
#include "tufmirror/sync/repair.h"

#include <set>
#include <utility>

#include "fmt/format.h"
#include "sync/origin_repair.h"
#include "sync/repairs.h"
#include "sync/replica_run.h"
#include "sync/verification.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/json/canonical.h"
#include "tufmirror/tree/staging.h"

namespace tufmirror::sync {
namespace {

constexpr int kRounds = 2;

// One repair; construct, Run, done.
class Repair {
 public:
  Repair(const tree::Home& home, const Config& config, VerifyOptions& options)
      : home_(home), config_(config), options_(options) {}

  absl::StatusOr<RepairReport> Run() {
    for (int round = 0;; ++round) {
      ASSIGN_OR_RETURN(const Repairs repairs, Look());
      const bool over =
          repairs.empty() || round == kRounds || !report_.outcome.ok();
      if (over) break;
      RETURN_IF_ERROR(Mend(repairs));
      suspects_.insert(repairs.targets.begin(), repairs.targets.end());
      // What was hashed once and found good need not be hashed again.
      options_.depth = VerifyDepth::kPresence;
    }
    if (!unreadable_.ok()) {
      return report_.outcome.ok() ? unreadable_ : report_.outcome;
    }
    Sum();
    return std::move(report_);
  }

 private:
  // Metadata that nothing can be said of is something to repair too.
  absl::StatusOr<Repairs> Look() {
    auto found = FindDamage(home_, options_, suspects_);
    unreadable_ = found.status();
    if (found.ok()) {
      report_.after = std::move(found->report);
      for (const report::Problem& problem : report_.after.problems) {
        damaged_.insert(problem.object);
      }
      orphans_.insert(report_.after.orphans.begin(),
                      report_.after.orphans.end());
      return std::move(found->repairs);
    }
    const Failure failure = FailureOf(found.status());
    const bool nothing_to_mend =
        failure == Failure::kCancelled || failure == Failure::kUsage;
    if (nothing_to_mend) return found.status();
    damaged_.insert("metadata");
    Repairs repairs;
    repairs.metadata = found.status();
    return repairs;
  }

  // What goes wrong here is in the report: what was mended stays mended.
  absl::Status Mend(const Repairs& repairs) {
    RETURN_IF_ERROR(tree::StagingArea(home_).Prepare());
    RunOptions run_options;
    run_options.now = options_.now;
    run_options.on_progress = [this](const Progress& progress) {
      return options_.on_progress ? options_.on_progress(progress)
                                  : absl::OkStatus();
    };
    report::RunReport run;
    run.outcome =
        config_.upstream.kind == UpstreamKind::kTuf
            ? ReplicaRun(home_, config_, run_options, run, &repairs).Run()
            : OriginRepair(home_, config_, run_options, repairs, run).Run();
    report_.failed = std::move(run.problems);
    report_.outcome = run.outcome;
    return FailureOf(run.outcome) == Failure::kCancelled ? run.outcome
                                                         : absl::OkStatus();
  }

  // What was found, less what is found still.
  void Sum() {
    for (const report::Problem& problem : report_.after.problems) {
      damaged_.erase(problem.object);
    }
    for (const std::string& orphan : report_.after.orphans) {
      orphans_.erase(orphan);
    }
    report_.repaired.assign(damaged_.begin(), damaged_.end());
    report_.removed.assign(orphans_.begin(), orphans_.end());
  }

  const tree::Home& home_;
  const Config& config_;
  VerifyOptions& options_;
  std::set<std::string> suspects_;  // targets that were damaged
  std::set<std::string> damaged_;   // served paths
  std::set<std::string> orphans_;
  absl::Status unreadable_;  // why the last look saw no metadata; OK if it did
  RepairReport report_;
};

std::string ListJson(const std::vector<std::string>& list) {
  std::string json;
  for (const std::string& item : list) {
    if (!json.empty()) json += ',';
    json::AppendString(item, json);
  }
  return "[" + json + "]";
}

}  // namespace

absl::StatusOr<RepairReport> RepairHome(const tree::Home& home,
                                        const Config& config,
                                        VerifyOptions& options) {
  return Repair(home, config, options).Run();
}

std::string ToJson(const RepairReport& report) {
  std::string message;
  json::AppendString(MessageOf(report.outcome), message);
  return fmt::format(
      "{{\"repaired\":{},\"removed\":{},\"failed\":{},\"outcome\":\"{}\","
      "\"message\":{},\"after\":{}}}",
      ListJson(report.repaired), ListJson(report.removed),
      ToJson(report.failed),
      report.outcome.ok() ? "ok" : FailureName(FailureOf(report.outcome)),
      message, ToJson(report.after));
}

std::string ToText(const RepairReport& report) {
  std::string text;
  for (const std::string& path : report.repaired) {
    text += fmt::format("repaired: {}\n", Printable(path));
  }
  for (const std::string& path : report.removed) {
    text += fmt::format("removed: {}\n", Printable(path));
  }
  for (const report::Problem& problem : report.failed) {
    text += fmt::format(
        "not repaired: {}\n",
        MessageOf(Annotate(problem.reason, Printable(problem.object))));
  }
  if (!report.outcome.ok()) {
    text += fmt::format("repair failed ({}): {}\n",
                        FailureName(FailureOf(report.outcome)),
                        MessageOf(report.outcome));
  }
  return text + ToText(report.after);
}

}  // namespace tufmirror::sync
