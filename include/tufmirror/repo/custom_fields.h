// What an origin says of a distribution in its TUF metadata, besides length
// and digest: a client can choose among files without reading any page.
//
// The "custom" of a target is an object with a member for each field that is
// asked for and known of the file:
//   "requires-dist"    array of strings, the Requires-Dist lines as written
//   "requires-python"  string, as written
//   "upload-time"      string, as on the page (PEP 700)
//   "yanked"           true, or the reason, a string
#ifndef TUFMIRROR_REPO_CUSTOM_FIELDS_H_
#define TUFMIRROR_REPO_CUSTOM_FIELDS_H_

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "tufmirror/pypi/simple_index.h"

namespace tufmirror::repo {

enum class CustomField { kRequiresDist, kRequiresPython, kUploadTime, kYanked };
using CustomFields = std::set<CustomField>;

std::string_view CustomFieldName(CustomField field);
// kUsage if there is none of that name.
absl::StatusOr<CustomField> ParseCustomField(std::string_view name);

// The value of "custom" for `file`, canonical JSON; empty if there is nothing
// to say. `requires_dist` is nullopt where it is not known.
std::string CustomOf(
    const pypi::IndexFile& file,
    const std::optional<std::vector<std::string>>& requires_dist,
    const CustomFields& fields);

}  // namespace tufmirror::repo

#endif  // TUFMIRROR_REPO_CUSTOM_FIELDS_H_
