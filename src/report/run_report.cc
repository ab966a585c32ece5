#include "tufmirror/report/run_report.h"

#include <algorithm>
#include <string>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/json/canonical.h"

namespace tufmirror::report {
namespace {

constexpr size_t kMaxProblemsShown = 20;

std::string Quoted(std::string_view text) {
  std::string quoted;
  json::AppendString(text, quoted);
  return quoted;
}

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%E4Y-%m-%d%ET%H:%M:%SZ", time, absl::UTCTimeZone());
}

double Seconds(absl::Duration duration) {
  return absl::ToDoubleSeconds(duration);
}

// "1.5 GB": decimal units, as disks and networks are sold.
std::string ByteText(uint64_t bytes) {
  static constexpr const char* kUnits[] = {"bytes", "kB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes);
  size_t unit = 0;
  while (value >= 1000 && unit + 1 < std::size(kUnits)) {
    value /= 1000;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} bytes", bytes)
                   : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string OutcomeName(const absl::Status& outcome) {
  return outcome.ok() ? "ok" : std::string(FailureName(FailureOf(outcome)));
}

void AppendProblems(const RunReport& report, std::string& out) {
  // What failed in a run that published nothing was not held back from it.
  const std::string_view label = report.outcome.ok() ? "held back" : "failed";
  const size_t shown = std::min(report.problems.size(), kMaxProblemsShown);
  for (size_t i = 0; i < shown; ++i) {
    const Problem& problem = report.problems[i];
    out += fmt::format(
        "{}: {}\n", label,
        MessageOf(Annotate(problem.reason, Printable(problem.object))));
  }
  if (shown < report.problems.size()) {
    out +=
        fmt::format("{}: and {} more\n", label, report.problems.size() - shown);
  }
}

// What waits for a person first.
std::vector<std::string> AllWarnings(const RunReport& report) {
  std::vector<std::string> warnings;
  for (const ExpiringRole& role : report.expiring) {
    warnings.push_back(WarningOf(role, report.started));
  }
  warnings.insert(warnings.end(), report.warnings.begin(),
                  report.warnings.end());
  return warnings;
}

}  // namespace

std::string ToJson(const RunReport& report) {
  std::string phases;
  for (const Phase& phase : report.phases) {
    if (!phases.empty()) phases += ',';
    phases +=
        fmt::format("{}:{:.6f}", Quoted(phase.name), Seconds(phase.duration));
  }
  std::string problems;
  for (const Problem& problem : report.problems) {
    if (!problems.empty()) problems += ',';
    problems += fmt::format("{{\"object\":{},\"failure\":{},\"message\":{}}}",
                            Quoted(problem.object),
                            Quoted(FailureName(FailureOf(problem.reason))),
                            Quoted(MessageOf(problem.reason)));
  }
  std::string warnings;
  for (const std::string& warning : AllWarnings(report)) {
    if (!warnings.empty()) warnings += ',';
    warnings += Quoted(warning);
  }
  std::string expiring;
  for (const ExpiringRole& role : report.expiring) {
    if (!expiring.empty()) expiring += ',';
    expiring += ToJson(role, report.started);
  }
  return fmt::format(
      "{{\"kind\":{},\"outcome\":{},\"message\":{},\"exit_code\":{},"
      "\"started\":{},\"seconds\":{:.6f},\"dry_run\":{},\"published\":{},"
      "\"generation\":{},\"targets\":{},\"added\":{},\"changed\":{},"
      "\"removed\":{},\"requests\":{},\"retries\":{},\"bytes_received\":{},"
      "\"files_downloaded\":{},\"metadata_files\":{},\"phases\":{{{}}},"
      "\"problems\":[{}],\"warnings\":[{}],\"expiring\":[{}]}}",
      Quoted(report.kind), Quoted(OutcomeName(report.outcome)),
      Quoted(MessageOf(report.outcome)), ExitCodeOf(report),
      Quoted(TimeText(report.started)), Seconds(report.duration),
      report.dry_run, report.published, report.generation, report.targets,
      report.added, report.changed, report.removed, report.requests,
      report.retries, report.bytes_received, report.files_downloaded,
      report.metadata_files, phases, problems, warnings, expiring);
}

std::string ToText(const RunReport& report) {
  std::string out;
  AppendProblems(report, out);
  for (const std::string& warning : AllWarnings(report)) {
    out += fmt::format("warning: {}\n", Printable(warning, 500));
  }
  if (!report.outcome.ok()) {
    out += fmt::format("sync failed ({}): {}\n",
                       FailureName(FailureOf(report.outcome)),
                       MessageOf(report.outcome));
    out +=
        report.generation == 0
            ? "nothing is published yet\n"
            : fmt::format("generation {} is still served\n", report.generation);
    return out;
  }
  const std::string changes =
      fmt::format("{} added, {} changed, {} removed", report.added,
                  report.changed, report.removed);
  if (report.dry_run) {
    out += fmt::format("dry run: {}; nothing was changed\n", changes);
  } else if (report.published) {
    out += fmt::format("published generation {}: {} targets ({}); ",
                       report.generation, report.targets, changes);
    out += fmt::format("{} received in {} requests, {:.1f} s\n",
                       ByteText(report.bytes_received), report.requests,
                       Seconds(report.duration));
  } else {
    out += fmt::format("nothing new: generation {}, {} targets, {:.2f} s\n",
                       report.generation, report.targets,
                       Seconds(report.duration));
  }
  return out;
}

int ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return 0;
  const Failure failure = FailureOf(status);
  if (IsSecurityFailure(failure)) return 5;
  switch (failure) {
    case Failure::kUsage:
      return 2;
    case Failure::kHeldBack:
      return 3;
    case Failure::kLocked:
      return 4;
    case Failure::kBrake:
      return 6;
    default:
      return 1;
  }
}

int ExitCodeOf(const RunReport& report) {
  if (!report.outcome.ok()) return ExitCodeOf(report.outcome);
  return report.problems.empty() ? 0 : 3;
}

}  // namespace tufmirror::report
