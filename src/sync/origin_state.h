// What an origin remembers from one run to the next, besides its tree.
#ifndef TUFMIRROR_SYNC_ORIGIN_STATE_H_
#define TUFMIRROR_SYNC_ORIGIN_STATE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/repo/custom_fields.h"
#include "tufmirror/repo/editor.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::sync {

// Losing it costs time and the memory of rolled back versions, no more.
struct OriginState {
  // The highest version that was ever about to be published. Written before
  // the publication: a version that readers saw, and that was rolled back
  // then, is never given to other bytes.
  int64_t highest_version = 0;
  // What the online key signed with a lower version is to be signed again:
  // readers have seen higher ones, from before this home was restored.
  int64_t least_version = 1;
  // Timestamp version of the generation that the scan index was saved for. If
  // another generation is live (a rollback, a crash), the index says nothing
  // about it, and every project is compared.
  int64_t indexed_version = 0;
  repo::BinStates bins;
  // What the metadata say of each distribution, see CustomFieldsText.
  std::string custom_fields;

  friend bool operator==(const OriginState&, const OriginState&) = default;
};

std::string RenderOriginState(const OriginState& state);
// Lines that do not parse are passed over.
OriginState ParseOriginState(std::string_view text);

// One word for `fields`, to be compared with that of the last run. `before` is
// that of the last run: no fields are another state than never any.
std::string CustomFieldsText(const repo::CustomFields& fields,
                             std::string_view before);

// Empty if there is none.
absl::StatusOr<OriginState> LoadOriginState(const tree::Layout& layout);
// Durably.
absl::Status SaveOriginState(const tree::Layout& layout,
                             const OriginState& state);

}  // namespace tufmirror::sync

#endif  // TUFMIRROR_SYNC_ORIGIN_STATE_H_
