// The root chain over a network (TUF 5.3): where it ends, what is an error, and
// that every verified step is kept.
#include <memory>

#include "client/client_fixture.h"

namespace tufmirror::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Key;
using tuf::TopLevelRole;

class RootChainTest : public ClientTest {
 protected:
  // Root versions up to `last`, each with a new root key.
  void PublishRootsUpTo(int64_t last) {
    while (repository.root.version < last) {
      repository.RotateKey(TopLevelRole::kRoot);
      PublishRoot();
    }
  }
  std::string Root(int64_t version) {
    return repository.files().at("metadata/" + std::to_string(version) +
                                 ".root.json");
  }
};

TEST_F(RootChainTest, FollowsEveryStepToTheLast) {
  Start();
  PublishRootsUpTo(4);
  ASSERT_OK_AND_ASSIGN(const auto trusted, Refresh());
  EXPECT_EQ(trusted.root()->version, 4);
  EXPECT_EQ(server.CountRequests("/metadata/5.root.json"), 1u);
  EXPECT_EQ(Stored("root.json"), Root(4));
}

class ChainEnd : public RootChainTest,
                 public ::testing::WithParamInterface<int> {};
TEST_P(ChainEnd, IsTheLatestRoot) {
  Start();
  server.Inject("/metadata/2.root.json", Fault::Status(GetParam()));
  EXPECT_THAT(Refresh(), IsOk());
}
INSTANTIATE_TEST_SUITE_P(Client, ChainEnd, ::testing::Values(403, 404, 410),
                         ::testing::PrintToStringParamName());

// Each of these could hide a root that revokes keys.
struct Trouble {
  const char* name;
  Fault fault;
  Failure failure;
};
class ChainTrouble : public RootChainTest,
                     public ::testing::WithParamInterface<Trouble> {};
TEST_P(ChainTrouble, IsNeverTakenForTheLatestRoot) {
  transfer_options.metadata_timeout = absl::Milliseconds(300);
  Start();
  PublishRootsUpTo(3);
  server.Inject("/metadata/3.root.json", GetParam().fault, kEveryTime);
  EXPECT_THAT(Refresh(), FailsWith(GetParam().failure, "root version 3"));
  EXPECT_EQ(Asked().back(), "/metadata/3.root.json");
  EXPECT_THAT(Local(), ElementsAre(Key("root.json")));
  EXPECT_EQ(Stored("root.json"), Root(2));
}
INSTANTIATE_TEST_SUITE_P(
    Client, ChainTrouble,
    ::testing::Values(
        Trouble{"ServerError", Fault::Status(500), Failure::kHttpStatus},
        Trouble{"Unavailable", Fault::Status(503), Failure::kHttpStatus},
        Trouble{"Unauthorised", Fault::Status(401), Failure::kHttpStatus},
        Trouble{"Teapot", Fault::Status(418), Failure::kHttpStatus},
        Trouble{"Closed", Fault::CloseEarly(), Failure::kNetwork},
        Trouble{"Garbage", Fault::Garbage(), Failure::kNetwork},
        Trouble{"TimeOut", Fault::Stall(10), Failure::kTimeout}),
    [](const auto& test) { return test.param.name; });

TEST_F(RootChainTest, RefusedConnectionIsNeverTakenForTheLatestRoot) {
  Start();
  metadata_url = std::make_unique<FaultServer>()->Url("/metadata/");
  EXPECT_THAT(Refresh(), FailsWith(Failure::kNetwork, "root version 2"));
  EXPECT_THAT(Local(), ElementsAre(Key("root.json")));
}

// 404 at one mirror says nothing as long as another one cannot be asked.
TEST_F(RootChainTest, TheFirstMirrorThatAnswersSaysWhereTheChainEnds) {
  Start();
  FaultServer other;
  other.InjectAnywhere(Fault::Status(500), kEveryTime);
  const std::string broken = other.Url("/metadata/");
  for (const auto& urls : {std::vector<std::string>{metadata_url, broken},
                           std::vector<std::string>{broken, metadata_url}}) {
    client::MetadataFetcher fetcher(transfers(), urls, limits);
    EXPECT_THAT(client::Refresh(fetcher, store(), now), IsOk());
  }
}

TEST_F(RootChainTest, TroubleOnEveryMirrorIsNotTheEndOfTheChain) {
  Start();
  FaultServer other;
  other.InjectAnywhere(Fault::Status(500), kEveryTime);
  client::MetadataFetcher fetcher(
      transfers(), {other.Url("/metadata/"), other.Url("/metadata/")}, limits);
  EXPECT_THAT(client::Refresh(fetcher, store(), now),
              FailsWith(Failure::kHttpStatus, "root version 2"));
}

TEST_F(RootChainTest, VerifiedStepsAreKeptWhenALaterOneIsBad) {
  Start();
  PublishRootsUpTo(3);
  server.Serve("/metadata/4.root.json", repository.Raw("timestamp").bytes);
  EXPECT_THAT(Refresh(), FailsWith(Failure::kThreshold, "root version 4"));
  EXPECT_EQ(Stored("root.json"), Root(3));
  EXPECT_THAT(Local(), ElementsAre(Key("root.json")));
}

TEST_F(RootChainTest, ARootOfAnotherVersionIsNotKept) {
  Start();
  PublishRootsUpTo(3);
  server.Serve("/metadata/2.root.json", Root(3));
  EXPECT_THAT(Refresh(), FailsWith(Failure::kVersion, "root version 2"));
  EXPECT_EQ(Stored("root.json"), Root(1));
}

TEST_F(RootChainTest, AnUnverifiedRootIsNotTrustedLater) {
  Start();
  PublishRootsUpTo(2);
  server.Serve("/metadata/2.root.json",
               repository.RawSignedBy("root", {NewKey()}).bytes);
  EXPECT_THAT(Refresh(), FailsWith(Failure::kThreshold));
  EXPECT_EQ(Stored("root.json"), Root(1));
  server.Serve("/metadata/2.root.json", Root(2));
  EXPECT_THAT(Refresh(), IsOk());
  EXPECT_EQ(Stored("root.json"), Root(2));
}

TEST_F(RootChainTest, ExpiredStepsAreFineAndAnExpiredEndIsKeptAndRefused) {
  Start();
  repository.root.expires = now - absl::Hours(1);
  PublishRootsUpTo(3);
  EXPECT_THAT(Refresh(), FailsWith(Failure::kExpired, "root"));
  EXPECT_EQ(Stored("root.json"), Root(3));
  EXPECT_THAT(Local(), ElementsAre(Key("root.json")));

  repository.root.expires = now + absl::Hours(1);
  PublishRoot();
  EXPECT_THAT(Refresh(), IsOk());
  EXPECT_EQ(Stored("root.json"), Root(4));
}

TEST_F(RootChainTest, EndlessRotationEnds) {
  limits.root_rotations = 3;
  Start();
  PublishRootsUpTo(10);
  EXPECT_THAT(Refresh(), FailsWith(Failure::kTooLarge, "more than 3"));
  EXPECT_EQ(server.CountRequests(), 3u);
  // The next refresh goes on from there.
  EXPECT_EQ(Stored("root.json"), Root(4));
}

TEST_F(RootChainTest, TheLastVersionHasNoNextOneToAskFor) {
  repository.root.version = INT64_MAX;
  Start();
  EXPECT_THAT(Refresh(), IsOk());
  EXPECT_EQ(Asked().front(), "/metadata/timestamp.json");
}

}  // namespace
}  // namespace tufmirror::testing
