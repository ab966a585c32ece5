// A repository with a delegation chain targets -> alice -> bob, and sets that
// trust it up to some point. Shared by the tests of targets and of delegated
// roles.
#ifndef TUFMIRROR_TESTS_TUF_TRUSTED_SET_FIXTURE_H_
#define TUFMIRROR_TESTS_TUF_TRUSTED_SET_FIXTURE_H_

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/repository_fixture.h"
#include "support/status_matchers.h"
#include "tufmirror/tuf/trusted_metadata_set.h"

namespace tufmirror::testing {

// A version below the one asked for may be called either name.
inline ::testing::Matcher<const absl::Status&> WrongVersion(const char* role,
                                                            bool lower) {
  if (!lower) return FailsWith(Failure::kVersion, role);
  return ::testing::AnyOf(FailsWith(Failure::kVersion, role),
                          FailsWith(Failure::kRollback, role));
}

class TrustedSetFixture : public ::testing::Test {
 protected:
  TrustedSetFixture() {
    repository_.Delegate("targets", "alice", {"a/*"});
    repository_.Delegate("alice", "bob", {"a/b*"});
    repository_.AddTarget("alice", "a/x", "content");
    repository_.targets.version = 4;
    repository_.delegated["alice"].version = 7;
    Refer();
  }
  // Makes snapshot and timestamp refer to what there is.
  void Refer() {
    repository_.UpdateSnapshotMeta();
    repository_.UpdateTimestampMeta();
  }
  // Trusts all up to the snapshot.
  tuf::TrustedMetadataSet Trust() {
    tuf::TrustedMetadataSet set =
        tuf::TrustedMetadataSet::Create(repository_.Raw("root"),
                                        RepositoryFixture::now())
            .value();
    EXPECT_THAT(set.UpdateTimestamp(repository_.Raw("timestamp")), IsOk());
    EXPECT_THAT(set.UpdateSnapshot(repository_.Raw("snapshot")), IsOk());
    return set;
  }
  tuf::TrustedMetadataSet TrustTargets() {
    tuf::TrustedMetadataSet set = Trust();
    EXPECT_THAT(set.UpdateTargets(repository_.Raw("targets")), IsOk());
    return set;
  }
  RepositoryFixture repository_;
};

}  // namespace tufmirror::testing

#endif  // TUFMIRROR_TESTS_TUF_TRUSTED_SET_FIXTURE_H_
