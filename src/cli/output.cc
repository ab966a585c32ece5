// How every command says that it failed.
#include <cstdio>

#include "cli/commands.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/report/run_report.h"

namespace tufmirror::cli {

int Fail(const absl::Status& status) {
  fmt::print(stderr, "tufmirror: {}\n", MessageOf(status));
  return report::ExitCodeOf(status);
}

}  // namespace tufmirror::cli
