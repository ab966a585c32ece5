// What plain indexes are seen to do, and what an origin makes of it.
#include <filesystem>
#include <string>

#include "source/index_fixture.h"
#include "tufmirror/source/index_source.h"

namespace tufmirror::source {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kEveryTime;
using ::testing::SizeIs;

using IndexQuirksTest = IndexTest;

TEST_F(IndexQuirksTest, AProjectWithoutReleasesIsNormal) {
  server_.Put({.name = "empty"});
  EXPECT_THAT(Run(), ElementsAre("empty"));
  EXPECT_THAT(last_->problems(), IsEmpty());
  EXPECT_THAT(Offered("empty"), IsEmpty());
  EXPECT_TRUE(last_->Offer(Name("empty"))->listed);
  EXPECT_THAT(Run(), IsEmpty());
}

TEST_F(IndexQuirksTest, AnOldCopyOfAPageIsAskedForAgain) {
  Put("alpha");
  Run();
  Put("alpha", "2.0");
  server_.ServeOldPage("alpha", 2);
  server_.pages().ForgetRequests();
  EXPECT_THAT(Run(), ElementsAre("alpha"));
  EXPECT_EQ(server_.PageRequests("alpha"), 3u);
  EXPECT_THAT(Offered("alpha"), ElementsAre("alpha-2.0.tar.gz"));
  EXPECT_THAT(last_->problems(), IsEmpty());
}

TEST_F(IndexQuirksTest, APageThatStaysOldHoldsBackItsProjectAndNoOther) {
  Put("alpha");
  Put("beta");
  Run();
  Put("alpha", "2.0");
  Put("beta", "2.0");
  server_.ServeOldPage("alpha", 4);
  EXPECT_THAT(Run(), ElementsAre("beta"));
  EXPECT_EQ(last_->counts().stale, 1u);
  EXPECT_THAT(ProblemsOf(*last_), ElementsAre("alpha"));
  EXPECT_THAT(last_->problems()[0].reason,
              FailsWith(Failure::kHeldBack, "an old copy"));
  EXPECT_THAT(Offered("alpha"), ElementsAre("alpha-1.0.tar.gz"));
  // The list is unchanged, the page is asked for nevertheless.
  EXPECT_THAT(Run(), ElementsAre("alpha"));
  EXPECT_THAT(Offered("alpha"), ElementsAre("alpha-2.0.tar.gz"));
}

TEST_F(IndexQuirksTest, ASerialThatStaysWrongForLongIsOvercome) {
  Put("alpha");
  server_.ListSerial("alpha", 1000);
  EXPECT_THAT(Run(), IsEmpty());
  server_.pages().ForgetRequests();
  options_.now += absl::Hours(1);
  EXPECT_THAT(Run(), IsEmpty());
  EXPECT_EQ(server_.PageRequests("alpha"), 1u);  // no more pauses for it
  options_.now += absl::Hours(24);
  EXPECT_THAT(Run(), ElementsAre("alpha"));
  EXPECT_THAT(Offered("alpha"), SizeIs(1));
  EXPECT_THAT(last_->problems(), IsEmpty());
}

TEST_F(IndexQuirksTest, TheSerialOfTheHeaderCountsWhereThePageHasNone) {
  Put("alpha");
  server_.ServePage("alpha",
                    R"({"meta":{"api-version":"1.0"},"name":"alpha",)"
                    R"("files":[]})",
                    "application/json");
  server_.ListSerial("alpha", 20);
  server_.pages().AddHeader(IndexServer::PagePath("alpha"),
                            "X-PyPI-Last-Serial: 19");
  EXPECT_THAT(Run(), IsEmpty());
  EXPECT_EQ(last_->counts().stale, 1u);
}

TEST_F(IndexQuirksTest, OnePageThatCannotBeHadHoldsBackItselfOnly) {
  Put("alpha");
  Put("beta");
  server_.pages().Inject(IndexServer::PagePath("alpha"), Fault::Status(503), 2);
  EXPECT_THAT(Run(), ElementsAre("beta"));
  EXPECT_THAT(ProblemsOf(*last_), ElementsAre("alpha"));
  EXPECT_THAT(last_->Offer(Name("alpha")), FailsWith(Failure::kHeldBack));
  EXPECT_THAT(Run(), ElementsAre("alpha"));
}

TEST_F(IndexQuirksTest, APageIsAskedForAgainAsTheServerSays) {
  Put("alpha");
  server_.pages().Inject(IndexServer::PagePath("alpha"),
                         Fault::Status(429, "0"));
  EXPECT_THAT(Run(), ElementsAre("alpha"));
  EXPECT_THAT(last_->problems(), IsEmpty());
}

TEST_F(IndexQuirksTest, ASignInPageIsNoPage) {
  Put("alpha");
  Run();
  Put("alpha", "2.0");
  server_.ServePage("alpha",
                    "<html><body><form action=/login><input name=u></form>"
                    "</body></html>",
                    "text/html");
  EXPECT_THAT(Run(), IsEmpty());
  EXPECT_THAT(last_->problems()[0].reason, FailsWith(Failure::kMalformed));
  EXPECT_THAT(Offered("alpha"), ElementsAre("alpha-1.0.tar.gz"));
}

TEST_F(IndexQuirksTest, ABlankAnswerIsNoPage) {
  Put("alpha");
  Run();
  Put("alpha", "2.0");
  server_.ServePage("alpha", "", "text/html");
  EXPECT_THAT(Run(), IsEmpty());
  EXPECT_THAT(ProblemsOf(*last_), ElementsAre("alpha"));
  EXPECT_THAT(Offered("alpha"), ElementsAre("alpha-1.0.tar.gz"));
}

TEST_F(IndexQuirksTest, AnotherProjectsPageIsRefused) {
  Put("alpha");
  Put("beta");
  Run();
  Put("beta", "2.0");
  server_.pages().Inject(IndexServer::PagePath("beta"),
                         Fault::Redirect(server_.url() + "alpha/"), kEveryTime);
  EXPECT_THAT(Run(), IsEmpty());
  EXPECT_THAT(last_->problems()[0].reason,
              FailsWith(Failure::kMalformed, "got 'alpha'"));
}

TEST_F(IndexQuirksTest, ARedirectToAnotherSpellingIsFollowed) {
  server_.Put({.name = "Foo_Bar",
               .files = {{.filename = "foo_bar-1.0.tar.gz",
                          .url = "files/foo_bar-1.0.tar.gz"}}});
  server_.pages().Serve("/other/Foo_Bar/",
                        R"({"meta":{"api-version":"1.0"},"name":"Foo_Bar",)"
                        R"("files":[{"filename":"foo_bar-1.0.tar.gz",)"
                        R"("url":"files/foo_bar-1.0.tar.gz","hashes":{)"
                        R"("sha256":"0123456789012345678901234567890123456789)"
                        R"(012345678901234567890123"}}]})",
                        "application/json");
  server_.pages().Inject(IndexServer::PagePath("foo-bar"),
                         Fault::Redirect("/other/Foo_Bar/", 301), kEveryTime);
  EXPECT_THAT(Run(), ElementsAre("foo-bar"));
  const std::string location =
      server_.pages().Url("/other/Foo_Bar/files/foo_bar-1.0.tar.gz");
  EXPECT_EQ(last_->Offer(Name("foo-bar"))->files[0].location, location);
  // Kept with the page.
  EXPECT_EQ(Refresh()->Offer(Name("foo-bar"))->files[0].location, location);
}

TEST_F(IndexQuirksTest, WithoutTheListThereIsNoRun) {
  Put("alpha");
  Run();
  server_.pages().Inject(IndexServer::ListPath(), Fault::Status(500),
                         kEveryTime);
  EXPECT_THAT(RefreshStatus(),
              FailsWith(Failure::kHttpStatus, "list of projects"));
  server_.pages().ClearFaults();
  server_.pages().Serve(IndexServer::ListPath(), "{\"projects\": [",
                        "application/json");
  EXPECT_THAT(RefreshStatus(), FailsWith(Failure::kMalformed));
}

TEST_F(IndexQuirksTest, AnUpstreamThatIsDownFailsTheRunOfAnAllowList) {
  rules_.projects = {"alpha", "beta"};
  Select();
  Put("alpha");
  server_.pages().InjectAnywhere(Fault::Status(503), kEveryTime);
  EXPECT_THAT(RefreshStatus(), FailsWith(Failure::kHttpStatus, "503"));
}

TEST_F(IndexQuirksTest, AnUpstreamThatGoesDownIsNotAskedForEveryPage) {
  for (int i = 0; i < 200; ++i) Put("project" + std::to_string(i));
  for (int i = 0; i < 200; ++i) {
    server_.pages().Inject(IndexServer::PagePath("project" + std::to_string(i)),
                           Fault::Status(503), 2);
  }
  EXPECT_THAT(Run(), IsEmpty());
  EXPECT_GT(last_->counts().postponed, 100u);
  server_.pages().ClearFaults();
  EXPECT_THAT(Run(), SizeIs(200));
  EXPECT_TRUE(last_->counts().list_unchanged);
}

// Indexes without JSON.

class HtmlIndexTest : public IndexTest {
 protected:
  HtmlIndexTest() : IndexTest(IndexServer::Format::kHtml) {}
};

TEST_F(HtmlIndexTest, IsReadWhereThereIsNothingElse) {
  Put("alpha");
  server_.Put({.name = "beta",
               .files = {{.filename = "beta-1.0.tar.gz",
                          .requires_python = ">=3.8,<4",
                          .yanked = ""}}});
  EXPECT_THAT(Run(), ElementsAre("alpha", "beta"));
  const ProjectOffer offer = last_->Offer(Name("beta")).value();
  ASSERT_THAT(offer.files, SizeIs(1));
  EXPECT_EQ(offer.files[0].requires_python, ">=3.8,<4");
  EXPECT_EQ(offer.files[0].yanked, "");
  EXPECT_FALSE(offer.files[0].size.has_value());
  Put("alpha", "2.0");
  EXPECT_THAT(Run(), ElementsAre("alpha"));
  EXPECT_TRUE(std::filesystem::exists(StateFile("pages/al/alpha.html")));
}

TEST_F(HtmlIndexTest, AnIndexThatRefusesJsonIsAskedForHtmlFromThenOn) {
  Put("alpha");
  server_.pages().Inject(IndexServer::ListPath(), Fault::Status(406));
  EXPECT_THAT(Run(), ElementsAre("alpha"));
  server_.pages().ForgetRequests();
  EXPECT_THAT(Run(), IsEmpty());
  EXPECT_EQ(server_.pages().requests()[0].Header("Accept"), "text/html");
}

TEST_F(HtmlIndexTest, AnAllowListsPagesFallBackToHtmlToo) {
  rules_.projects = {"alpha", "beta"};
  Select();
  Put("alpha");
  Put("beta");
  server_.pages().Inject(IndexServer::PagePath("alpha"), Fault::Status(406));
  server_.pages().Inject(IndexServer::PagePath("beta"), Fault::Status(406));
  EXPECT_THAT(Run(), ElementsAre("alpha", "beta"));
}

TEST_F(HtmlIndexTest, ARelativeLinkIsOfThePageOrItsBase) {
  server_.Put({.name = "alpha"});
  const std::string digest(64, 'a');
  server_.ServePage("alpha",
                    "<html><head><base href=\"/base/\"></head><body>"
                    "<h1>Links for alpha</h1>"
                    "<a href=\"alpha-1.0.tar.gz#sha256=" +
                        digest + "\">alpha-1.0.tar.gz</a></body></html>",
                    "text/html");
  Run();
  EXPECT_EQ(last_->Offer(Name("alpha"))->files[0].location,
            server_.pages().Url("/base/alpha-1.0.tar.gz"));
}

}  // namespace
}  // namespace tufmirror::source
