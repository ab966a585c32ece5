// What verify says, as text and as JSON.
#include "tufmirror/sync/verify.h"

#include <utility>

#include "fmt/format.h"
#include "sync/verification.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/json/canonical.h"

namespace tufmirror::sync {

absl::StatusOr<VerifyReport> VerifyHome(const tree::Home& home,
                                        VerifyOptions& options) {
  ASSIGN_OR_RETURN(Findings found, FindDamage(home, options, {}));
  return std::move(found.report);
}

std::string ToJson(const std::vector<report::Problem>& problems) {
  std::string json;
  for (const report::Problem& problem : problems) {
    if (!json.empty()) json += ',';
    json += "{\"object\":";
    json::AppendString(problem.object, json);
    json += fmt::format(",\"failure\":\"{}\",\"message\":",
                        FailureName(FailureOf(problem.reason)));
    json::AppendString(MessageOf(problem.reason), json);
    json += '}';
  }
  return "[" + json + "]";
}

std::string ToJson(const VerifyReport& report) {
  std::string orphans;
  for (const std::string& orphan : report.orphans) {
    if (!orphans.empty()) orphans += ',';
    json::AppendString(orphan, orphans);
  }
  return fmt::format(
      "{{\"generation\":{},\"roles\":{},\"targets\":{},\"bytes\":{},"
      "\"problems\":{},\"held_back\":{},\"orphans\":[{}]}}",
      report.generation, report.roles, report.targets, report.bytes,
      ToJson(report.problems), ToJson(report.held_back), orphans);
}

std::string ToText(const VerifyReport& report) {
  std::string text;
  for (const report::Problem& problem : report.problems) {
    text += fmt::format("{}: {}\n", Printable(problem.object),
                        MessageOf(problem.reason));
  }
  for (const report::Problem& problem : report.held_back) {
    text += fmt::format("held back: {}: {}\n", Printable(problem.object),
                        MessageOf(problem.reason));
  }
  for (const std::string& orphan : report.orphans) {
    text += fmt::format("{}: nothing refers to this file\n", Printable(orphan));
  }
  return text + fmt::format(
                    "generation {}: {} roles, {} targets, {} bytes; {} "
                    "problems, {} unreferenced files\n",
                    report.generation, report.roles, report.targets,
                    report.bytes, report.problems.size(),
                    report.orphans.size());
}

}  // namespace tufmirror::sync
