// status.json: what a tree says of itself, to people, monitors and to the next
// run. Part of the generation, so it changes with it.
#ifndef TUFMIRROR_SYNC_TREE_STATUS_H_
#define TUFMIRROR_SYNC_TREE_STATUS_H_

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace tufmirror::sync {

struct TreeStatus {
  std::string kind;  // "origin" or "replica"
  uint64_t generation = 0;
  absl::Time published;
  uint64_t targets = 0;
  uint64_t target_bytes = 0;
  // Roles that have delegations of their own ("targets" apart): what a replica
  // must load to walk its delegations. Derived from verified metadata.
  std::set<std::string, std::less<>> delegating_roles;
};

std::string ToJson(const TreeStatus& status);
// kMalformed if `text` is not what ToJson makes.
absl::StatusOr<TreeStatus> ParseTreeStatus(std::string_view text);

// The text of the file last-modified, as PEP 381 mirrors have it.
std::string LastModifiedText(absl::Time published);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_TREE_STATUS_H_
