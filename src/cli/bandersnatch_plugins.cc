// A line is carried over only if it is sure to mean the same; each other one is
// named, with what it would have taken.
#include "cli/bandersnatch_plugins.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "cli/bandersnatch_platforms.h"
#include "cli/config_file.h"
#include "cli/plugin_settings.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/pypi/requirement.h"
#include "tufmirror/select/rules.h"

namespace tufmirror::cli {
namespace {

using select::Rules;

// Python's expressions are matched at the start of the text.
std::string AtStart(std::string_view expression) {
  return fmt::format("/^(?:{})/", expression);
}

// A line of a list of projects, without what may follow as a comment.
absl::StatusOr<pypi::Requirement> ParsePackage(const IniLine& line) {
  return pypi::Requirement::Parse(line.text.substr(0, line.text.find(" #")));
}

// "1G", "500 MB", "1GiB" as a number of bytes.
absl::StatusOr<uint64_t> ParseSize(std::string_view text) {
  std::string unit;
  std::string number;
  for (const char c : text) {
    if (c == ' ') continue;
    const bool is_digit = (c >= '0' && c <= '9') || c == '.';
    (is_digit ? number : unit) +=
        c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  if (unit.size() == 1 && unit != "B") unit += "B";
  if (unit == "KB") unit = "kB";
  if (unit.size() == 3 && unit[1] == 'I') unit[1] = 'i';
  return ParseByteCount(number + unit);
}

class PluginImporter {
 public:
  explicit PluginImporter(PluginSettings& settings)
      : settings_(settings), rules_(settings.rules()) {}

  void Import() {
    ImportAllowList();
    ImportRequirements();
    ImportBlockList();
    ImportPlatforms();
    ImportExpressions();
    ImportPrereleases();
    ImportLatest();
    ImportSize();
    ImportFileNames();
    settings_.NoteTheRest();
    CheckTogether();
  }

 private:
  // ---- [allowlist] ----

  void ImportAllowList() {
    const bool by_release = settings_.IsEnabled("allowlist_release");
    if (!by_release && !settings_.IsEnabled("allowlist_project")) return;
    const IniEntry* const packages = settings_.Take("allowlist", "packages");
    if (packages == nullptr) return;
    for (const IniLine& line : packages->lines) {
      const auto package = ParsePackage(line);
      if (!package.ok() || package->marker || !package->url.empty()) {
        settings_.Lose(line, "a project and a version specifier expected");
        continue;
      }
      settings_.Add(line, &Rules::projects, package->name.str());
      if (by_release) AddVersions(line, *package, &Rules::versions);
      if (!by_release && !package->specifier.empty()) {
        settings_.NoteNeedless(
            line,
            "allowlist_project looks at the name only; 'versions' is "
            "for specifiers");
      }
    }
  }

  void AddVersions(const IniLine& line, const pypi::Requirement& package,
                   std::vector<std::string> Rules::*field) {
    settings_.Add(
        line, field,
        fmt::format("{}{}", package.name.str(), package.specifier.str()));
  }

  void ImportRequirements() {
    const bool pinned = settings_.IsEnabled("project_requirements_pinned");
    if (!pinned && !settings_.IsEnabled("project_requirements")) return;
    const IniEntry* const path =
        settings_.Take("allowlist", "requirements_path");
    const IniEntry* const globs = settings_.Take("allowlist", "requirements");
    if (globs == nullptr) return;
    std::string directory = path == nullptr ? "" : path->value();
    if (!directory.empty() && directory.back() != '/') directory += '/';
    if (!rules_.projects.empty()) {
      settings_.Lose(
          {globs->number, "requirements"},
          "bandersnatch takes what both these and 'packages' name; here it is "
          "what either names");
    }
    for (const IniLine& line : globs->lines) {
      const std::string& glob = line.text;
      if (glob.find_first_of("[]") != std::string::npos) {
        settings_.Lose(line, "of globs, '*' and '?' are known");
        continue;
      }
      settings_.Add(line, &Rules::requirements,
                    glob.front() == '/' ? glob : directory + glob);
    }
    if (pinned) {
      rules_.requirements_mode = select::RequirementsMode::kPinned;
    }
  }

  // ---- [blocklist] ----

  void ImportBlockList() {
    const bool by_project = settings_.IsEnabled("blocklist_project");
    const bool by_release = settings_.IsEnabled("blocklist_release");
    if (!by_project && !by_release) return;
    const IniEntry* const packages = settings_.Take("blocklist", "packages");
    if (packages == nullptr) return;
    for (const IniLine& line : packages->lines) {
      const auto package = ParsePackage(line);
      if (!package.ok() || package->marker || !package->url.empty()) {
        settings_.Lose(line, "a project and a version specifier expected");
      } else if (by_project && package->specifier.empty()) {
        settings_.Add(line, &Rules::exclude_projects, package->name.str());
      } else if (by_release) {
        AddVersions(line, *package, &Rules::exclude_versions);
      } else {
        settings_.NoteNeedless(
            line, "blocklist_release, which reads it, is not enabled");
      }
    }
  }

  void ImportPlatforms() {
    if (!settings_.IsEnabled("exclude_platform")) return;
    const IniEntry* const platforms = settings_.Take("blocklist", "platforms");
    if (platforms == nullptr) return;
    for (const IniLine& line : platforms->lines) {
      for (const absl::string_view word : absl::StrSplit(
               line.text, absl::ByAnyChar(" \t"), absl::SkipEmpty())) {
        const ExcludedPlatform excluded = ExcludePlatform(FromAbsl(word));
        for (const std::string& platform : excluded.platforms) {
          settings_.Add(line, &Rules::exclude_platforms, platform);
        }
        for (const std::string& python : excluded.pythons) {
          // It looks at names of files only.
          rules_.requires_python = false;
          settings_.Add(line, &Rules::exclude_pythons, python);
        }
        for (const std::string& file : excluded.files) {
          settings_.Add(line, &Rules::exclude_files, file);
        }
      }
    }
  }

  // ---- sections of one plugin ----

  void ImportExpressions() {
    ImportExpressionsOf("regex_project", "packages", &Rules::exclude_projects);
    ImportExpressionsOf("regex_release", "releases",
                        &Rules::exclude_version_patterns);
  }

  void ImportExpressionsOf(std::string_view plugin, std::string_view key,
                           std::vector<std::string> Rules::*field) {
    if (!settings_.IsEnabled(plugin)) return;
    const IniEntry* const entry = settings_.Take("filter_regex", key);
    if (entry == nullptr) return;
    for (const IniLine& line : entry->lines) {
      settings_.Add(line, field, AtStart(line.text));
    }
  }

  void ImportPrereleases() {
    if (!settings_.IsEnabled("prerelease_release")) return;
    const IniEntry* const packages =
        settings_.Take("filter_prerelease", "packages");
    if (packages == nullptr) {
      rules_.prereleases = select::PrereleaseRule::kDrop;
      return;
    }
    for (const IniLine& line : packages->lines) {
      const auto package = ParsePackage(line);
      if (package.ok()) {
        settings_.Add(line, &Rules::prereleases_drop, package->name.str());
      } else {
        settings_.Lose(line, "a project expected");
      }
    }
  }

  void ImportLatest() {
    if (!settings_.IsEnabled("latest_release")) return;
    if (const IniEntry* const keep = settings_.Take("latest_release", "keep")) {
      int newest = 0;
      if (absl::SimpleAtoi(keep->value(), &newest) && newest >= 0 &&
          newest <= 1'000'000) {
        rules_.newest = newest;
      } else {
        settings_.Lose(keep->lines.front(), "a number of releases expected");
      }
    }
    const IniEntry* const sort_by = settings_.Take("latest_release", "sort_by");
    if (sort_by == nullptr) return;
    const std::string by = sort_by->value();
    if (by == "time") {
      rules_.newest_by = select::NewestBy::kUploadTime;
    } else if (by != "version") {
      settings_.Lose(sort_by->lines.front(), "'version' or 'time' expected");
    }
  }

  void ImportSize() {
    if (!settings_.IsEnabled("size_project_metadata")) return;
    const IniEntry* const size =
        settings_.Take("size_project_metadata", "max_package_size");
    if (size == nullptr) return;
    const auto bytes = ParseSize(size->value());
    if (!bytes.ok()) {
      return settings_.Lose(size->lines.front(), "a number of bytes expected");
    }
    rules_.max_project_size = *bytes;
    const IniEntry* const exempt = settings_.Take("allowlist", "packages");
    if (exempt == nullptr) return;
    for (const IniLine& line : exempt->lines) {
      const auto package = ParsePackage(line);
      if (!package.ok()) continue;  // said where the list is read, if it is
      settings_.Add(line, &Rules::max_project_size_exceptions,
                    package->name.str());
    }
  }

  // Of all that the metadata plugins may look at, names of files are what
  // there is a rule for.
  void ImportFileNames() {
    constexpr char kPlugin[] = "regex_release_file_metadata";
    const IniSection* const section = settings_.Find(kPlugin);
    if (section == nullptr || !settings_.IsEnabled(kPlugin)) return;
    for (const IniEntry& entry : section->entries) {
      const bool none = entry.key == "none:release_file.filename";
      if (!none && entry.key != "release_file.filename" &&
          entry.key != "any:release_file.filename") {
        continue;
      }
      settings_.MarkTaken(entry);
      for (const IniLine& line : entry.lines) {
        settings_.Add(line, none ? &Rules::exclude_files : &Rules::files,
                      AtStart(line.text));
      }
    }
  }

  // Rules that are right each may contradict each other.
  void CheckTogether() {
    if (select::CheckRules(rules_).ok()) return;
    const IniSection* const section = settings_.Find("blocklist");
    const IniEntry* const platforms =
        section == nullptr ? nullptr : section->Find("platforms");
    if (platforms == nullptr) return;
    settings_.Lose(
        {platforms->number, "platforms"},
        "no Python would be left; excluded ones are not carried over");
    rules_.exclude_pythons.clear();
  }

  PluginSettings& settings_;
  Rules& rules_;
};

}  // namespace

void ImportPlugins(const IniFile& file, ImportedConfig& imported) {
  PluginSettings settings(file, imported);
  PluginImporter(settings).Import();
}

}  // namespace tufmirror::cli
