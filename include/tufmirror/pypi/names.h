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
  std::string version;            // as written in the file name
  std::string build;              // wheels: build tag, may be empty
  std::vector<std::string> python_tags, abi_tags, platform_tags;  // wheels
};

// Parses "flit-3.9.0-py3-none-any.whl", "flit-3.9.0.tar.gz", ".zip" and the
// legacy kinds (.egg, .exe, .msi, .rpm, .tar.bz2, .dmg, .deb, .tar.Z, .tgz).
// kMalformed names what is wrong; kUnsupported if the extension is not one of
// a distribution at all.
absl::StatusOr<DistributionName> ParseDistributionName(
    std::string_view filename);

}  // namespace tufmirror::pypi

#endif  // TUFMIRROR_PYPI_NAMES_H_
