// Bad metadata at every role: refused, nothing of it on disk, bounded in bytes.
#include "client/client_fixture.h"

namespace tufmirror::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Not;
using tuf::TopLevelRole;

class RefusalTest : public ClientTest {
 protected:
  // A refreshed client, and then a second release that it has not seen.
  void StartWithNews() {
    repository.snapshot_detail = MetaDetail::kLengthAndDigests;
    Start();
    ASSERT_THAT(Refresh(), IsOk());
    repository.AddTarget("targets", "x", "content");
    repository.RotateKey(TopLevelRole::kRoot);
    PublishRoot();
    Publish();
    before_ = Local();
  }
  // What is local now, but the files in `accepted` as they were before.
  std::map<std::string, std::string> LocalBut(
      const std::vector<std::string>& accepted) {
    auto local = Local();
    for (const std::string& name : accepted) {
      EXPECT_NE(local[name], before_[name]) << name;
      local[name] = before_[name];
    }
    return local;
  }
  std::map<std::string, std::string> before_;
};

struct Role {
  const char* name;
  const char* file;                   // on the server, of the second release
  std::vector<std::string> accepted;  // files verified before it
};

const Role kRoles[] = {
    {"root", "2.root.json", {}},
    {"timestamp", "timestamp.json", {"root.json"}},
    {"snapshot", "2.snapshot.json", {"root.json", "timestamp.json"}},
    {"targets",
     "2.targets.json",
     {"root.json", "timestamp.json", "snapshot.json"}},
};

class EveryRole : public RefusalTest,
                  public ::testing::WithParamInterface<Role> {
 protected:
  std::string Path() const {
    return "/metadata/" + std::string(GetParam().file);
  }
  void ExpectNothingLearned() {
    EXPECT_EQ(LocalBut(GetParam().accepted), before_);
  }
};

TEST_P(EveryRole, EndlessDataIsCutOff) {
  limits.root = limits.timestamp = limits.snapshot = limits.targets = 100'000;
  StartWithNews();
  server.Inject(Path(), Fault::Endless(), kEveryTime);
  EXPECT_THAT(Refresh(), FailsWith(Failure::kTooLarge, GetParam().name));
  ExpectNothingLearned();
}

TEST_P(EveryRole, TruncatedMetadataIsNotKept) {
  StartWithNews();
  server.Inject(Path(), Fault::Truncate(40), kEveryTime);
  EXPECT_THAT(Refresh(), Not(IsOk()));
  ExpectNothingLearned();
}

TEST_P(EveryRole, ForeignBytesAreNotKept) {
  StartWithNews();
  server.Inject(Path(), Fault::WrongBytes(), kEveryTime);
  EXPECT_THAT(Refresh(), Not(IsOk()));
  ExpectNothingLearned();
}

TEST_P(EveryRole, MetadataSignedByAStrangerIsNotKept) {
  repository.timestamp_detail = MetaDetail::kVersionOnly;
  StartWithNews();
  const auto forged = repository.RawSignedBy(GetParam().name, {NewKey()});
  server.Serve(Path(), forged.bytes);
  EXPECT_THAT(Refresh(), Not(IsOk()));
  ExpectNothingLearned();
}

// An attacker who redirects to a file of this machine, here even the right one.
TEST_P(EveryRole, RedirectToAFileIsNotFollowed) {
  StartWithNews();
  const std::string path =
      directory.Write("right.json", repository.files().at(Path().substr(1)));
  server.Inject(Path(), Fault::Redirect("file://" + path), kEveryTime);
  EXPECT_THAT(Refresh(), Not(IsOk()));
  ExpectNothingLearned();
}

TEST_P(EveryRole, ServerErrorIsAnError) {
  StartWithNews();
  server.Inject(Path(), Fault::Status(500), kEveryTime);
  EXPECT_THAT(Refresh(), FailsWith(Failure::kHttpStatus, GetParam().name));
  ExpectNothingLearned();
}

INSTANTIATE_TEST_SUITE_P(Client, EveryRole, ::testing::ValuesIn(kRoles),
                         [](const auto& test) { return test.param.name; });

// The length that the parent lists is the cap, however high the general one is.
class ListedLength : public EveryRole {};
TEST_P(ListedLength, OneByteMoreIsRefused) {
  StartWithNews();
  server.Inject(Path(), Fault::Oversize(1), kEveryTime);
  EXPECT_THAT(Refresh(), FailsWith(Failure::kTooLarge, GetParam().name));
  ExpectNothingLearned();
}
TEST_P(ListedLength, OneByteLessIsRefused) {
  StartWithNews();
  std::string bytes = repository.files().at(Path().substr(1));
  bytes.pop_back();
  server.Serve(Path(), bytes);
  EXPECT_THAT(Refresh(), FailsWith(Failure::kLength, GetParam().name));
  ExpectNothingLearned();
}
TEST_P(ListedLength, OtherBytesOfThatLengthAreRefused) {
  StartWithNews();
  server.Inject(Path(), Fault::WrongBytes(), kEveryTime);
  EXPECT_THAT(Refresh(), FailsWith(Failure::kDigest, GetParam().name));
  ExpectNothingLearned();
}
INSTANTIATE_TEST_SUITE_P(Client, ListedLength,
                         ::testing::Values(kRoles[2], kRoles[3]),
                         [](const auto& test) { return test.param.name; });

TEST_F(RefusalTest, AListedLengthDoesNotLiftTheCap) {
  StartWithNews();
  limits.targets = 100;
  EXPECT_THAT(Refresh(), FailsWith(Failure::kTooLarge, "targets"));
  EXPECT_EQ(Stored("targets.json"), before_["targets.json"]);
}

TEST_F(RefusalTest, ExpiredTimestampIsAFreezeAndNotKept) {
  StartWithNews();
  repository.timestamp.expires = now;
  repository.Write();
  Serve();
  EXPECT_THAT(Refresh(), FailsWith(Failure::kExpired, "timestamp"));
  EXPECT_EQ(LocalBut({"root.json"}), before_);
}

TEST_F(RefusalTest, ReplayedTimestampIsARollbackAndNotKept) {
  Start();
  const std::string old = repository.Raw("timestamp").bytes;
  repository.AddTarget("targets", "x", "content");
  Publish();
  ASSERT_THAT(Refresh(), IsOk());
  before_ = Local();
  server.Serve("/metadata/timestamp.json", old);
  EXPECT_THAT(Refresh(), FailsWith(Failure::kRollback, "timestamp"));
  EXPECT_EQ(Local(), before_);
}

// Its own version goes up, what it lists goes down: nothing of it may be kept.
TEST_F(RefusalTest, TimestampWithALowerSnapshotIsNotKept) {
  repository.snapshot.version = 5;
  Start();
  ASSERT_THAT(Refresh(), IsOk());
  before_ = Local();
  repository.snapshot.version = 4;
  repository.timestamp.version = 2;
  repository.UpdateTimestampMeta();
  repository.Write();
  Serve();
  EXPECT_THAT(Refresh(), FailsWith(Failure::kRollback, "snapshot"));
  EXPECT_EQ(Local(), before_);
}

TEST_F(RefusalTest, SnapshotThatRollsTargetsBackIsNotKept) {
  repository.targets.version = 5;
  Start();
  ASSERT_THAT(Refresh(), IsOk());
  before_ = Local();
  repository.targets.version = 4;
  repository.snapshot.version = 2;
  repository.timestamp.version = 2;
  repository.UpdateSnapshotMeta();
  repository.UpdateTimestampMeta();
  repository.Write();
  Serve();
  EXPECT_THAT(Refresh(), FailsWith(Failure::kRollback, "targets"));
  EXPECT_EQ(LocalBut({"timestamp.json"}), before_);
}

// An expired local snapshot is still the measure of what is a rollback.
TEST_F(RefusalTest, ExpiredLocalCopiesStillProtectFromRollback) {
  repository.targets.version = 5;
  repository.snapshot.expires = now + absl::Hours(1);
  repository.timestamp.expires = now + absl::Hours(1);
  Start();
  ASSERT_THAT(Refresh(), IsOk());
  now += absl::Hours(2);
  repository.targets.version = 4;
  for (tuf::Common* role : {static_cast<tuf::Common*>(&repository.snapshot),
                            static_cast<tuf::Common*>(&repository.timestamp)}) {
    role->version = 2;
    role->expires = now + absl::Hours(1);
  }
  repository.UpdateSnapshotMeta();
  repository.UpdateTimestampMeta();
  repository.Write();
  Serve();
  EXPECT_THAT(Refresh(), FailsWith(Failure::kRollback, "targets"));
}

// Mix and match: a snapshot of one release with the timestamp of another.
TEST_F(RefusalTest, SnapshotOfAnotherReleaseIsNotKept) {
  repository.timestamp_detail = MetaDetail::kVersionOnly;
  StartWithNews();
  server.Serve("/metadata/2.snapshot.json",
               repository.files().at("metadata/1.snapshot.json"));
  EXPECT_THAT(Refresh(), Not(IsOk()));
  EXPECT_EQ(LocalBut({"root.json", "timestamp.json"}), before_);
}

}  // namespace
}  // namespace tufmirror::testing
