// Project names (PEP 503, PEP 508) and distribution file names (PEP 427,
// PEP 625, and what came before them).
#ifndef TUFMIRROR_PYPI_NAMES_H_
#define TUFMIRROR_PYPI_NAMES_H_

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace tufmirror::pypi {

// A normalized project name: lower case, runs of '-', '_' and '.' as one '-'
// (PEP 503). Only Parse makes one.
class ProjectName {
 public:
  // Accepts any valid name (PEP 508: ASCII letters, digits, '.', '-', '_',
  // first and last a letter or digit; at most 200 bytes) and normalizes it;
  // kMalformed otherwise.
  static absl::StatusOr<ProjectName> Parse(std::string_view name);
  const std::string& str() const { return name_; }
  friend auto operator<=>(const ProjectName&, const ProjectName&) = default;

 private:
  explicit ProjectName(std::string name) : name_(std::move(name)) {}
  std::string name_;
};

enum class DistributionKind { kWheel, kSdist, kLegacy };

// What a distribution's file name says.
struct DistributionName {
  DistributionKind kind = DistributionKind::kWheel;
  ProjectName project;
  std::string version = {};  // as written in the file name
  std::string build = {};    // wheels: build tag, may be empty
  // Wheels: compressed tag sets, taken apart.
  std::vector<std::string> python_tags = {};
  std::vector<std::string> abi_tags = {};
  std::vector<std::string> platform_tags = {};
};

// Parses "flit-3.9.0-py3-none-any.whl", "flit-3.9.0.tar.gz", ".zip" and the
// legacy kinds (.egg, .exe, .msi, .rpm, .tar.bz2, .dmg, .deb, .tar.Z, .tgz).
// kMalformed names what is wrong; kUnsupported if the extension is not one of
// a distribution at all. Old sdists have '-' in names and versions alike
// ("my-cool-pkg-1.0.zip"): there the version starts after the last '-' that
// leaves a PEP 440 version, or else at the first "-" before a digit, or else
// after the last '-'.
absl::StatusOr<DistributionName> ParseDistributionName(
    std::string_view filename);

// The same for a file that is known to belong to `project`, which makes the
// split certain ("foo-1.0-1.tar.gz" is version "1.0-1" of "foo"). kMalformed
// if the file name does not start with that project's name.
absl::StatusOr<DistributionName> ParseDistributionName(
    std::string_view filename, const ProjectName& project);

}  // namespace tufmirror::pypi

#endif  // TUFMIRROR_PYPI_NAMES_H_
