// The settings of bandersnatch's plugins while they are carried over: which
// plugins are enabled, which lines are taken care of, and what is noted.
#ifndef TUFMIRROR_SRC_CLI_PLUGIN_SETTINGS_H_
#define TUFMIRROR_SRC_CLI_PLUGIN_SETTINGS_H_

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cli/bandersnatch_config.h"
#include "cli/ini_file.h"
#include "tufmirror/select/rules.h"

namespace tufmirror::cli {

// What it is given outlives it.
class PluginSettings {
 public:
  PluginSettings(const IniFile& file, ImportedConfig& imported);

  bool IsEnabled(std::string_view plugin) const;

  // The entry, which is taken care of from now on; null if it is absent or
  // empty.
  const IniEntry* Take(std::string_view section, std::string_view key);
  const IniSection* Find(std::string_view section) const {
    return file_.Find(section);
  }
  void MarkTaken(const IniEntry& entry) { taken_.insert(&entry); }

  void Lose(const IniLine& line, std::string_view why);
  void NoteNeedless(const IniLine& line, std::string_view why);
  // Notes each entry that was not taken: lost if something reads it.
  void NoteTheRest();

  // Adds `value` if it is valid there; its line is lost otherwise.
  void Add(const IniLine& line, std::vector<std::string> select::Rules::*field,
           std::string value);

  select::Rules& rules() { return imported_.config.select; }

 private:
  void ReadEnabled(const IniSection& plugins);
  void NoteEntry(const IniSection& section, const IniEntry& entry);

  const IniFile& file_;
  ImportedConfig& imported_;
  std::set<std::string> enabled_;
  bool all_enabled_ = false;
  bool unknown_enabled_ = false;
  std::set<const IniEntry*> taken_;
};

}  // namespace tufmirror::cli

#endif  // TUFMIRROR_SRC_CLI_PLUGIN_SETTINGS_H_
