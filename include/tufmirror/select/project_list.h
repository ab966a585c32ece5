// Lists of projects as Python programmers keep them: requirements files and
// lock files, read as an allow list.
#ifndef TUFMIRROR_SELECT_PROJECT_LIST_H_
#define TUFMIRROR_SELECT_PROJECT_LIST_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "tufmirror/base/digest.h"
#include "tufmirror/pypi/names.h"

namespace tufmirror::select {

struct ListedProject {
  pypi::ProjectName name;
  std::vector<std::string> extras = {};  // normalized, sorted, each once
  std::string specifier = {};            // PEP 440; empty: any version
  // The version if the list names exactly one; in normal form if it has one.
  std::optional<std::string> pinned_version = {};
  std::vector<Sha256> hashes = {};  // sorted, each once; empty: any file
  std::string marker = {};          // PEP 508, it parses; empty: always
  std::string origin = {};          // "requirements.txt:12", for messages
};

// A line or entry that the list does without.
struct ListNote {
  std::string file;
  size_t line = 0;  // from 1
  std::string text;
};

struct ProjectList {
  // In the order listed; a project more than once if the list has it so (of
  // several versions, for several environments).
  std::vector<ListedProject> projects;
  // What -c files say: they restrict what is needed for another reason.
  std::vector<ListedProject> constraints;
  std::vector<ListNote> notes;
};

// Reads one file and what it includes. The file's name decides the format:
// pylock.toml and pylock.NAME.toml (PEP 751), uv.lock, poetry.lock, and all
// others are requirements files as pip has them. An entry that cannot be used
// is a note; a file that cannot be read or parsed fails the whole, so that no
// half of a list is ever taken for the list. kNotFound, kTooLarge, kMalformed
// (with file and line), kUnsupported (a version of a lock format).
absl::StatusOr<ProjectList> ReadProjectList(const std::string& path);

// Gives the text of a file that is included.
using IncludeReader =
    absl::FunctionRef<absl::StatusOr<std::string>(const std::string& path)>;

// The requirements file `path` with `text`; its "-r" and "-c" are relative to
// its directory. Environment variables and URLs in it are not followed.
absl::StatusOr<ProjectList> ParseRequirements(std::string_view text,
                                              const std::string& path,
                                              IncludeReader read);

// The lock file `path` with `text`.
absl::StatusOr<ProjectList> ParsePylock(std::string_view text,
                                        const std::string& path);
absl::StatusOr<ProjectList> ParseUvLock(std::string_view text,
                                        const std::string& path);
absl::StatusOr<ProjectList> ParsePoetryLock(std::string_view text,
                                            const std::string& path);

}  // namespace tufmirror::select

#endif  // TUFMIRROR_SELECT_PROJECT_LIST_H_
