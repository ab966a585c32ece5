// The version of a Python language: "3.11", "3.11.4".
#ifndef TUFMIRROR_PYPI_PYTHON_VERSION_H_
#define TUFMIRROR_PYPI_PYTHON_VERSION_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tufmirror::pypi {

struct PythonVersion {
  uint32_t major = 3;
  uint32_t minor = 0;
  std::optional<uint32_t> patch = {};  // nullopt: any

  // "3.11" or "3.11.4", numbers below 10000; kMalformed otherwise.
  static absl::StatusOr<PythonVersion> Parse(std::string_view text);
  std::string str() const;
  std::string minor_str() const;  // without the patch: "3.11"

  friend auto operator<=>(const PythonVersion&, const PythonVersion&) = default;
};

}  // namespace tufmirror::pypi

#endif  // TUFMIRROR_PYPI_PYTHON_VERSION_H_
