// tufmirror explain: why is this mirrored, or why not?
#include "absl/time/clock.h"
#include "cli/commands.h"
#include "cli/config_file.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/sync/explain.h"
#include "tufmirror/tree/home.h"

namespace tufmirror::cli {
namespace {

absl::StatusOr<sync::ExplainReport> Explain(const ExplainArguments& arguments) {
  const std::string& what = arguments.project;
  const size_t equals = what.find("==");
  std::optional<std::string> version;
  if (equals != std::string::npos) version = what.substr(equals + 2);
  const auto project = pypi::ProjectName::Parse(what.substr(0, equals));
  if (!project.ok()) {
    return MakeFailure(Failure::kUsage, MessageOf(project.status()));
  }
  ASSIGN_OR_RETURN(const tree::Home home, tree::Home::Open(arguments.home));
  ASSIGN_OR_RETURN(const sync::Config config,
                   LoadConfig(home.layout().config()));
  return sync::Explain(home, config, *project, version, absl::Now());
}

}  // namespace

int ExplainCommand(const ExplainArguments& arguments) {
  const auto report = Explain(arguments);
  if (!report.ok()) return Fail(report.status());
  if (arguments.json) {
    fmt::print("{}\n", sync::ToJson(*report));
  } else {
    fmt::print("{}", sync::ToText(*report));
  }
  return 0;
}

}  // namespace tufmirror::cli
