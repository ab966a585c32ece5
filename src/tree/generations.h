// state/generation.json: which complete generation each of the trees holds.
#ifndef TUFMIRROR_SRC_TREE_GENERATIONS_H_
#define TUFMIRROR_SRC_TREE_GENERATIONS_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tufmirror/tree/layout.h"
#include "tufmirror/tree/publisher.h"

namespace tufmirror::tree {

// A tree without an entry holds no complete generation. The entry of a tree is
// gone from the disk before the tree is changed, and written after the tree is
// on disk again: so it is true after a crash at any line.
struct Generations {
  std::optional<GenerationInfo> a;
  std::optional<GenerationInfo> b;

  std::optional<GenerationInfo>& of(TreeSide side) {
    return side == TreeSide::kA ? a : b;
  }
};

// Without entries if there is no file; kMalformed if it is damaged.
absl::StatusOr<Generations> LoadGenerations(const Layout& layout);
// Durably.
absl::Status SaveGenerations(const Layout& layout,
                             const Generations& generations);

std::string RenderGenerations(const Generations& generations);
absl::StatusOr<Generations> ParseGenerations(std::string_view text);

}  // namespace tufmirror::tree

#endif  // TUFMIRROR_SRC_TREE_GENERATIONS_H_
