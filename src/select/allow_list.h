// What requirements and lock files list, by project.
#ifndef TUFMIRROR_SRC_SELECT_ALLOW_LIST_H_
#define TUFMIRROR_SRC_SELECT_ALLOW_LIST_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "select/compiled_rules.h"
#include "select/version_lines.h"
#include "tufmirror/base/digest.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/pypi/specifier.h"
#include "tufmirror/select/project_list.h"

namespace tufmirror::select {

struct ListEntry {
  pypi::VersionSpecifier specifier;  // empty: any version
  std::vector<Sha256> hashes;        // sorted; empty: any file
  std::string origin;                // "requirements.txt:12"
};

struct AllowList {
  std::map<pypi::ProjectName, std::vector<ListEntry>> projects;
  std::map<pypi::ProjectName, std::vector<ListEntry>> constraints;
  std::map<pypi::ProjectName, std::set<std::string>> extras;
  std::vector<ListNote> notes;
  // All entries, the same for the same content.
  std::string canonical_text;

  // Null if `project` is not listed.
  const std::vector<ListEntry>* Find(const pypi::ProjectName& project) const;
  const std::vector<ListEntry>* FindConstraints(
      const pypi::ProjectName& project) const;
};

// Reads the files that `rules` name. Entries whose marker holds on none of the
// selected platforms and Pythons are left out. The failures of ReadProjectList,
// and kNotFound if a glob names no file.
absl::StatusOr<AllowList> ReadAllowList(const CompiledRules& rules);

}  // namespace tufmirror::select

#endif  // TUFMIRROR_SRC_SELECT_ALLOW_LIST_H_
