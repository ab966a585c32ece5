// uv.lock, version 1: [[package]] with one source each, of which only a
// registry's URL is an index.
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "fmt/format.h"
#include "select/lock_tables.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/select/project_list.h"

namespace tufmirror::select {
namespace {

// Says in `why_not` what the source is if it is not an index.
bool UvTakesFromIndex(const toml::table& package, std::string& why_not) {
  const toml::node* node = package.get("source");
  const toml::table* source = node == nullptr ? nullptr : node->as_table();
  if (source == nullptr) {
    why_not = "it has no source";
    return false;
  }
  const std::string registry = TextOf(*source, "registry").value_or("");
  if (absl::StrContains(registry, "://")) return true;
  why_not = source->empty()
                ? "its source is empty"
                : fmt::format("{} is not an index",
                              Printable(source->begin()->first.str()));
  return false;
}

void ReadHash(const toml::table& package, const toml::node* file,
              LockedPackages& packages, ListedProject& project) {
  const toml::table* table = file == nullptr ? nullptr : file->as_table();
  if (table == nullptr) return;
  if (const auto hash = TextOf(*table, "hash")) {
    packages.AddHash(package, *hash, project);
  }
}

// Each of these is enough for the package to be needed.
std::string UvMarkerOf(const toml::table& package) {
  const toml::node* node = package.get("resolution-markers");
  const toml::array* array = node == nullptr ? nullptr : node->as_array();
  if (array == nullptr) return {};
  std::vector<std::string> markers;
  for (const toml::node& element : *array) {
    if (const auto text = element.value_exact<std::string>()) {
      markers.push_back(*text);
    }
  }
  return JoinMarkers(markers);
}

void ReadUvPackage(const toml::table& package, LockedPackages& packages) {
  std::string why_not;
  if (!UvTakesFromIndex(package, why_not)) {
    packages.Note(package, why_not);
    return;
  }
  ListedProject* project = packages.Add(package);
  if (project == nullptr) return;
  packages.SetMarker(package, UvMarkerOf(package), *project);
  ReadHash(package, package.get("sdist"), packages, *project);
  const toml::node* wheels = package.get("wheels");
  if (wheels == nullptr || wheels->as_array() == nullptr) return;
  for (const toml::node& wheel : *wheels->as_array()) {
    ReadHash(package, &wheel, packages, *project);
  }
}

}  // namespace

absl::StatusOr<ProjectList> ParseUvLock(std::string_view text,
                                        const std::string& path) {
  ASSIGN_OR_RETURN(const toml::table root, ParseToml(text, path));
  LockedPackages packages(path);
  const toml::node* version = root.get("version");
  const auto number = version == nullptr ? std::optional<int64_t>()
                                         : version->value_exact<int64_t>();
  if (number != 1) {
    return packages.UnknownVersion(
        "version 1", number ? fmt::format("{}", *number) : std::string());
  }
  packages.ForEach(root, "package", [&](const toml::table& package) {
    ReadUvPackage(package, packages);
  });
  return std::move(packages).Take();
}

}  // namespace tufmirror::select
