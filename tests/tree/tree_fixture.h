// Homes in temporary directories and what their trees hold.
#ifndef TUFMIRROR_TESTS_TREE_TREE_FIXTURE_H_
#define TUFMIRROR_TESTS_TREE_TREE_FIXTURE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "tufmirror/base/digest.h"
#include "tufmirror/base/target_path.h"
#include "tufmirror/tree/home.h"
#include "tufmirror/tree/publisher.h"

namespace tufmirror::tree {

// Content by path.
using Files = std::map<std::string, std::string>;
// New content, or removal, by path.
using Edits = std::map<std::string, std::optional<std::string>>;

// A path that the test knows to be safe.
TargetPath PathOf(std::string_view text);
Digests DigestsOf(std::string_view bytes);
GenerationInfo InfoOf(uint64_t number);

// A home at `path` with an empty configuration file, as after init.
Home MakeHome(const std::string& path);

// Everything below `root`, which may be a symlink; packages/ not included.
Files FilesBelow(const std::string& root);
Files LiveFiles(const Home& home);
Files StandbyFiles(const Home& home);

// `files` after `edits`.
Files Edited(Files files, const Edits& edits);

// Begins and stages a publication of `edits`.
absl::StatusOr<std::unique_ptr<Publisher>> StageEdits(const Home& home,
                                                      const Edits& edits);
// One whole publication.
absl::Status Publish(const Home& home, uint64_t number, const Edits& edits);

// Puts `bytes` through staging to packages/.
absl::Status Accept(const Home& home, const std::string& path,
                    std::string_view bytes);

}  // namespace tufmirror::tree

#endif  // TUFMIRROR_TESTS_TREE_TREE_FIXTURE_H_
