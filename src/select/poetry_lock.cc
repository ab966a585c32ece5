// poetry.lock: [[package]], its digests beside it ("files", since 1.3), in
// [metadata.files] (1.x) or in [metadata.hashes] (before 1.0).
#include <string>
#include <vector>

#include "fmt/format.h"
#include "select/lock_tables.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/select/project_list.h"

namespace tufmirror::select {
namespace {

// A [package.source] is there for what is not of the default index; "legacy" is
// another index.
bool PoetryTakesFromIndex(const toml::table& package, std::string& why_not) {
  const toml::node* node = package.get("source");
  const toml::table* source = node == nullptr ? nullptr : node->as_table();
  if (source == nullptr) return true;
  const std::string type = TextOf(*source, "type").value_or("");
  if (type == "legacy") return true;
  why_not = fmt::format("'{}' is not an index", Printable(type));
  return false;
}

size_t GroupCount(const toml::table& package) {
  const toml::node* groups = package.get("groups");
  const toml::array* array = groups == nullptr ? nullptr : groups->as_array();
  return array == nullptr ? 0 : array->size();
}

// One marker for all groups, or one for each: then a group without one needs
// the package in every environment.
std::string PoetryMarkerOf(const toml::table& package) {
  const toml::node* node = package.get("markers");
  if (node == nullptr) return TextOf(package, "marker").value_or("");
  if (const auto text = node->value_exact<std::string>()) return *text;
  const toml::table* by_group = node->as_table();
  if (by_group == nullptr || by_group->size() < GroupCount(package)) return {};
  std::vector<std::string> markers;
  for (const auto& [group, value] : *by_group) {
    if (const auto text = value.value_exact<std::string>()) {
      markers.push_back(*text);
    }
  }
  return JoinMarkers(markers);
}

// The array of digests of `package`, null if there is none.
const toml::array* HashesOf(const toml::table& root,
                            const toml::table& package) {
  if (const toml::node* files = package.get("files")) return files->as_array();
  const toml::node* metadata = root.get("metadata");
  const toml::table* table =
      metadata == nullptr ? nullptr : metadata->as_table();
  const std::string name = TextOf(package, "name").value_or("");
  if (table == nullptr) return nullptr;
  for (const char* key : {"files", "hashes"}) {
    const toml::node* member = table->get(key);
    const toml::table* by_name =
        member == nullptr ? nullptr : member->as_table();
    const toml::node* list = by_name == nullptr ? nullptr : by_name->get(name);
    if (list != nullptr) return list->as_array();
  }
  return nullptr;
}

// {file = "...", hash = "sha256:..."}, or a plain sha256 in the oldest files.
void ReadHash(const toml::table& package, const toml::node& file,
              LockedPackages& packages, ListedProject& project) {
  if (const auto plain = file.value_exact<std::string>()) {
    packages.AddHash(package, "sha256:" + *plain, project);
  } else if (const toml::table* table = file.as_table()) {
    if (const auto hash = TextOf(*table, "hash")) {
      packages.AddHash(package, *hash, project);
    }
  }
}

void ReadPoetryPackage(const toml::table& root, const toml::table& package,
                       LockedPackages& packages) {
  std::string why_not;
  if (!PoetryTakesFromIndex(package, why_not)) {
    packages.Note(package, why_not);
    return;
  }
  ListedProject* project = packages.Add(package);
  if (project == nullptr) return;
  packages.SetMarker(package, PoetryMarkerOf(package), *project);
  const toml::array* hashes = HashesOf(root, package);
  if (hashes == nullptr) return;
  for (const toml::node& file : *hashes) {
    ReadHash(package, file, packages, *project);
  }
}

}  // namespace

absl::StatusOr<ProjectList> ParsePoetryLock(std::string_view text,
                                            const std::string& path) {
  ASSIGN_OR_RETURN(const toml::table root, ParseToml(text, path));
  LockedPackages packages(path);
  const toml::node* metadata = root.get("metadata");
  const toml::table* table =
      metadata == nullptr ? nullptr : metadata->as_table();
  // Files of before 1.0 do not say.
  const std::string version =
      table == nullptr ? std::string()
                       : TextOf(*table, "lock-version").value_or("1.0");
  if (version.substr(0, 2) != "1." && version.substr(0, 2) != "2.") {
    return packages.UnknownVersion("lock-version 1.x or 2.x", version);
  }
  packages.ForEach(root, "package", [&](const toml::table& package) {
    ReadPoetryPackage(root, package, packages);
  });
  return std::move(packages).Take();
}

}  // namespace tufmirror::select
