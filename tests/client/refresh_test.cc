// What a refresh asks for, in which order, and what is on disk afterwards.
#include "tufmirror/client/refresh.h"

#include "client/client_fixture.h"

namespace tufmirror::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Key;
using ::testing::UnorderedElementsAre;
using tuf::TopLevelRole;

class RefreshTest : public ClientTest {};

TEST_F(RefreshTest, AsksForTheRolesInTheOrderOfTheSpecification) {
  Start();
  ASSERT_OK_AND_ASSIGN(const auto trusted, Refresh());
  EXPECT_THAT(
      Asked(),
      ElementsAre("/metadata/2.root.json", "/metadata/timestamp.json",
                  "/metadata/1.snapshot.json", "/metadata/1.targets.json"));
  EXPECT_EQ((*trusted.targets())->version, 1);
}

TEST_F(RefreshTest, KeepsTheReceivedBytesAndNothingElse) {
  Start();
  ASSERT_THAT(Refresh(), IsOk());
  EXPECT_THAT(Local(),
              UnorderedElementsAre(Key("root.json"), Key("timestamp.json"),
                                   Key("snapshot.json"), Key("targets.json")));
  EXPECT_EQ(Stored("timestamp.json"), repository.Raw("timestamp").bytes);
  EXPECT_EQ(Stored("snapshot.json"), repository.Raw("snapshot").bytes);
  EXPECT_EQ(Stored("targets.json"), repository.Raw("targets").bytes);
}

// Unknown fields, another order and spaces: verified, and kept as they came.
TEST_F(RefreshTest, KeepsBytesThatNobodyHereWouldWrite) {
  Start();
  const std::string odd = "\n" +
                          repository
                              .RawEdited("timestamp", "\"_type\"",
                                         "\"x-future\" : [1, null], \"_type\"")
                              .bytes +
                          "\n";
  server.Serve("/metadata/timestamp.json", odd);
  ASSERT_THAT(Refresh(), IsOk());
  EXPECT_EQ(Stored("timestamp.json"), odd);
}

TEST_F(RefreshTest, SecondRefreshAsksExactlyForTheNextRootAndTheTimestamp) {
  Start();
  ASSERT_THAT(Refresh(), IsOk());
  const auto before = Local();
  ASSERT_THAT(Refresh(), IsOk());
  EXPECT_THAT(Asked(),
              ElementsAre("/metadata/2.root.json", "/metadata/timestamp.json"));
  EXPECT_EQ(Local(), before);
}

TEST_F(RefreshTest, EqualTimestampIsNoNews) {
  Start();
  ASSERT_THAT(Refresh(), IsOk());
  const std::string first = Stored("timestamp.json");
  // The same version, good signatures, other bytes.
  repository.timestamp.expires += absl::Hours(1);
  server.Serve("/metadata/timestamp.json", repository.Raw("timestamp").bytes);
  ASSERT_THAT(Refresh(), IsOk());
  EXPECT_EQ(Stored("timestamp.json"), first);
}

TEST_F(RefreshTest, EqualTimestampDoesNotMeanThatTheRestIsThere) {
  Start();
  ASSERT_THAT(Refresh(), IsOk());
  ASSERT_THAT(fs::Remove(metadata() + "/targets.json"), IsOk());
  ASSERT_THAT(fs::Remove(metadata() + "/snapshot.json"), IsOk());
  ASSERT_THAT(Refresh(), IsOk());
  EXPECT_THAT(
      Asked(),
      ElementsAre("/metadata/2.root.json", "/metadata/timestamp.json",
                  "/metadata/1.snapshot.json", "/metadata/1.targets.json"));
}

TEST_F(RefreshTest, LocalSnapshotIsUsedWhenOnlyTheTimestampIsNew) {
  Start();
  ASSERT_THAT(Refresh(), IsOk());
  repository.timestamp.version = 2;
  repository.Write();
  Serve();
  ASSERT_THAT(Refresh(), IsOk());
  EXPECT_THAT(Asked(),
              ElementsAre("/metadata/2.root.json", "/metadata/timestamp.json"));
  EXPECT_EQ(Stored("timestamp.json"), repository.Raw("timestamp").bytes);
}

TEST_F(RefreshTest, LocalTargetsAreUsedWhenOnlyTheSnapshotIsNew) {
  Start();
  ASSERT_THAT(Refresh(), IsOk());
  repository.snapshot.version = 2;
  repository.Publish();
  Serve();
  ASSERT_THAT(Refresh(), IsOk());
  EXPECT_THAT(Asked(),
              ElementsAre("/metadata/2.root.json", "/metadata/timestamp.json",
                          "/metadata/2.snapshot.json"));
}

TEST_F(RefreshTest, NamesHaveNoVersionWithoutConsistentSnapshot) {
  repository.root.consistent_snapshot = false;
  Start();
  ASSERT_THAT(Refresh(), IsOk());
  EXPECT_THAT(Asked(),
              ElementsAre("/metadata/2.root.json", "/metadata/timestamp.json",
                          "/metadata/snapshot.json", "/metadata/targets.json"));
}

TEST_F(RefreshTest, FailsWithoutATrustedRootAndAsksNothing) {
  Publish();
  EXPECT_THAT(Refresh(), FailsWith(Failure::kNotFound, "trusted root"));
  EXPECT_THAT(Asked(), ElementsAre());
  EXPECT_TRUE(Local().empty());
}

TEST_F(RefreshTest, FailsWithATornTrustedRootAndAsksNothing) {
  Start();
  const std::string root = repository.Raw("root").bytes;
  StoreBytes("root.json", root.substr(0, root.size() / 2));
  EXPECT_THAT(Refresh(), FailsWith(Failure::kMalformed, "trusted root"));
  EXPECT_THAT(Asked(), ElementsAre());
}

class BadLocalFile : public ClientTest,
                     public ::testing::WithParamInterface<const char*> {};

TEST_P(BadLocalFile, IsFetchedAgain) {
  const std::string name = GetParam();
  Start();
  ASSERT_THAT(Refresh(), IsOk());
  const auto good = Local();
  for (const std::string& bad :
       {std::string(), std::string("null"), std::string("\0\xFF", 2),
        good.at(name).substr(0, good.at(name).size() - 20),
        good.at("root.json")}) {
    StoreBytes(name, bad);
    EXPECT_THAT(Refresh(), IsOk());
    EXPECT_EQ(Local(), good) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Client, BadLocalFile,
                         ::testing::Values("timestamp.json", "snapshot.json",
                                           "targets.json"),
                         [](const auto& test) {
                           const std::string name = test.param;
                           return name.substr(0, name.find('.'));
                         });

// A directory in the place of a file cannot be read either, and here not even
// replaced: an error, no crash.
TEST_F(RefreshTest, SaysSoWhenVerifiedMetadataCannotBeSaved) {
  Start();
  ASSERT_THAT(fs::MakeDirectories(metadata() + "/snapshot.json/x", 0755),
              IsOk());
  EXPECT_THAT(Refresh(), FailsWith(Failure::kFileSystem, "snapshot.json"));
}

// Fast-forward (TUF 5.3.11): thieves of the timestamp and snapshot keys publish
// the highest versions; new keys make the honest, lower ones acceptable.
TEST_F(RefreshTest, RecoversFromAFastForwardOverTwoRefreshes) {
  repository.timestamp.version = INT64_MAX;
  repository.snapshot.version = INT64_MAX;
  Start();
  ASSERT_THAT(Refresh(), IsOk());

  repository.RotateKey(TopLevelRole::kTimestamp);
  repository.RotateKey(TopLevelRole::kSnapshot);
  repository.PublishRoot();
  repository.timestamp.version = 2;
  repository.snapshot.version = 2;
  repository.UpdateTimestampMeta();
  repository.Write();
  Serve();
  ASSERT_OK_AND_ASSIGN(const auto recovered, Refresh());
  EXPECT_EQ((*recovered.timestamp())->version, 2);
  EXPECT_EQ(Stored("timestamp.json"), repository.Raw("timestamp").bytes);
  EXPECT_EQ(Stored("snapshot.json"), repository.Raw("snapshot").bytes);

  repository.AddTarget("targets", "x", "content");
  Publish();
  ASSERT_OK_AND_ASSIGN(const auto next, Refresh());
  EXPECT_EQ((*next.snapshot())->version, 3);
  EXPECT_THAT(
      Asked(),
      ElementsAre("/metadata/3.root.json", "/metadata/timestamp.json",
                  "/metadata/3.snapshot.json", "/metadata/2.targets.json"));
}

// The keys stay, so the versions must not go down.
TEST_F(RefreshTest, FastForwardWithoutNewKeysStaysARollback) {
  repository.timestamp.version = INT64_MAX;
  Start();
  ASSERT_THAT(Refresh(), IsOk());
  const auto before = Local();
  repository.timestamp.version = 2;
  repository.Write();
  Serve();
  EXPECT_THAT(Refresh(), FailsWith(Failure::kRollback, "timestamp"));
  EXPECT_EQ(Local(), before);
}

}  // namespace
}  // namespace tufmirror::testing
