// Versions (PEP 440): parsing, normal form, total order.
#ifndef TUFMIRROR_PYPI_VERSION_H_
#define TUFMIRROR_PYPI_VERSION_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace tufmirror::pypi {

class Version {
 public:
  // Any spelling that PEP 440 allows; kMalformed otherwise. Numbers of any
  // length up to 18 digits.
  static absl::StatusOr<Version> Parse(std::string_view text);

  // Normal form: "1!2.0rc1.post2.dev3+local.1".
  std::string str() const;
  bool is_prerelease() const;  // a, b, rc or dev

  // PEP 440's order; "1.0" equals "1.0.0".
  friend std::strong_ordering operator<=>(const Version& a, const Version& b);
  friend bool operator==(const Version& a, const Version& b);

 private:
  friend class VersionParser;
  Version() = default;
  uint64_t epoch_ = 0;
  std::vector<uint64_t> release_;
  int pre_kind_ = 0;  // 0 none, 1 a, 2 b, 3 rc
  uint64_t pre_ = 0;
  std::optional<uint64_t> post_;
  std::optional<uint64_t> dev_;
  std::vector<std::string> local_;
};

// Sorts release versions as text the way PEP 700 lists are read best: PEP 440
// order, unparsable ones first in byte order; equal spellings once.
void SortVersions(std::vector<std::string>& versions);

}  // namespace tufmirror::pypi

#endif  // TUFMIRROR_PYPI_VERSION_H_
