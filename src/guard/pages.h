// Project pages that cannot be passed on as they are: links that lead past the
// guard, files that the policy refuses. The bytes that come in are verified.
#ifndef TUFMIRROR_SRC_GUARD_PAGES_H_
#define TUFMIRROR_SRC_GUARD_PAGES_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/pypi/names.h"
#include "tufmirror/pypi/upstream_page.h"

namespace tufmirror::guard {

enum class PageFormat { kJson, kHtml };

// False if every link of the page certainly stays below the guard, whatever it
// is: only then the page need not be looked into.
bool MayLeadElsewhere(std::string_view page);

absl::StatusOr<pypi::UpstreamPage> ParsePage(std::string_view page,
                                             PageFormat format);

// Replaces the links of `page`, the page of `project`, by ones relative to it:
// those below one of `mirrors` (base URLs) become ones of the guard. Removes
// files whose link leads elsewhere, and gives their names.
std::vector<std::string> KeepOwnLinks(const pypi::ProjectName& project,
                                      const std::vector<std::string>& mirrors,
                                      pypi::UpstreamPage& page);

// Removes the files whose entry of `verdicts` is not OK.
void RemoveRefused(const std::vector<absl::Status>& verdicts,
                   pypi::UpstreamPage& page);

// The page with what is left. Files without a sha256 are left out, in JSON also
// those of unknown size: there is no way to write them.
std::string RenderPage(const pypi::ProjectName& project,
                       const pypi::UpstreamPage& page, PageFormat format);

}  // namespace tufmirror::guard

#endif  // TUFMIRROR_SRC_GUARD_PAGES_H_
