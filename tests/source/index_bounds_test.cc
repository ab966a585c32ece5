// One index on several hosts, serials in any order, and lists that lose more
// than anybody removes.
#include <string>

#include "fmt/format.h"
#include "source/index_fixture.h"
#include "source/index_memory.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/source/index_source.h"

namespace tufmirror::source {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::IsEmpty;
using testing::kEveryTime;

constexpr uint64_t kMaxStateBytes = uint64_t{1} << 30;
// In one run, as the list of projects is compared.
constexpr int kMostMarkedAbsent = 10'000;

using IndexBoundsTest = IndexTest;

TEST_F(IndexBoundsTest, ASerialBelowThatOfOthersIsSeen) {
  // Upstream commits in another order than it numbers.
  server_.Put({.name = "late",
               .files = {{.filename = "late-1.0.tar.gz"}},
               .serial = 10});
  server_.Put({.name = "alpha",
               .files = {{.filename = "alpha-1.0.tar.gz"}},
               .serial = 500});
  Run();
  server_.pages().ForgetRequests();
  server_.Put({.name = "late",
               .files = {{.filename = "late-2.0.tar.gz"}},
               .serial = 499});
  EXPECT_THAT(Run(), ElementsAre("late"));
  EXPECT_THAT(Offered("late"), ElementsAre("late-2.0.tar.gz"));
  EXPECT_EQ(server_.PageRequests("alpha"), 0u);
}

TEST_F(IndexBoundsTest, ASweepForgetsNothingThatTimeWillChange) {
  rules_.min_age = absl::Hours(24);
  options_.sweep_share = 1;
  Select();
  server_.Put({.name = "young",
               .files = {{.filename = "young-1.0.tar.gz",
                          .upload_time = "2027-01-15T08:00:00Z"}}});
  Run();
  options_.now += absl::Hours(1);
  EXPECT_THAT(Run(), IsEmpty());
  EXPECT_EQ(server_.PageRequests("young"), 2u) << "swept";
  options_.now += absl::Hours(25);
  EXPECT_THAT(Run(), ElementsAre("young"));
  EXPECT_THAT(Offered("young"), ElementsAre("young-1.0.tar.gz"));
}

// The same index under a second address.
class TwoHostsTest : public IndexTest {
 protected:
  TwoHostsTest() {
    options_.urls = {server_.url(), second_.url()};
    for (IndexServer* server : {&server_, &second_}) {
      server->Put({.name = "alpha",
                   .files = {{.filename = "alpha-1.0.tar.gz",
                              .url = "/files/alpha-1.0.tar.gz"}},
                   .serial = 1});
    }
  }
  void PutOnBoth(const std::string& version, int64_t serial) {
    const std::string filename = "alpha-" + version + ".tar.gz";
    for (IndexServer* server : {&server_, &second_}) {
      server->Put(
          {.name = "alpha",
           .files = {{.filename = filename, .url = "/files/" + filename}},
           .serial = serial});
    }
  }

  IndexServer second_;
};

TEST_F(TwoHostsTest, TheSecondIsNotAskedWhileTheFirstAnswers) {
  EXPECT_THAT(Run(), ElementsAre("alpha"));
  EXPECT_EQ(second_.pages().CountRequests(), 0u);
  EXPECT_EQ(last_->Offer(Name("alpha"))->files[0].location,
            server_.pages().Url("/files/alpha-1.0.tar.gz"));
}

TEST_F(TwoHostsTest, TheSecondStandsInForTheFirst) {
  server_.pages().InjectAnywhere(Fault::Status(503), kEveryTime);
  EXPECT_THAT(Run(), ElementsAre("alpha"));
  EXPECT_THAT(last_->problems(), IsEmpty());
  EXPECT_EQ(second_.PageRequests("alpha"), 1u);
  // Links are relative to the page that was read.
  EXPECT_EQ(last_->Offer(Name("alpha"))->files[0].location,
            second_.pages().Url("/files/alpha-1.0.tar.gz"));
}

TEST_F(TwoHostsTest, AfterTheFirstIsBackOnlyWhatChangedIsAskedFor) {
  server_.pages().InjectAnywhere(Fault::Status(503), kEveryTime);
  Run();
  server_.pages().ClearFaults();
  server_.pages().ForgetRequests();
  EXPECT_THAT(Run(), IsEmpty());
  EXPECT_EQ(server_.PageRequests("alpha"), 0u);
  PutOnBoth("2.0", 7);
  EXPECT_THAT(Run(), ElementsAre("alpha"));
  EXPECT_EQ(last_->Offer(Name("alpha"))->files[0].location,
            server_.pages().Url("/files/alpha-2.0.tar.gz"));
}

TEST_F(TwoHostsTest, APageThatOnlyOneHasIsFound) {
  PutOnBoth("2.0", 7);
  server_.pages().Inject(IndexServer::PagePath("alpha"), Fault::Status(500),
                         kEveryTime);
  EXPECT_THAT(Run(), ElementsAre("alpha"));
  EXPECT_THAT(last_->problems(), IsEmpty());
}

TEST_F(TwoHostsTest, WhereNeitherAnswersTheRunFails) {
  server_.pages().InjectAnywhere(Fault::Status(503), kEveryTime);
  second_.pages().InjectAnywhere(Fault::CloseEarly(), kEveryTime);
  EXPECT_THAT(RefreshStatus(), FailsWith(Failure::kNetwork, second_.url()));
}

TEST_F(IndexBoundsTest, AListThatLosesMoreThanTheBoundIsTakenInSteps) {
  Put("alpha");
  Run();
  const std::string path = StateFile("projects");
  IndexMemory memory =
      ParseIndexMemory(fs::ReadFile(path, kMaxStateBytes).value()).value();
  constexpr int kLost = kMostMarkedAbsent + 500;
  for (int i = 0; i < kLost; ++i) {
    memory.table.Put({.name = fmt::format("lost-{:05}", i),
                      .listed = 1,
                      .serial = 1,
                      .digest = std::string(32, 'd')});
  }
  memory.facts.list_etag.clear();
  memory.facts.list_digest.clear();
  home_.Write("state/index/projects",
              FormatIndexMemory(memory.facts, memory.table));
  options_.max_absent_checks = 1;
  const auto absent = [&] {
    int count = 0;
    const auto now =
        ParseIndexMemory(fs::ReadFile(path, kMaxStateBytes).value()).value();
    EXPECT_THAT(now.table.ForEach([&](const IndexEntry& entry) {
      count += entry.absent ? 1 : 0;
      return absl::OkStatus();
    }),
                testing::IsOk());
    return count;
  };
  EXPECT_THAT(Run(), IsEmpty());
  EXPECT_EQ(absent(), kMostMarkedAbsent);
  EXPECT_FALSE(last_->counts().list_unchanged);
  EXPECT_THAT(Run(), IsEmpty());
  EXPECT_FALSE(last_->counts().list_unchanged) << "the list is read again";
  EXPECT_EQ(absent(), kLost);
  server_.pages().ForgetRequests();
  Run();
  EXPECT_TRUE(last_->counts().list_unchanged);
}

}  // namespace
}  // namespace tufmirror::source
