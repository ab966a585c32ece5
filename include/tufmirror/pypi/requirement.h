// Requirements (PEP 508): "name[extra]>=1,<2; python_version < '3.9'".
#ifndef TUFMIRROR_PYPI_REQUIREMENT_H_
#define TUFMIRROR_PYPI_REQUIREMENT_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "tufmirror/pypi/marker.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/pypi/specifier.h"

namespace tufmirror::pypi {

struct Requirement {
  ProjectName name;
  std::vector<ProjectName> extras = {};  // normalized (PEP 685), sorted, once
  VersionSpecifier specifier = {};       // empty if there is a URL
  std::string url = {};                  // "name @ url"; empty if none
  std::optional<Marker> marker = {};

  // At most 32 KiB on one line; kMalformed names the column.
  static absl::StatusOr<Requirement> Parse(std::string_view text);

  // True if there is no marker or it holds.
  bool AppliesIn(const MarkerEnvironment& environment,
                 const MarkerSelection& selection = {}) const;

  // Normal form: "name[a,b]<2,>=1; marker", "name[a] @ url ; marker".
  std::string str() const;

  friend bool operator==(const Requirement&, const Requirement&) = default;
};

}  // namespace tufmirror::pypi

#endif  // TUFMIRROR_PYPI_REQUIREMENT_H_
