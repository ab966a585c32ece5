// Everything a TrustedMetadataSet trusts, as one comparable value: tests take
// it before an attack and compare after the refusal.
#ifndef TUFMIRROR_TESTS_TUF_TRUST_STATE_H_
#define TUFMIRROR_TESTS_TUF_TRUST_STATE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tufmirror/tuf/trusted_metadata_set.h"

namespace tufmirror::testing {

struct TrustState {
  std::string root, timestamp, snapshot, targets;  // canonical forms
  bool snapshot_is_current = false;
  friend bool operator==(const TrustState&, const TrustState&) = default;
};

inline TrustState StateOf(const tuf::TrustedMetadataSet& set) {
  TrustState state;
  state.root = tuf::CanonicalForm(*set.root());
  if (set.timestamp()) state.timestamp = tuf::CanonicalForm(**set.timestamp());
  if (set.snapshot()) state.snapshot = tuf::CanonicalForm(**set.snapshot());
  if (set.targets()) state.targets = tuf::CanonicalForm(**set.targets());
  state.snapshot_is_current = set.snapshot() && set.SnapshotIsCurrent();
  return state;
}

// Expects set.call to fail as `matcher` says, and the state to stay as it was.
#define EXPECT_REFUSED(set, call, matcher)                       \
  do {                                                           \
    const ::tufmirror::testing::TrustState state_before_ =       \
        ::tufmirror::testing::StateOf(set);                      \
    EXPECT_THAT((set).call, matcher);                            \
    EXPECT_EQ(::tufmirror::testing::StateOf(set), state_before_) \
        << "the refusal changed what is trusted";                \
  } while (false)

}  // namespace tufmirror::testing

#endif  // TUFMIRROR_TESTS_TUF_TRUST_STATE_H_
