// What the rules mean is in tufmirror/select/rules.h; here is how they are
// written.
#include "cli/select_options.h"

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/time/time.h"
#include "cli/config_file.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/select/rules.h"

namespace tufmirror::cli {
namespace {

using select::AgeLimit;
using select::Keep;
using select::Rules;
using sync::Config;

constexpr char kSection[] = "select";
constexpr char kDay[] = "%Y-%m-%d";

// A field of the rules as one of the configuration.
template <typename T>
Field<T> Of(T Rules::*field) {
  return [field](Config & config) -> auto& { return config.select.*field; };
}

Option Strings(std::string key, std::string help,
               std::vector<std::string> Rules::*field) {
  return StringsOption(kSection, std::move(key), std::move(help), Of(field));
}

Option KeepOption(std::string key, std::string help, Keep Rules::*field) {
  return WordOption<Keep>(kSection, std::move(key), std::move(help),
                          {{"keep", Keep::kKeep}, {"drop", Keep::kDrop}},
                          Of(field));
}

// An array of lines, or a table: numpy = ">=1.20,<2".
absl::StatusOr<std::vector<std::string>> ReadVersions(const toml::node& node) {
  const toml::table* table = node.as_table();
  if (table == nullptr) return StringsOf(node);
  std::vector<std::string> lines;
  for (const auto& [key, value] : *table) {
    ASSIGN_OR_RETURN(const std::vector<std::string> specifiers,
                     StringsOf(value));
    for (const std::string& specifier : specifiers) {
      lines.push_back(specifier == "*" || specifier.empty()
                          ? std::string(key.str())
                          : fmt::format("{} {}", key.str(), specifier));
    }
  }
  return lines;
}

Option VersionsOption(std::string key, std::string help,
                      std::vector<std::string> Rules::*field) {
  return {kSection, std::move(key), std::move(help),
          [field](const toml::node& node, Config& config) -> absl::Status {
            ASSIGN_OR_RETURN(config.select.*field, ReadVersions(node));
            return absl::OkStatus();
          },
          [field](const Config& config) {
            return ArrayToml(config.select.*field);
          }};
}

Option SdistsOption() {
  return {kSection, "sdists",
          "true, false, or \"if-no-wheel\": only of releases without a wheel "
          "that is mirrored",
          [](const toml::node& node, Config& config) -> absl::Status {
            if (const auto keep = node.value_exact<bool>()) {
              config.select.sdists =
                  *keep ? select::SdistRule::kKeep : select::SdistRule::kDrop;
              return absl::OkStatus();
            }
            const auto word = node.value_exact<std::string>();
            if (!word) {
              return Expected("true, false or \"if-no-wheel\"", node);
            }
            if (*word != "if-no-wheel") {
              return MakeFailure(
                  Failure::kUsage,
                  fmt::format("expected true, false or \"if-no-wheel\", got "
                              "\"{}\"",
                              Printable(*word, 40)));
            }
            config.select.sdists = select::SdistRule::kIfNoWheel;
            return absl::OkStatus();
          },
          [](const Config& config) -> std::string {
            switch (config.select.sdists) {
              case select::SdistRule::kKeep:
                return "true";
              case select::SdistRule::kDrop:
                return "false";
              case select::SdistRule::kIfNoWheel:
                return QuoteToml("if-no-wheel");
            }
            return "true";
          }};
}

absl::StatusOr<AgeLimit> ParseAge(std::string_view text) {
  if (text.empty()) return AgeLimit();
  if (const auto age = ParseDuration(text); age.ok()) return AgeLimit(*age);
  absl::Time time;
  std::string error;
  for (const char* format : {kDay, absl::RFC3339_full}) {
    if (absl::ParseTime(format, std::string(text), &time, &error)) {
      return AgeLimit(time);
    }
  }
  return MakeFailure(
      Failure::kUsage,
      fmt::format("expected an age such as \"90d\", a day such as "
                  "\"2024-01-31\" or a time such as \"2024-01-31T12:00:00Z\", "
                  "got \"{}\"",
                  Printable(text, 40)));
}

std::string AgeText(const AgeLimit& limit) {
  if (const auto* age = std::get_if<absl::Duration>(&limit)) {
    return DurationText(*age);
  }
  if (const auto* time = std::get_if<absl::Time>(&limit)) {
    return absl::FormatTime(absl::RFC3339_full, *time, absl::UTCTimeZone());
  }
  return "";
}

Option AgeOption(std::string key, std::string help, AgeLimit Rules::*field) {
  return {kSection, std::move(key), std::move(help),
          [field](const toml::node& node, Config& config) -> absl::Status {
            ASSIGN_OR_RETURN(const std::string text, StringOf(node));
            ASSIGN_OR_RETURN(config.select.*field, ParseAge(text));
            return absl::OkStatus();
          },
          [field](const Config& config) {
            return QuoteToml(AgeText(config.select.*field));
          }};
}

std::vector<Option> ProjectOptions() {
  return {
      Strings("projects",
              "which projects: names (\"requests\", \"requests[socks]\"), "
              "globs (\"django-*\") and regular expressions (\"/^lib/\"); "
              "together with requirements the allow list, empty: all projects",
              &Rules::projects),
      Strings("exclude_projects",
              "which not, likewise; what is excluded is out, whatever includes "
              "it",
              &Rules::exclude_projects),
      Strings("requirements",
              "absolute paths of requirements.txt, pylock.toml, uv.lock or "
              "poetry.lock files, the last segment may be a glob",
              &Rules::requirements),
      WordOption<select::RequirementsMode>(
          kSection, "requirements_mode",
          "\"names\": all releases of what they list; \"pinned\": those that "
          "they list",
          {{"names", select::RequirementsMode::kNames},
           {"pinned", select::RequirementsMode::kPinned}},
          Of(&Rules::requirements_mode)),
      BooleanOption(kSection, "with_dependencies",
                    "also what the allow list's projects need, on the "
                    "platforms and Pythons below",
                    Of(&Rules::with_dependencies)),
      KeepOption("archived", "archived projects: \"keep\" or \"drop\"",
                 &Rules::archived),
      KeepOption("deprecated", "deprecated projects: \"keep\" or \"drop\"",
                 &Rules::deprecated),
      KeepOption("quarantined",
                 "projects that the index has quarantined: \"keep\" or "
                 "\"drop\"",
                 &Rules::quarantined),
  };
}

std::vector<Option> ReleaseOptions() {
  using select::NewestBy;
  using select::PrereleaseRule;
  return {
      VersionsOption("versions",
                     "of projects named here, only these releases: "
                     "[\"numpy>=1.20,<2\"] or { numpy = \">=1.20,<2\" }; "
                     "\"==\" pins",
                     &Rules::versions),
      VersionsOption("exclude_versions", "which releases not, likewise",
                     &Rules::exclude_versions),
      Strings("exclude_version_patterns",
              "globs and regular expressions of versions that are left out",
              &Rules::exclude_version_patterns),
      WordOption<PrereleaseRule>(
          kSection, "prereleases",
          "\"keep\", \"drop\", or \"if-needed\": of projects that have nothing "
          "else",
          {{"keep", PrereleaseRule::kKeep},
           {"drop", PrereleaseRule::kDrop},
           {"if-needed", PrereleaseRule::kIfNeeded}},
          Of(&Rules::prereleases)),
      Strings("prereleases_keep", "projects that keep them all the same",
              &Rules::prereleases_keep),
      Strings("prereleases_if_needed", "projects that keep them if needed",
              &Rules::prereleases_if_needed),
      Strings("prereleases_drop", "projects that do without them",
              &Rules::prereleases_drop),
      IntegerOption(kSection, "newest",
                    "how many releases of each project, 0: all; pinned ones "
                    "and the newest final one are kept in any case",
                    0, 1'000'000, Of(&Rules::newest)),
      WordOption<NewestBy>(kSection, "newest_by",
                           "\"version\" or \"upload-time\"",
                           {{"version", NewestBy::kVersion},
                            {"upload-time", NewestBy::kUploadTime}},
                           Of(&Rules::newest_by)),
  };
}

std::vector<Option> TargetOptions() {
  return {
      Strings("platforms",
              "wheels that run there: linux, manylinux_2_17 (and older), "
              "musllinux_1_2, macos, macos-11, windows, android, ios, "
              "emscripten; empty: all",
              &Rules::platforms),
      Strings("exclude_platforms", "which not, likewise",
              &Rules::exclude_platforms),
      Strings("architectures", "x86_64, aarch64, i686, ...; empty: all",
              &Rules::architectures),
      Strings("exclude_architectures", "which not, likewise",
              &Rules::exclude_architectures),
      Strings("pythons",
              "wheels that run on \"3.12\", \"3\" or \">=3.9\"; empty: all",
              &Rules::pythons),
      Strings("exclude_pythons", "which not, likewise",
              &Rules::exclude_pythons),
      Strings("implementations",
              "cpython, cpython-freethreaded, pypy, graalpy; empty: all",
              &Rules::implementations),
      Strings("exclude_implementations", "which not, likewise",
              &Rules::exclude_implementations),
      BooleanOption(kSection, "requires_python",
                    "leave out files whose Requires-Python admits none of "
                    "pythons",
                    Of(&Rules::requires_python)),
  };
}

std::vector<Option> FileOptions() {
  return {
      BooleanOption(kSection, "wheels", "mirror wheels", Of(&Rules::wheels)),
      SdistsOption(),
      BooleanOption(kSection, "legacy", "mirror eggs, .exe, .rpm and the like",
                    Of(&Rules::legacy)),
      Strings("files",
              "globs and regular expressions of file names, empty: "
              "all",
              &Rules::files),
      Strings("exclude_files", "which not, likewise", &Rules::exclude_files),
      KeepOption("yanked", "yanked files: \"keep\" or \"drop\"",
                 &Rules::yanked),
      BytesOption(kSection, "max_file_size", "bytes of a file, 0: any",
                  Of(&Rules::max_file_size)),
      BytesOption(kSection, "max_project_size",
                  "bytes of a project's files that would be mirrored, above "
                  "which it is left out; 0: any",
                  Of(&Rules::max_project_size)),
      Strings("max_project_size_exceptions", "projects of any size",
              &Rules::max_project_size_exceptions),
      AgeOption("older_than",
                "only files uploaded before: an age (\"90d\") or a day "
                "(\"2024-01-31\"); empty: any",
                &Rules::older_than),
      AgeOption("newer_than", "only files uploaded after, likewise",
                &Rules::newer_than),
      DurationOption(kSection, "min_age",
                     "how long a file must have been public before it is "
                     "mirrored",
                     Of(&Rules::min_age)),
      Strings("min_age_exceptions", "projects that need not wait",
              &Rules::min_age_exceptions),
  };
}

}  // namespace

std::vector<Option> SelectOptions() {
  std::vector<Option> all = ProjectOptions();
  for (auto more : {ReleaseOptions(), TargetOptions(), FileOptions()}) {
    for (Option& option : more) all.push_back(std::move(option));
  }
  return all;
}

}  // namespace tufmirror::cli
