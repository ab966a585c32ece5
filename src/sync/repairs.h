// What a verification found that a run can mend.
#ifndef TUFMIRROR_SYNC_REPAIRS_H_
#define TUFMIRROR_SYNC_REPAIRS_H_

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tufmirror/base/target_path.h"

namespace tufmirror::sync {

struct Repairs {
  // Why no metadata of the live tree is to be relied on; OK if all of it is
  // good.
  absl::Status metadata;
  std::set<std::string> targets;    // with a missing or damaged file
  std::vector<TargetPath> orphans;  // of a tree or packages/, to be removed

  bool empty() const {
    return metadata.ok() && targets.empty() && orphans.empty();
  }
};

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_REPAIRS_H_
