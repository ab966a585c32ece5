// A line of another program is never lost in silence: each ends as a rule or as
// a note.
#include "cli/plugin_settings.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::cli {
namespace {

using select::Rules;

constexpr std::string_view kKnownPlugins[] = {
    "allowlist_project",
    "allowlist_release",
    "blocklist_project",
    "blocklist_release",
    "exclude_platform",
    "latest_release",
    "prerelease_release",
    "project_requirements",
    "project_requirements_pinned",
    "regex_project",
    "regex_project_metadata",
    "regex_release",
    "regex_release_file_metadata",
    "size_project_metadata",
    "version_range_project_metadata",
    "version_range_release_file_metadata",
    "versions_count_project_metadata",
};

bool IsKnown(std::string_view plugin) {
  return std::find(std::begin(kKnownPlugins), std::end(kKnownPlugins),
                   plugin) != std::end(kKnownPlugins);
}

}  // namespace

PluginSettings::PluginSettings(const IniFile& file, ImportedConfig& imported)
    : file_(file), imported_(imported) {
  if (const IniSection* plugins = file.Find("plugins")) ReadEnabled(*plugins);
}

void PluginSettings::ReadEnabled(const IniSection& plugins) {
  for (const IniEntry& entry : plugins.entries) {
    if (entry.key != "enabled") {
      Lose({entry.number, entry.key}, "this key of [plugins] is not known");
      continue;
    }
    for (const IniLine& line : entry.lines) {
      if (line.text == "all") {
        all_enabled_ = true;
      } else if (IsKnown(line.text)) {
        enabled_.insert(line.text);
      } else {
        Lose(line, "this plugin is not known");
        unknown_enabled_ = true;
      }
    }
  }
}

bool PluginSettings::IsEnabled(std::string_view plugin) const {
  return all_enabled_ || enabled_.count(std::string(plugin)) > 0;
}

const IniEntry* PluginSettings::Take(std::string_view section,
                                     std::string_view key) {
  const IniSection* const found = file_.Find(section);
  const IniEntry* const entry = found == nullptr ? nullptr : found->Find(key);
  if (entry == nullptr) return nullptr;
  taken_.insert(entry);
  return entry->lines.empty() ? nullptr : entry;
}

void PluginSettings::Lose(const IniLine& line, std::string_view why) {
  imported_.lost.push_back(
      {line.number, fmt::format("{}: {}", Printable(line.text, 80), why)});
}

void PluginSettings::NoteNeedless(const IniLine& line, std::string_view why) {
  imported_.needless.push_back(
      {line.number, fmt::format("{}: {}", Printable(line.text, 80), why)});
}

void PluginSettings::Add(const IniLine& line,
                         std::vector<std::string> Rules::*field,
                         std::string value) {
  Rules single;
  single.*field = {value};
  if (const absl::Status status = select::CheckRules(single); !status.ok()) {
    return Lose(line, MessageOf(status));
  }
  std::vector<std::string>& values = rules().*field;
  if (std::find(values.begin(), values.end(), value) == values.end()) {
    values.push_back(std::move(value));
  }
}

void PluginSettings::NoteTheRest() {
  for (const IniSection& section : file_.sections) {
    if (section.name == "mirror" || section.name == "plugins") continue;
    for (const IniEntry& entry : section.entries) {
      if (taken_.count(&entry) > 0 || entry.lines.empty()) continue;
      NoteEntry(section, entry);
    }
  }
}

void PluginSettings::NoteEntry(const IniSection& section,
                               const IniEntry& entry) {
  const IniLine line = {entry.number, fmt::format("[{}] {} = {}", section.name,
                                                  entry.key, entry.value())};
  const bool is_plugin = IsKnown(section.name);
  if (is_plugin && IsEnabled(section.name)) {
    return Lose(line, "there is no rule for that");
  }
  const bool is_list =
      section.name == "allowlist" || section.name == "blocklist" ||
      section.name == "filter_regex" || section.name == "filter_prerelease";
  if (!is_plugin && !is_list && (all_enabled_ || unknown_enabled_)) {
    return Lose(line, "this section is not known");
  }
  NoteNeedless(line, "no enabled plugin reads it");
}

}  // namespace tufmirror::cli
