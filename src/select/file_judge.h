// The rules that look at one file alone.
#ifndef TUFMIRROR_SRC_SELECT_FILE_JUDGE_H_
#define TUFMIRROR_SRC_SELECT_FILE_JUDGE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "select/allow_list.h"
#include "select/compiled_rules.h"
#include "select/version_lines.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/pypi/upstream_page.h"

namespace tufmirror::select {

// A file with what its name says, and what has been decided so far.
struct JudgedFile {
  const pypi::OfferedFile* offered = nullptr;
  pypi::DistributionKind kind = pypi::DistributionKind::kLegacy;
  ReleaseVersion version = {};  // empty text: the name does not say
  std::string pinned_by = {};   // a rule; empty: it is not pinned
  std::string refusal = {};     // the rule against it; empty: none so far

  bool selected() const { return refusal.empty(); }
  bool is_prerelease() const {
    return version.parsed && version.parsed->is_prerelease();
  }
};

// For the files of one project. What it is given outlives it.
class FileJudge {
 public:
  FileJudge(const CompiledRules& rules, const AllowList& list,
            const pypi::ProjectName& project, absl::Time now);

  JudgedFile Judge(const pypi::OfferedFile& file);

  // Of this project.
  PrereleaseRule prerelease_rule() const { return prereleases_; }
  // When the age of a file judged so far may decide otherwise.
  const std::optional<absl::Time>& changes_at() const { return changes_at_; }

 private:
  std::string RefusalByName(const JudgedFile& file) const;
  std::string RefusalByVersion(const JudgedFile& file) const;
  std::string RefusalByList(const JudgedFile& file) const;
  std::string RefusalByTarget(
      const JudgedFile& file,
      const std::optional<pypi::DistributionName>& name) const;
  std::string RefusalByAge(const JudgedFile& file);
  std::string PinOf(const JudgedFile& file) const;
  // True once `time` has come; otherwise notes when it will.
  bool IsPast(absl::Time time);

  const CompiledRules& rules_;
  const pypi::ProjectName& project_;
  absl::Time now_;
  std::vector<const VersionLine*> versions_;
  std::vector<const VersionLine*> exclude_versions_;
  const std::vector<ListEntry>* entries_;      // null: not listed
  const std::vector<ListEntry>* constraints_;  // null: none
  PrereleaseRule prereleases_;
  bool has_min_age_;
  std::optional<absl::Time> changes_at_;
};

}  // namespace tufmirror::select

#endif  // TUFMIRROR_SRC_SELECT_FILE_JUDGE_H_
