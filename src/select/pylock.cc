// pylock.toml (PEP 751): [[packages]] with wheels and an sdist of an index, or
// with a source that is none.
#include <string>

#include "select/lock_tables.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/select/project_list.h"

namespace tufmirror::select {
namespace {

// Digests of one wheel or sdist: {hashes = {sha256 = "..."}}.
void ReadHashes(const toml::table& package, const toml::node* file,
                LockedPackages& packages, ListedProject& project) {
  const toml::table* table = file == nullptr ? nullptr : file->as_table();
  const toml::node* node = table == nullptr ? nullptr : table->get("hashes");
  const toml::table* hashes = node == nullptr ? nullptr : node->as_table();
  if (hashes == nullptr) return;
  if (const auto hex = TextOf(*hashes, "sha256")) {
    packages.AddHash(package, "sha256:" + *hex, project);
  }
}

void ReadPackage(const toml::table& package, LockedPackages& packages) {
  for (const char* source : {"vcs", "directory", "archive"}) {
    if (package.contains(source)) {
      packages.Note(package, std::string(source) + " is not an index");
      return;
    }
  }
  ListedProject* project = packages.Add(package);
  if (project == nullptr) return;
  packages.SetMarker(package, TextOf(package, "marker").value_or(""), *project);
  ReadHashes(package, package.get("sdist"), packages, *project);
  const toml::node* wheels = package.get("wheels");
  if (wheels == nullptr || wheels->as_array() == nullptr) return;
  for (const toml::node& wheel : *wheels->as_array()) {
    ReadHashes(package, &wheel, packages, *project);
  }
}

}  // namespace

absl::StatusOr<ProjectList> ParsePylock(std::string_view text,
                                        const std::string& path) {
  ASSIGN_OR_RETURN(const toml::table root, ParseToml(text, path));
  LockedPackages packages(path);
  const std::string version = TextOf(root, "lock-version").value_or("");
  if (version.substr(0, 2) != "1.") {
    return packages.UnknownVersion("lock-version 1.x", version);
  }
  packages.ForEach(root, "packages", [&](const toml::table& package) {
    ReadPackage(package, packages);
  });
  return std::move(packages).Take();
}

}  // namespace tufmirror::select
