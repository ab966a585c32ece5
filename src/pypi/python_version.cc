// Reading and writing "3.11" and "3.11.4".
#include "tufmirror/pypi/python_version.h"

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::pypi {
namespace {

constexpr size_t kMaxPartDigits = 4;

// Removes a number without leading zeros from the front of `text`.
std::optional<uint32_t> TakeNumber(std::string_view& text) {
  uint32_t value = 0;
  size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
    if (digits == kMaxPartDigits) return std::nullopt;
    value = value * 10 + static_cast<uint32_t>(text[digits] - '0');
    ++digits;
  }
  if (digits == 0 || (digits > 1 && text[0] == '0')) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

bool TakeDot(std::string_view& text) {
  if (text.empty() || text[0] != '.') return false;
  text.remove_prefix(1);
  return true;
}

std::optional<PythonVersion> Read(std::string_view text) {
  PythonVersion version;
  const std::optional<uint32_t> major = TakeNumber(text);
  if (!major || !TakeDot(text)) return std::nullopt;
  const std::optional<uint32_t> minor = TakeNumber(text);
  if (!minor) return std::nullopt;
  version.major = *major;
  version.minor = *minor;
  if (TakeDot(text)) {
    version.patch = TakeNumber(text);
    if (!version.patch) return std::nullopt;
  }
  if (!text.empty()) return std::nullopt;
  return version;
}

}  // namespace

absl::StatusOr<PythonVersion> PythonVersion::Parse(std::string_view text) {
  const std::optional<PythonVersion> version = Read(text);
  if (!version) {
    return MakeFailure(Failure::kMalformed,
                       fmt::format("Python version '{}': two or three numbers "
                                   "expected, such as 3.11 or 3.11.4",
                                   Printable(text)));
  }
  return *version;
}

std::string PythonVersion::minor_str() const {
  return fmt::format("{}.{}", major, minor);
}

std::string PythonVersion::str() const {
  return patch ? fmt::format("{}.{}.{}", major, minor, *patch) : minor_str();
}

}  // namespace tufmirror::pypi
