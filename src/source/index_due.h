// Which known pages are looked at again though no list says that they changed.
#ifndef TUFMIRROR_SRC_SOURCE_INDEX_DUE_H_
#define TUFMIRROR_SRC_SOURCE_INDEX_DUE_H_

#include <vector>

#include "absl/status/status.h"
#include "source/index_work.h"

namespace tufmirror::source {

// Adds to `questions` (which the list asks for already): what could not be had
// last time, who may be gone, whose verdict changes with time, all without a
// serial to go by, projects that are named and unknown; and, in turn, some of
// those absent from the list and of all others, from where `cursors` say on.
// Adds to work.changed who is not published as it should be, as far as that is
// known without a page.
absl::Status AddDue(IndexWork& work, IndexCursors& cursors,
                    std::vector<PageQuestion>& questions);

}  // namespace tufmirror::source

#endif  // TUFMIRROR_SRC_SOURCE_INDEX_DUE_H_
