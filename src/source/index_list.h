// The list of projects of a plain index: asked for with the ETag of last time,
// and compared with what is known.
#ifndef TUFMIRROR_SRC_SOURCE_INDEX_LIST_H_
#define TUFMIRROR_SRC_SOURCE_INDEX_LIST_H_

#include <vector>

#include "absl/status/statusor.h"
#include "source/index_work.h"
#include "tufmirror/http/transfers.h"

namespace tufmirror::source {

// The pages that have to be asked for, by the list: new ones, those whose
// serial differs, and all if the list has no serials. Marks in the table who is
// absent from the list. Fails if there is no list to be had.
absl::StatusOr<std::vector<PageQuestion>> AskList(IndexWork& work,
                                                  http::Transfers& transfers);

}  // namespace tufmirror::source

#endif  // TUFMIRROR_SRC_SOURCE_INDEX_LIST_H_
