// What the lock formats have in common: TOML in bounds, an array of tables of
// packages, and how one of them becomes a listed project.
#ifndef TUFMIRROR_SRC_SELECT_LOCK_TABLES_H_
#define TUFMIRROR_SRC_SELECT_LOCK_TABLES_H_

// The parser asserts that a table header begins with a key before it finds out
// that it need not and says so: without the assertion it refuses such a text.
#define TOML_ASSERT(expr) static_cast<void>(0)
#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/select/project_list.h"

namespace tufmirror::select {

// kMalformed with file and line; kTooLarge where keys are nested deeper than
// any lock file has them.
absl::StatusOr<toml::table> ParseToml(std::string_view text,
                                      const std::string& path);

// The member `key` if it is a string.
std::optional<std::string> TextOf(const toml::table& table,
                                  std::string_view key);

// "(a) or (b)", and each marker as it is where there is one only.
std::string JoinMarkers(const std::vector<std::string>& markers);

// Collects the packages of one lock file.
class LockedPackages {
 public:
  explicit LockedPackages(const std::string& path) : path_(path) {}

  // kUnsupported: `what` of the file is a version that is not known here.
  absl::Status UnknownVersion(std::string_view what,
                              std::string_view got) const;

  // Calls `read` for each table of the array `key`; what else is there is
  // noted. An absent array is an empty one.
  void ForEach(const toml::table& root, std::string_view key,
               absl::FunctionRef<void(const toml::table& package)> read);

  // A project with name and version of `package`, for more to be put in; null,
  // and a note, without a valid name. Valid until the next call.
  ListedProject* Add(const toml::table& package);
  // `marker` for the project if it parses; a note, and none, otherwise: better
  // to mirror too much.
  void SetMarker(const toml::table& package, const std::string& marker,
                 ListedProject& project);
  // A digest as "sha256:HEX"; any other one is noted.
  void AddHash(const toml::table& package, std::string_view hash,
               ListedProject& project);
  // `text` about `package`, with its name put before.
  void Note(const toml::table& package, std::string_view text);

  // The list, its digests sorted.
  ProjectList Take() &&;

 private:
  void NoteLine(const toml::node& node, std::string text);

  std::string path_;
  ProjectList list_;
};

}  // namespace tufmirror::select

#endif  // TUFMIRROR_SRC_SELECT_LOCK_TABLES_H_
