// A publication of a ceremony that is killed before a change it makes to the
// file system: readers see the old or the new state, whole, and publishing the
// same candidate again completes it, or finds that it is published.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "support/syscall_killer.h"
#include "sync/ceremony_origin.h"

namespace tufmirror::sync {
namespace {

using testing::IsOk;
using testing::RunKilledAtChange;
using testing::TracedRun;

constexpr int kCeremonyStride = 4;

class CeremonyCrashTest : public testing::CeremonyOrigin {
 protected:
  // The home as it was when the candidate was signed; hard links stay links.
  void Restore() {
    std::filesystem::remove_all(init_.home);
    const std::string command =
        "cp -a '" + dir_.Join("template") + "' '" + init_.home + "'";
    ASSERT_EQ(system(command.c_str()), 0);
  }
};

TEST_F(CeremonyCrashTest, ReadersAreServedAndTheCandidateCanBePublishedAgain) {
  repo::CeremonyChanges changes;
  changes.remove = {{"online", Key("online").keyid()}};
  changes.add = {{"online", NewKey("fresh").key()}};
  repo::Candidate candidate = Begin(changes);
  Sign(candidate, {"root-1", "root-2", "bins"});
  config_.origin.online_key = keys_.at("fresh");
  const std::string reader = NewReader();
  std::filesystem::rename(init_.home, dir_.Join("template"));
  bool finished = false;
  for (int nth = 1; !finished && !HasFailure(); nth += kCeremonyStride) {
    Restore();
    const TracedRun run =
        RunKilledAtChange(nth, [&] { return Publish(candidate).ok() ? 0 : 1; });
    finished = run.finished;
    SCOPED_TRACE(run.killed_before.call + " " + run.killed_before.path);
    EXPECT_THAT(LookFrom(reader), IsOk());
    const auto again = Publish(candidate);
    if (!finished) {
      EXPECT_THAT(again, IsOk());
    } else {
      EXPECT_THAT(again,
                  testing::FailsWith(Failure::kVersion, "published already"));
    }
    EXPECT_FALSE(ReadOpenCeremony(home_->layout())->has_value());
    EXPECT_TRUE(LiveHas("metadata/2.root.json"));
    EXPECT_THAT(LookFrom(reader), IsOk());
  }
}

// The last change of all is the removal of the note.
TEST_F(CeremonyCrashTest, WhatIsLiveAlreadyIsClosedByPublishingItAgain) {
  repo::Candidate candidate = BeginRenewal("root");
  Sign(candidate, {"root-1", "root-2"});
  const std::string note = home_->layout().open_ceremony();
  const std::string kept = dir_.Join("note");
  std::filesystem::copy_file(note, kept);
  ASSERT_OK_AND_ASSIGN(const PublishedCeremony first, Publish(candidate));
  EXPECT_FALSE(first.by_earlier_try);
  std::filesystem::copy_file(kept, note);
  ASSERT_OK_AND_ASSIGN(const PublishedCeremony again, Publish(candidate));
  EXPECT_TRUE(again.by_earlier_try);
  EXPECT_EQ(again.generation, first.generation);
  EXPECT_EQ(again.offline_roles, first.offline_roles);
  EXPECT_EQ(Live().number, first.generation);
  EXPECT_FALSE(std::filesystem::exists(note));
  BeginRenewal("bins");
}

// Its note is of another one: that stays open.
TEST_F(CeremonyCrashTest, WhatWasPublishedBeforeClosesNoOtherCeremony) {
  repo::Candidate candidate = BeginRenewal("root");
  Sign(candidate, {"root-1", "root-2"});
  ASSERT_THAT(Publish(candidate), IsOk());
  const repo::Candidate other = BeginRenewal("bins");
  EXPECT_THAT(Publish(candidate),
              testing::FailsWith(Failure::kVersion, "published already"));
  EXPECT_EQ((*ReadOpenCeremony(home_->layout()))->id, other.id());
}

}  // namespace
}  // namespace tufmirror::sync
