// Makes the standby tree what the live tree is.
#ifndef TUFMIRROR_SRC_TREE_LEVELING_H_
#define TUFMIRROR_SRC_TREE_LEVELING_H_

#include "absl/status/status.h"
#include "tufmirror/tree/home.h"

namespace tufmirror::tree {

// Makes every journaled path of the standby tree what the live tree has, or
// every path if the journal is damaged or missing though `journal_expected`.
// What it changed is on disk when it returns OK. Idempotent.
enum class JournalExpected { kNo, kYes };
absl::Status LevelStandby(const Home& home, TreeSide live,
                          JournalExpected expected);

}  // namespace tufmirror::tree

#endif  // TUFMIRROR_SRC_TREE_LEVELING_H_
