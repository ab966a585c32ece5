// What to mirror of a plain index: the values of [select], as an operator
// writes them. Without any, everything is mirrored but quarantined projects.
//
// How the rules work together:
//  1. What a rule excludes is out, whatever else includes it.
//  2. `projects` and `requirements` are one allow list: a project is in if
//     either names it (or, with_dependencies, if one that is in needs it).
//     If both are empty, every project is in.
//  3. Of a project that is in, a file must pass each of the other rules.
//  4. A pin (a version that `versions` or a list names with "==") protects that
//     release from the rules on pre-releases, newest releases, age and yanked
//     files, and from nothing else.
//  5. Rules that compare releases come last, in this order, each on what is
//     left: prereleases = "if-needed", newest, sdists = "if-no-wheel",
//     max_project_size.
//
// A PATTERN is a name, a glob ("django-*": '*' is any text, '?' any character),
// or a regular expression between slashes ("/^lib.*-dev$/": RE2's syntax, found
// anywhere). Names of projects are compared normalized.
#ifndef TUFMIRROR_SELECT_RULES_H_
#define TUFMIRROR_SELECT_RULES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace tufmirror::select {

enum class Keep { kKeep, kDrop };

// Whether a listed version restricts, or the project's name alone counts.
enum class RequirementsMode { kNames, kPinned };

enum class PrereleaseRule {
  kKeep,
  kDrop,
  kIfNeeded,  // kept if there is nothing else to keep of the project
};

enum class NewestBy { kVersion, kUploadTime };

enum class SdistRule {
  kKeep,
  kDrop,
  kIfNoWheel,  // kept if no wheel of the release is
};

// None, so long ago, or a point in time.
using AgeLimit = std::variant<std::monostate, absl::Duration, absl::Time>;

struct Rules {
  // Projects. PATTERNs; a plain name may have extras: "requests[socks]".
  std::vector<std::string> projects;
  std::vector<std::string> exclude_projects;
  // Requirements and lock files: absolute paths; the last segment may be a
  // glob, of which at least one file must be there.
  std::vector<std::string> requirements;
  // kPinned: of a listed project, only versions that an entry contains (and
  // all -c files allow), and only files with the entry's hashes if it has any.
  // It does not restrict what is listed nowhere.
  RequirementsMode requirements_mode = RequirementsMode::kNames;
  // Also what the allow list's projects need, on the platforms and Pythons
  // below. Of no effect without an allow list.
  bool with_dependencies = false;
  // What an index says of a project (PEP 792).
  Keep archived = Keep::kKeep;
  Keep deprecated = Keep::kKeep;
  Keep quarantined = Keep::kDrop;

  // Releases. Lines "PATTERN SPECIFIER": "numpy>=1.20,<2", "django-*<5",
  // "*!=1.0". A project with lines keeps what one of them contains, if it is a
  // version of PEP 440 ("===" takes any).
  std::vector<std::string> versions;
  // What one of them contains is out; without a specifier: all releases.
  std::vector<std::string> exclude_versions;
  // PATTERNs of the version's text, for all projects: "/rc[0-9]+$/".
  std::vector<std::string> exclude_version_patterns;
  PrereleaseRule prereleases = PrereleaseRule::kKeep;
  // Exceptions, PATTERNs of projects. If several match: keep, then if-needed,
  // then drop.
  std::vector<std::string> prereleases_keep;
  std::vector<std::string> prereleases_if_needed;
  std::vector<std::string> prereleases_drop;
  // Releases of a project that are kept, 0: all; counted are those with a file
  // left. The newest that is no pre-release is kept in any case.
  int newest = 0;
  NewestBy newest_by = NewestBy::kVersion;  // kUploadTime: of the first file

  // Files. Wheels that run on one of the platforms, machines and Pythons; empty
  // lists: any. Pure ones run everywhere.
  // "linux" (glibc and musl), "manylinux", "manylinux_2_17" (glibc up to 2.17),
  // "manylinux2014", "musllinux", "musllinux_1_2", "macos", "macos-11" (up to
  // that), "windows", "android", "android-24", "ios", "ios-13", "emscripten".
  std::vector<std::string> platforms;
  std::vector<std::string> exclude_platforms;
  // "x86_64" (or "amd64"), "aarch64" (or "arm64"), "i686", ...
  std::vector<std::string> architectures;
  std::vector<std::string> exclude_architectures;
  // "3.12", "3" (all of it), or a specifier: ">=3.9".
  std::vector<std::string> pythons;
  std::vector<std::string> exclude_pythons;
  // "cpython", "cpython-freethreaded", "pypy", "graalpy".
  std::vector<std::string> implementations;
  std::vector<std::string> exclude_implementations;
  // Files whose Requires-Python admits none of `pythons` are out. One that
  // does not parse restricts nothing, as for installers.
  bool requires_python = true;
  bool wheels = true;
  SdistRule sdists = SdistRule::kKeep;
  bool legacy = true;  // eggs, installers, packages of distributions
  // PATTERNs of file names.
  std::vector<std::string> files;
  std::vector<std::string> exclude_files;
  Keep yanked = Keep::kKeep;
  uint64_t max_file_size = 0;     // bytes, 0: any; unknown sizes pass
  uint64_t max_project_size = 0;  // bytes of the files that are left, 0: any
  std::vector<std::string> max_project_size_exceptions;  // PATTERNs

  // Age, by upload time. Files without one pass, but for min_age.
  AgeLimit older_than;  // keeps what was uploaded before
  AgeLimit newer_than;  // keeps what was uploaded after
  // Cooling-off: nothing is mirrored before it has been public for so long.
  absl::Duration min_age = absl::ZeroDuration();
  std::vector<std::string> min_age_exceptions;  // PATTERNs of projects

  friend bool operator==(const Rules&, const Rules&) = default;
};

// Checks every value without reading a file: kUsage, naming the option ("select
// .versions: ...") and the value.
absl::Status CheckRules(const Rules& rules);

// Checks one PATTERN: kUsage with what is wrong.
absl::Status CheckPattern(std::string_view pattern);

}  // namespace tufmirror::select

#endif  // TUFMIRROR_SELECT_RULES_H_
