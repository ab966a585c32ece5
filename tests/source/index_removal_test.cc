// Projects that vanish upstream: what it takes before one counts as gone.
#include <filesystem>
#include <string>

#include "source/index_fixture.h"
#include "tufmirror/source/index_source.h"

namespace tufmirror::source {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::IsEmpty;
using testing::IsOk;
using testing::kEveryTime;
using ::testing::SizeIs;

class IndexRemovalTest : public IndexTest {
 protected:
  IndexRemovalTest() {
    Put("alpha");
    Put("beta");
    Run();
  }
  bool IsOffered(std::string_view project) {
    return last_->Offer(Name(project)).value().listed;
  }
};

TEST_F(IndexRemovalTest, AProjectIsGoneWhenTwoRunsFindItSo) {
  server_.Remove("alpha");
  EXPECT_THAT(Run(), IsEmpty());
  EXPECT_EQ(last_->counts().awaiting_removal, 1u);
  EXPECT_TRUE(IsOffered("alpha"));
  EXPECT_THAT(Run(), ElementsAre("alpha"));
  EXPECT_EQ(last_->counts().gone, 1u);
  EXPECT_FALSE(IsOffered("alpha"));
  EXPECT_THAT(Run(), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(StateFile("pages/al/alpha.json")));
}

TEST_F(IndexRemovalTest, TheNumberOfConfirmationsIsTheOperators) {
  server_.Remove("alpha");
  options_.removal_confirmations = 3;
  EXPECT_THAT(Run(), IsEmpty());
  EXPECT_THAT(Run(), IsEmpty());
  EXPECT_THAT(Run(), ElementsAre("alpha"));
}

TEST_F(IndexRemovalTest, ARunThatIsNotSavedConfirmsNothing) {
  server_.Remove("alpha");
  Refresh();
  Refresh();
  EXPECT_THAT(Run(), IsEmpty());
}

TEST_F(IndexRemovalTest, WhatComesBackInTimeWasNeverGone) {
  server_.Remove("alpha");
  Run();
  Put("alpha", "1.0");
  Run();
  EXPECT_TRUE(IsOffered("alpha"));
  server_.Remove("alpha");
  EXPECT_THAT(Run(), IsEmpty());  // counts from the beginning
  EXPECT_TRUE(IsOffered("alpha"));
}

TEST_F(IndexRemovalTest, WhatIsGoneMayComeBack) {
  server_.Remove("alpha");
  Run();
  Run();
  Put("alpha", "3.0");
  EXPECT_THAT(Run(), ElementsAre("alpha"));
  EXPECT_THAT(Offered("alpha"), ElementsAre("alpha-3.0.tar.gz"));
}

TEST_F(IndexRemovalTest, AListedProjectWithoutAPageIsGoneAfterConfirmation) {
  server_.ListSerial("alpha", 100);
  server_.pages().Inject(IndexServer::PagePath("alpha"), Fault::Status(404),
                         kEveryTime);
  EXPECT_THAT(Run(), IsEmpty());
  EXPECT_THAT(Run(), ElementsAre("alpha"));
  server_.pages().ForgetRequests();
  EXPECT_THAT(Run(), IsEmpty());
  EXPECT_EQ(server_.PageRequests("alpha"), 0u);  // still listed, known as gone
}

TEST_F(IndexRemovalTest, AnUnreachablePageConfirmsNothing) {
  server_.Unlist("alpha");
  server_.pages().Inject(IndexServer::PagePath("alpha"), Fault::Status(503),
                         kEveryTime);
  for (int i = 0; i < 4; ++i) EXPECT_THAT(Run(), IsEmpty());
  EXPECT_TRUE(IsOffered("alpha"));
}

TEST_F(IndexRemovalTest, AbsenceFromTheListAloneRemovesNothing) {
  server_.Unlist("alpha");
  for (int i = 0; i < 4; ++i) EXPECT_THAT(Run(), IsEmpty());
  EXPECT_TRUE(IsOffered("alpha"));
  EXPECT_THAT(last_->problems(), IsEmpty());
}

TEST_F(IndexRemovalTest, QuarantineTakesTheFilesAtOnceAndThePageLater) {
  rules_.quarantined = select::Keep::kKeep;
  Select();
  Run();
  server_.Quarantine("alpha");
  EXPECT_THAT(Run(), ElementsAre("alpha"));
  EXPECT_THAT(Offered("alpha"), IsEmpty());
  EXPECT_EQ(last_->Offer(Name("alpha"))->status, "quarantined");
  EXPECT_THAT(Run(), ElementsAre("alpha"));
  EXPECT_FALSE(IsOffered("alpha"));
}

TEST_F(IndexRemovalTest, FilesThatLeaveAPageAreFollowedAtOnce) {
  server_.Put({.name = "alpha"});
  EXPECT_THAT(Run(), ElementsAre("alpha"));
  EXPECT_THAT(Offered("alpha"), IsEmpty());
  EXPECT_TRUE(IsOffered("alpha"));
}

TEST_F(IndexRemovalTest, AShrunkListIsCheckedPageByPageAndWithinBounds) {
  for (int i = 0; i < 20; ++i) Put("p" + std::to_string(i));
  Run();
  for (int i = 0; i < 20; ++i) server_.Unlist("p" + std::to_string(i));
  options_.max_absent_checks = 5;
  server_.pages().ForgetRequests();
  for (int run = 0; run < 4; ++run) {
    EXPECT_THAT(Run(), IsEmpty());
    EXPECT_EQ(last_->counts().postponed, 15u);
  }
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(server_.PageRequests("p" + std::to_string(i)), 1u);  // in turn
  }
  EXPECT_THAT(last_->Projects(), SizeIs(22));
}

TEST_F(IndexRemovalTest, AnEmptyListRemovesNothing) {
  server_.Unlist("alpha");
  server_.Unlist("beta");
  for (int i = 0; i < 3; ++i) EXPECT_THAT(Run(), IsEmpty());
  EXPECT_THAT(last_->Projects(), SizeIs(2));
}

TEST_F(IndexRemovalTest, WithoutStateAProjectThatIsNotListedStays) {
  server_.Remove("alpha");
  std::filesystem::remove_all(layout().index_state());
  // What the origin does with a project that it finds published.
  const auto run = [this] {
    last_ = Refresh();
    const auto offer = last_->Offer(Name("alpha"));
    const bool held = !offer.ok();
    EXPECT_THAT(last_->Save(held ? std::vector{Name("alpha")}
                                 : std::vector<pypi::ProjectName>{}),
                IsOk());
    return offer;
  };
  EXPECT_THAT(run(), FailsWith(Failure::kHeldBack, "does not list it"));
  EXPECT_THAT(run(), FailsWith(Failure::kHeldBack, "to be confirmed"));
  const auto offer = run();
  ASSERT_THAT(offer, IsOk());
  EXPECT_FALSE(offer->listed);
}

TEST_F(IndexRemovalTest, AGoneProjectThatIsNotUnpublishedYetStaysKnown) {
  server_.Remove("alpha");
  Run();
  EXPECT_THAT(Run({Name("alpha")}), ElementsAre("alpha"));
  EXPECT_THAT(Run(), ElementsAre("alpha"));
  EXPECT_THAT(Run(), IsEmpty());
}

}  // namespace
}  // namespace tufmirror::source
