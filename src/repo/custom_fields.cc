// Members are added in the order of their names, as the canonical form wants.
#include "tufmirror/repo/custom_fields.h"

#include <cstdint>

#include "absl/time/time.h"
#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/strings.h"
#include "tufmirror/json/canonical.h"

namespace tufmirror::repo {
namespace {

constexpr CustomField kCustomFields[] = {
    CustomField::kRequiresDist, CustomField::kRequiresPython,
    CustomField::kUploadTime, CustomField::kYanked};

void AppendCustomMember(CustomField field, std::string_view value,
                        std::string& out) {
  out += out.empty() ? '{' : ',';
  json::AppendCanonicalString(CustomFieldName(field), out);
  out += ':';
  out += value;
}

std::string CustomString(std::string_view text) {
  std::string out;
  json::AppendCanonicalString(text, out);
  return out;
}

std::string CustomList(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) {
    if (!out.empty()) out += ',';
    json::AppendCanonicalString(line, out);
  }
  return "[" + out + "]";
}

std::string CustomTime(absl::Time time) {
  const absl::TimeZone utc = absl::UTCTimeZone();
  const int64_t micros = absl::ToInt64Microseconds(utc.At(time).subsecond);
  const std::string seconds = absl::FormatTime("%Y-%m-%dT%H:%M:%S", time, utc);
  return micros == 0 ? seconds + "Z"
                     : fmt::format("{}.{:06}Z", seconds, micros);
}

// Empty if there is nothing to say.
std::string CustomValue(
    CustomField field, const pypi::IndexFile& file,
    const std::optional<std::vector<std::string>>& requires_dist) {
  switch (field) {
    case CustomField::kRequiresDist:
      return requires_dist ? CustomList(*requires_dist) : std::string();
    case CustomField::kRequiresPython:
      return file.requires_python.empty() ? std::string()
                                          : CustomString(file.requires_python);
    case CustomField::kUploadTime:
      return file.upload_time ? CustomString(CustomTime(*file.upload_time))
                              : std::string();
    case CustomField::kYanked:
      if (!file.yanked) return std::string();
      return file.yanked->empty() ? "true" : CustomString(*file.yanked);
  }
  return std::string();
}

}  // namespace

std::string_view CustomFieldName(CustomField field) {
  switch (field) {
    case CustomField::kRequiresDist:
      return "requires-dist";
    case CustomField::kRequiresPython:
      return "requires-python";
    case CustomField::kUploadTime:
      return "upload-time";
    case CustomField::kYanked:
      return "yanked";
  }
  return "";
}

absl::StatusOr<CustomField> ParseCustomField(std::string_view name) {
  for (const CustomField field : kCustomFields) {
    if (name == CustomFieldName(field)) return field;
  }
  return MakeFailure(
      Failure::kUsage,
      fmt::format("expected requires-dist, requires-python, upload-time or "
                  "yanked, got '{}'",
                  Printable(name)));
}

std::string CustomOf(
    const pypi::IndexFile& file,
    const std::optional<std::vector<std::string>>& requires_dist,
    const CustomFields& fields) {
  std::string custom;
  for (const CustomField field : fields) {
    const std::string value = CustomValue(field, file, requires_dist);
    if (!value.empty()) AppendCustomMember(field, value, custom);
  }
  return custom.empty() ? custom : custom + "}";
}

}  // namespace tufmirror::repo
