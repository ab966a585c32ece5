#include "tufmirror/sync/explain.h"

#include <utility>

#include "fmt/format.h"
#include "sync/index_options.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/json/canonical.h"
#include "tufmirror/pypi/version.h"
#include "tufmirror/source/index_source.h"

namespace tufmirror::sync {
namespace {

bool IsOfVersion(std::string_view filename, const pypi::ProjectName& project,
                 const std::string& wanted) {
  const auto name = pypi::ParseDistributionName(filename, project);
  if (!name.ok()) return false;
  const auto a = pypi::Version::Parse(name->version);
  const auto b = pypi::Version::Parse(wanted);
  return a.ok() && b.ok() ? *a == *b : name->version == wanted;
}

std::string_view Words(const select::Verdict& verdict) {
  return verdict.selected ? "mirrored" : "not mirrored";
}

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone());
}

void AppendVerdict(const select::Verdict& verdict, std::string& out) {
  out += fmt::format("\"mirrored\":{},\"rule\":",
                     verdict.selected ? "true" : "false");
  json::AppendString(verdict.rule, out);
}

}  // namespace

absl::StatusOr<ExplainReport> Explain(const tree::Home& home,
                                      const Config& config,
                                      const pypi::ProjectName& project,
                                      const std::optional<std::string>& version,
                                      absl::Time now) {
  if (config.upstream.kind != UpstreamKind::kIndex) {
    return MakeFailure(Failure::kUsage,
                       fmt::format("explain {}: expected an origin of a plain "
                                   "index, as only these have rules of "
                                   "selection",
                                   Printable(home.layout().home(), 1024)));
  }
  ASSIGN_OR_RETURN(const auto selection,
                   select::Selection::Create(config.select));
  source::IndexOptions options = IndexOptionsOf(config, now);
  options.dry_run = true;
  ASSIGN_OR_RETURN(
      const auto index,
      source::IndexSource::Open(home.layout(), selection, std::move(options)));
  ASSIGN_OR_RETURN(const source::Explanation found, index->Explain(project));
  ExplainReport report{project, found.verdict.project, found.has_page};
  report.changes_at = found.verdict.changes_at;
  for (size_t i = 0; i < found.verdict.files.size(); ++i) {
    const std::string& filename = found.page.files[i].filename;
    if (version && !IsOfVersion(filename, project, *version)) continue;
    report.files.push_back({filename, found.verdict.files[i]});
  }
  return report;
}

std::string ToText(const ExplainReport& report) {
  std::string text = fmt::format("{}: {}: {}\n", report.project.str(),
                                 Words(report.verdict), report.verdict.rule);
  if (!report.has_page) {
    text += "  no sync has seen its page yet; this is by its name alone\n";
  }
  for (const ExplainedFile& file : report.files) {
    text += fmt::format("  {}: {}: {}\n", Printable(file.filename),
                        Words(file.verdict), file.verdict.rule);
  }
  if (report.changes_at) {
    text += fmt::format("  this may change at {} without a change upstream\n",
                        TimeText(*report.changes_at));
  }
  return text;
}

std::string ToJson(const ExplainReport& report) {
  std::string out = "{\"project\":";
  json::AppendString(report.project.str(), out);
  out += ',';
  AppendVerdict(report.verdict, out);
  out += fmt::format(",\"seen\":{},\"files\":[",
                     report.has_page ? "true" : "false");
  for (size_t i = 0; i < report.files.size(); ++i) {
    out += i == 0 ? "{\"filename\":" : ",{\"filename\":";
    json::AppendString(report.files[i].filename, out);
    out += ',';
    AppendVerdict(report.files[i].verdict, out);
    out += '}';
  }
  out += "],\"changes_at\":";
  out += report.changes_at ? fmt::format("\"{}\"", TimeText(*report.changes_at))
                           : "null";
  out += '}';
  return out;
}

}  // namespace tufmirror::sync
