// tufmirror import-config: a bandersnatch.conf as a tufmirror.toml, and the
// list of what is lost on the way.
#include <cstdio>
#include <optional>
#include <utility>

#include "cli/bandersnatch_config.h"
#include "cli/commands.h"
#include "cli/config_file.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::cli {
namespace {

constexpr uint64_t kMaxBytes = uint64_t{1} << 20;
constexpr int kLostExitCode = 3;
constexpr mode_t kFileMode = 0600;  // a URL may have a password

// What is in `path` stays, but for [upstream] and [select]; nothing if there is
// no such file.
absl::StatusOr<sync::Config> BaseConfig(const std::string& path) {
  if (path.empty()) return sync::Config();
  ASSIGN_OR_RETURN(const auto info, fs::Stat(path));
  if (!info) return sync::Config();
  ASSIGN_OR_RETURN(sync::Config base, LoadConfig(path));
  if (base.upstream.kind == sync::UpstreamKind::kTuf) {
    return MakeFailure(
        Failure::kUsage,
        fmt::format("{}: the configuration of an origin expected, got that of "
                    "a replica, which mirrors what upstream has signed",
                    Printable(path)));
  }
  return base;
}

absl::StatusOr<ImportedConfig> Import(const ImportArguments& arguments) {
  ASSIGN_OR_RETURN(const std::string text,
                   fs::ReadFile(arguments.file, kMaxBytes));
  ASSIGN_OR_RETURN(const sync::Config base, BaseConfig(arguments.output));
  auto imported = ImportBandersnatch(text, base);
  if (!imported.ok()) return Annotate(imported.status(), arguments.file);
  if (!arguments.output.empty()) {
    RETURN_IF_ERROR(fs::WriteFileAtomically(arguments.output,
                                            WriteConfig(imported->config),
                                            kFileMode, fs::Durability::kFsync));
  }
  return imported;
}

void PrintNotes(const std::string& file, std::string_view title,
                const std::vector<ImportNote>& notes) {
  if (notes.empty()) return;
  fmt::print(stderr, "{}\n", title);
  for (const ImportNote& note : notes) {
    fmt::print(stderr, "  {}:{}: {}\n", Printable(file), note.line, note.text);
  }
}

}  // namespace

int ImportConfigCommand(const ImportArguments& arguments) {
  const auto imported = Import(arguments);
  if (!imported.ok()) return Fail(imported.status());
  if (arguments.output.empty()) {
    fmt::print("{}", WriteConfig(imported->config));
  }
  PrintNotes(arguments.file, "Not carried over:", imported->lost);
  if (arguments.verbose) {
    PrintNotes(arguments.file,
               "Of no effect, or always so here:", imported->needless);
  }
  return imported->lost.empty() ? 0 : kLostExitCode;
}

}  // namespace tufmirror::cli
