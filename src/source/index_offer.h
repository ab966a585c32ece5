// A page and the verdict on it, as the origin sees them: pure.
#ifndef TUFMIRROR_SRC_SOURCE_INDEX_OFFER_H_
#define TUFMIRROR_SRC_SOURCE_INDEX_OFFER_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "tufmirror/pypi/names.h"
#include "tufmirror/pypi/upstream_page.h"
#include "tufmirror/select/selection.h"
#include "tufmirror/source/origin_source.h"

namespace tufmirror::source {

struct OfferRules {
  bool allow_unhashed = false;
  uint64_t max_file_size = 0;  // bytes, 0: none
  bool provenance = false;     // offered too
};

struct MappedOffer {
  ProjectOffer offer;
  std::vector<Problem> problems;  // "<project>: <filename>"
};

// What `page`, found at `page_url`, offers of `project`: the files that
// `verdict` selects and that can be published.
MappedOffer MapOffer(const pypi::ProjectName& project,
                     const pypi::UpstreamPage& page, std::string_view page_url,
                     const select::PageVerdict& verdict,
                     const OfferRules& rules);

}  // namespace tufmirror::source

#endif  // TUFMIRROR_SRC_SOURCE_INDEX_OFFER_H_
