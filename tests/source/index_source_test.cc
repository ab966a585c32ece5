#include "tufmirror/source/index_source.h"

#include <filesystem>
#include <string>

#include "source/index_fixture.h"
#include "tufmirror/fs/file.h"
#include "tufmirror/tree/layout.h"

namespace tufmirror::source {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using ::testing::Not;
using testing::ReadWholeFile;
using ::testing::SizeIs;

using IndexSourceTest = IndexTest;

TEST_F(IndexSourceTest, OffersWhatIsThereTheFirstTime) {
  Put("alpha");
  server_.Put({.name = "Beta.Project",
               .files = {{.filename = "beta_project-2.0-py3-none-any.whl",
                          .bytes = "wheel",
                          .requires_python = ">=3.8",
                          .yanked = "bröken",
                          .metadata = "Name: beta\n"}}});
  EXPECT_THAT(Run(), ElementsAre("alpha", "beta-project"));
  EXPECT_FALSE(last_->knows_changes());
  EXPECT_THAT(Text(last_->Projects()), ElementsAre("alpha", "beta-project"));
  ASSERT_OK_AND_ASSIGN(const ProjectOffer offer,
                       last_->Offer(Name("beta-project")));
  ASSERT_THAT(offer.files, SizeIs(1));
  const SourceFile& file = offer.files[0];
  EXPECT_EQ(file.location, server_.files().Url(IndexServer::FilePath(
                               "beta_project-2.0-py3-none-any.whl")));
  EXPECT_EQ(file.version, "2.0");
  EXPECT_EQ(file.size, 5u);
  EXPECT_EQ(file.requires_python, ">=3.8");
  EXPECT_EQ(file.yanked, "bröken");
  EXPECT_TRUE(file.has_core_metadata);
  EXPECT_TRUE(file.core_metadata.has_value());
  EXPECT_EQ(offer.last_serial, server_.serial_of("beta-project"));
}

TEST_F(IndexSourceTest, AsksOnceWhenNothingChanged) {
  Put("alpha");
  Put("beta");
  Run();
  server_.pages().ForgetRequests();
  EXPECT_THAT(Run(), IsEmpty());
  EXPECT_TRUE(last_->knows_changes());
  EXPECT_TRUE(last_->counts().list_unchanged);
  EXPECT_EQ(server_.pages().CountRequests(), 1u);
}

// The server gives the whole list, under another ETag than last time.
TEST_F(IndexSourceTest, AListOfTheSameBytesIsUnchangedWhateverItsEtag) {
  Put("alpha");
  Put("beta");
  Run();
  const std::string path = tree::IndexProjectsPath(layout().index_state());
  std::string state = testing::ReadWholeFile(path);
  const size_t etag = state.find("\nlist\t\"") + 7;
  ASSERT_LT(etag, state.size());
  state[etag] = state[etag] == 'x' ? 'y' : 'x';
  ASSERT_THAT(fs::WriteFileAtomically(path, state, tree::kPrivateFileMode,
                                      fs::Durability::kNone),
              IsOk());
  server_.pages().ForgetRequests();
  EXPECT_THAT(Run(), IsEmpty());
  EXPECT_EQ(server_.pages().requests()[0].Header("If-None-Match")[1],
            state[etag])
      << "so that the answer is 200";
  EXPECT_TRUE(last_->counts().list_unchanged);
  Put("beta");
  EXPECT_THAT(Run(), ElementsAre("beta"));
}

TEST_F(IndexSourceTest, WritesNothingWhenNothingChanged) {
  Put("alpha");
  Run();
  const auto before = std::filesystem::last_write_time(StateFile("projects"));
  const std::string text = ReadWholeFile(StateFile("projects"));
  std::filesystem::last_write_time(StateFile("projects"),
                                   before - std::chrono::hours(1));
  Run();
  EXPECT_EQ(std::filesystem::last_write_time(StateFile("projects")),
            before - std::chrono::hours(1));
  EXPECT_EQ(ReadWholeFile(StateFile("projects")), text);
}

TEST_F(IndexSourceTest, AsksOnlyForPagesWhoseSerialMoved) {
  Put("alpha");
  Put("beta");
  Run();
  server_.pages().ForgetRequests();
  Put("beta", "2.0");
  EXPECT_THAT(Run(), ElementsAre("beta"));
  EXPECT_THAT(Offered("beta"), ElementsAre("beta-2.0.tar.gz"));
  EXPECT_EQ(server_.PageRequests("alpha"), 0u);
  EXPECT_EQ(server_.PageRequests("beta"), 1u);
}

TEST_F(IndexSourceTest, APageNewerThanTheListIsNotAskedForAgain) {
  Put("alpha");
  const int64_t serial = server_.serial_of("alpha");
  server_.ListSerial("alpha", serial - 1);  // the list is an older copy
  Run();
  server_.pages().ForgetRequests();
  server_.ListSerial("alpha", serial);
  EXPECT_THAT(Run(), IsEmpty());
  EXPECT_EQ(server_.PageRequests("alpha"), 0u);
}

TEST_F(IndexSourceTest, AListThatGoesBackwardsChangesNothing) {
  Put("alpha");
  Put("beta");
  Run();
  server_.ListSerial("alpha", 0);
  server_.ListSerial("beta", 1);
  EXPECT_THAT(Run(), IsEmpty());
  EXPECT_THAT(last_->problems(), IsEmpty());
  EXPECT_THAT(Text(last_->Projects()), ElementsAre("alpha", "beta"));
}

TEST_F(IndexSourceTest, AnIndexWithoutSerialsIsComparedByEtag) {
  server_.HideSerials();
  Put("alpha");
  Put("beta");
  Run();
  server_.pages().ForgetRequests();
  Put("beta", "2.0");
  EXPECT_THAT(Run(), ElementsAre("beta"));
  EXPECT_EQ(last_->counts().unchanged, 1u);
  EXPECT_THAT(server_.pages().requests().back().Header("If-None-Match"),
              Not(IsEmpty()));
}

TEST_F(IndexSourceTest, ASweepFindsWhatNoSerialTells) {
  options_.sweep_share = 0.5;
  for (const char* name : {"a", "b", "c", "d"}) Put(name);
  Run();
  // Archived, without a new serial.
  ServedProject archived{
      .name = "d",
      .files = {{.filename = "d-1.0.tar.gz", .bytes = "d1.0"}},
      .serial = server_.serial_of("d"),
      .status = "archived"};
  server_.Put(archived);
  server_.pages().ForgetRequests();
  EXPECT_THAT(Run(), IsEmpty());  // looks at a and b
  EXPECT_EQ(server_.PageRequests("b"), 1u);
  EXPECT_THAT(Run(), ElementsAre("d"));
  EXPECT_EQ(last_->Offer(Name("d"))->status, "archived");
  EXPECT_EQ(server_.PageRequests("a"), 1u);
  EXPECT_EQ(server_.PageRequests("c"), 1u);
}

TEST_F(IndexSourceTest, WhatWasNotPublishedIsChangedAgain) {
  Put("alpha");
  Put("beta");
  Run({Name("beta")});
  EXPECT_THAT(Run(), ElementsAre("beta"));
  EXPECT_THAT(Run(), IsEmpty());
}

TEST_F(IndexSourceTest, ARunThatDiesAfterFetchingNeedNotFetchAgain) {
  Put("alpha");
  const auto source = Refresh();
  EXPECT_THAT(source->Save(source->changed_projects()), IsOk());
  server_.pages().ForgetRequests();
  EXPECT_THAT(Run(), ElementsAre("alpha"));
  EXPECT_EQ(server_.PageRequests("alpha"), 0u);
}

TEST_F(IndexSourceTest, ARunThatDiesBeforeSavingLosesNoChange) {
  Put("alpha");
  Run();
  Put("alpha", "2.0");
  Refresh();  // and no Save
  EXPECT_THAT(Run(), ElementsAre("alpha"));
  EXPECT_THAT(Offered("alpha"), ElementsAre("alpha-2.0.tar.gz"));
}

TEST_F(IndexSourceTest, AnInterruptedRunKeepsWhatItFetchedAndLosesNothing) {
  for (const char* name : {"a", "b", "c", "d", "e"}) Put(name);
  options_.progress = [](std::string_view, uint64_t done, uint64_t) {
    return done < 2 ? absl::OkStatus()
                    : MakeFailure(Failure::kCancelled, "enough");
  };
  EXPECT_THAT(RefreshStatus(), FailsWith(Failure::kCancelled));
  options_.progress = nullptr;
  EXPECT_THAT(Run(), ElementsAre("a", "b", "c", "d", "e"));
  EXPECT_THAT(Run(), IsEmpty());
}

TEST_F(IndexSourceTest, LostOrTornStateCostsTimeOnly) {
  Put("alpha");
  Run();
  const std::string text = ReadWholeFile(StateFile("projects"));
  for (const std::string& torn :
       {std::string(), text.substr(0, text.size() / 2),
        text.substr(0, text.size() - 1), std::string("nonsense\n")}) {
    home_.Write("state/index/projects", torn);
    EXPECT_THAT(Run(), ElementsAre("alpha"));
    EXPECT_FALSE(last_->knows_changes());
    EXPECT_THAT(Offered("alpha"), ElementsAre("alpha-1.0.tar.gz"));
  }
}

TEST_F(IndexSourceTest, APageThatIsNotAsItWasKeptIsHeldBackAndFetchedAgain) {
  Put("alpha");
  Run();
  home_.Write("state/index/pages/al/alpha.json", "{\"torn");
  auto source = Refresh();
  EXPECT_THAT(source->Offer(Name("alpha")), FailsWith(Failure::kHeldBack));
  EXPECT_THAT(source->Save({Name("alpha")}), IsOk());
  EXPECT_THAT(Run(), ElementsAre("alpha"));
  EXPECT_THAT(Offered("alpha"), ElementsAre("alpha-1.0.tar.gz"));
}

TEST_F(IndexSourceTest, ChangedRulesApplyWithoutAskingForPagesAgain) {
  Put("alpha");
  Put("beta");
  Put("gamma");
  Run();
  server_.pages().ForgetRequests();
  rules_.exclude_projects = {"beta"};
  rules_.sdists = select::SdistRule::kDrop;
  Select();
  EXPECT_THAT(Run(), ElementsAre("alpha", "beta", "gamma"));
  EXPECT_THAT(Offered("alpha"), IsEmpty());
  EXPECT_FALSE(last_->Offer(Name("beta"))->listed);
  EXPECT_EQ(server_.pages().CountRequests(), 1u);  // the list
  rules_ = {};
  Select();
  EXPECT_THAT(Run(), ElementsAre("alpha", "beta", "gamma"));
  EXPECT_THAT(Offered("alpha"), SizeIs(1));
  EXPECT_THAT(Offered("beta"), SizeIs(1));
  EXPECT_EQ(server_.PageRequests("alpha"), 0u);
}

TEST_F(IndexSourceTest, AnAllowListNeedsNoList) {
  Put("alpha");
  Put("beta");
  rules_.projects = {"alpha", "missing"};
  Select();
  EXPECT_THAT(Run(), ElementsAre("alpha"));
  EXPECT_EQ(server_.pages().CountRequests(IndexServer::ListPath()), 0u);
  EXPECT_EQ(server_.PageRequests("beta"), 0u);
  EXPECT_THAT(ProblemsOf(*last_), ElementsAre("missing"));
  EXPECT_THAT(Run(), IsEmpty());
  EXPECT_THAT(ProblemsOf(*last_), ElementsAre("missing"));
  EXPECT_THAT(Run(), IsEmpty());
  Put("missing");
  EXPECT_THAT(Run(), ElementsAre("missing"));
}

TEST_F(IndexSourceTest, WhatTimeAloneChangesIsLookedAtWhenItIsDue) {
  rules_.min_age = absl::Hours(24);
  Select();
  server_.Put({.name = "young",
               .files = {{.filename = "young-1.0.tar.gz",
                          .upload_time = "2027-01-15T08:00:00Z"}}});
  Run();
  EXPECT_THAT(Offered("young"), IsEmpty());
  EXPECT_THAT(Run(), IsEmpty());
  options_.now += absl::Hours(25);
  server_.pages().ForgetRequests();
  EXPECT_THAT(Run(), ElementsAre("young"));
  EXPECT_EQ(server_.PageRequests("young"), 1u);  // is it still there?
  EXPECT_THAT(Offered("young"), SizeIs(1));
  EXPECT_THAT(Run(), IsEmpty());
}

TEST_F(IndexSourceTest, ADryRunLeavesNoTraceInTheState) {
  Put("alpha");
  Run();
  Put("alpha", "2.0");
  Put("beta");
  options_.dry_run = true;
  EXPECT_THAT(Run(), ElementsAre("alpha", "beta"));
  EXPECT_THAT(Offered("alpha"), ElementsAre("alpha-2.0.tar.gz"));
  EXPECT_FALSE(std::filesystem::exists(StateFile("pages/be/beta.json")));
  options_.dry_run = false;
  EXPECT_THAT(Run(), ElementsAre("alpha", "beta"));
}

TEST_F(IndexSourceTest, AnotherIndexIsComparedByContent) {
  Put("alpha");
  Put("beta");
  Run();
  IndexServer other;
  other.Put({.name = "alpha", .files = {{.filename = "alpha-9.tar.gz"}}});
  options_.urls = {other.url()};
  Run();
  EXPECT_EQ(other.PageRequests("alpha"), 1u);
  EXPECT_EQ(other.pages().requests()[1].Header("If-None-Match"), "");
  EXPECT_THAT(Offered("alpha"), ElementsAre("alpha-9.tar.gz"));
}

TEST_F(IndexSourceTest, RefusesOptionsThatMakeNoSense) {
  const auto open = [this] {
    return IndexSource::Open(layout(), *selection_, options_).status();
  };
  options_.sweep_share = 1.5;
  EXPECT_THAT(open(), FailsWith(Failure::kUsage, "0 to 1"));
  options_.sweep_share = 0;
  options_.removal_confirmations = 0;
  EXPECT_THAT(open(), FailsWith(Failure::kUsage, "1 or more"));
  options_.removal_confirmations = 1;
  options_.urls.clear();
  EXPECT_THAT(open(), FailsWith(Failure::kUsage, "at least one"));
}

TEST_F(IndexSourceTest, KeepsNoCredentialsInTheState) {
  Put("alpha");
  std::string url = server_.url();
  url.insert(url.find("//") + 2, "user:secret@");
  options_.urls = {url};
  Run();
  EXPECT_THAT(ReadWholeFile(StateFile("projects")), Not(HasSubstr("secret")));
  EXPECT_THAT(last_->Offer(Name("alpha"))->files[0].location,
              Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace tufmirror::source
