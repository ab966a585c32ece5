// Fetching small objects over real sockets: statuses, limits, retries,
// mirrors, conditional requests, file URLs.
#include "http/fetch_job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "http/transfer_fixture.h"

namespace tufmirror::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::tufmirror::testing::FailsWith;
using ::tufmirror::testing::IsOk;
using ::tufmirror::testing::kEveryTime;

class FetchTest : public TransferTest {
 protected:
  FetchTest() { server_.Serve("/a", "hello", "text/plain"); }
};

TEST_F(FetchTest, GivesBodyTypeAndEtag) {
  ASSERT_OK_AND_ASSIGN(const FetchResponse response,
                       Fetch({server_.Url("/a")}));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "hello");
  EXPECT_EQ(response.content_type, "text/plain");
  EXPECT_FALSE(response.etag.empty());
}

TEST_F(FetchTest, AsksForIdentityOnlyAndSaysWhoAsks) {
  ASSERT_THAT(Fetch({server_.Url("/a")}, 1000, {"X-Own: 1"}), IsOk());
  ASSERT_THAT(Fetch({server_.Url("/a")}), IsOk());
  const auto requests = server_.requests();
  ASSERT_EQ(requests.size(), 2u);
  for (const auto& request : requests) {
    EXPECT_EQ(request.Header("Accept-Encoding"), "identity");
    EXPECT_THAT(request.Header("User-Agent"), HasSubstr("tufmirror/"));
  }
  EXPECT_EQ(requests[0].Header("X-Own"), "1");
  EXPECT_EQ(requests[1].Header("X-Own"), "");
}

TEST_F(FetchTest, RefusesAHeaderThatSmugglesAnother) {
  EXPECT_THAT(Fetch({server_.Url("/a")}, 1000, {"X: 1\r\nY: 2"}),
              FailsWith(Failure::kUsage, "expected one line"));
  EXPECT_EQ(server_.CountRequests(), 0u);
}

TEST_F(FetchTest, AbsentIsNotFoundAfterOneRequest) {
  for (const int status : {404, 410}) {
    server_.ForgetRequests();
    server_.Inject("/a", Fault::Status(status));
    const auto response = Fetch({server_.Url("/a")});
    EXPECT_THAT(response, FailsWith(Failure::kNotFound,
                                    "fetch from " + server_.Url("/a") +
                                        ": HTTP " + std::to_string(status)));
    EXPECT_EQ(Transfers::HttpStatusOf(response.status()), status);
    EXPECT_EQ(server_.CountRequests(), 1u);
  }
}

TEST_F(FetchTest, ForbiddenIsNotTriedAgain) {
  server_.Inject("/a", Fault::Status(403), kEveryTime);
  const auto response = Fetch({server_.Url("/a")});
  EXPECT_THAT(response, FailsWith(Failure::kHttpStatus, "HTTP 403"));
  EXPECT_EQ(Transfers::HttpStatusOf(response.status()), 403);
  EXPECT_EQ(server_.CountRequests(), 1u);
}

TEST_F(FetchTest, SuccessWithoutTheObjectIsAnError) {
  for (const int status : {201, 204, 206, 304}) {
    server_.Inject("/a", Fault::Status(status));
    EXPECT_THAT(Fetch({server_.Url("/a")}),
                FailsWith(Failure::kHttpStatus, std::to_string(status)));
  }
}

TEST_F(FetchTest, WhatCanHealIsTriedAgain) {
  for (const Fault& fault :
       {Fault::Status(408), Fault::Status(425), Fault::Status(429),
        Fault::Status(500), Fault::Status(503), Fault::CloseEarly(),
        Fault::Garbage(), Fault::Truncate(2)}) {
    server_.ForgetRequests();
    server_.Inject("/a", fault, 2);
    ASSERT_OK_AND_ASSIGN(const FetchResponse response,
                         Fetch({server_.Url("/a")}));
    EXPECT_EQ(response.body, "hello");
    EXPECT_GE(server_.CountRequests("/a"), 3u);
  }
}

TEST_F(FetchTest, TriesAreBoundedAndCounted) {
  server_.Inject("/a", Fault::Status(503), kEveryTime);
  EXPECT_THAT(Fetch({server_.Url("/a")}),
              FailsWith(Failure::kHttpStatus, "HTTP 503 after 3 tries"));
  EXPECT_EQ(server_.CountRequests(), 3u);
  EXPECT_EQ(transfers().counters().requests, 3u);
  EXPECT_EQ(transfers().counters().retries, 2u);
}

TEST_F(FetchTest, RefusedConnectionsAreTriedAgainAndNamed) {
  std::string url;
  {
    const FaultServer gone;
    url = gone.Url("/a");
  }
  EXPECT_THAT(Fetch({url}), FailsWith(Failure::kNetwork, "after 3 tries"));
}

TEST_F(FetchTest, RetryAfterIsHonouredUpToTheCap) {
  options_.max_backoff = absl::Milliseconds(300);
  server_.Inject("/a", Fault::Status(503, "3600"));
  const absl::Time start = absl::Now();
  EXPECT_THAT(Fetch({server_.Url("/a")}), IsOk());
  // Back-off alone would have been a millisecond.
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(290));
}

TEST_F(FetchTest, RetryAfterMayBeADate) {
  options_.max_backoff = absl::Milliseconds(300);
  server_.Inject("/a", Fault::Status(429, "Fri, 31 Dec 2099 23:59:59 GMT"));
  const absl::Time start = absl::Now();
  EXPECT_THAT(Fetch({server_.Url("/a")}), IsOk());
  EXPECT_GE(absl::Now() - start, absl::Milliseconds(290));
}

TEST_F(FetchTest, ExactlyTheLimitIsFineAndOneMoreIsNot) {
  EXPECT_THAT(Fetch({server_.Url("/a")}, 5), IsOk());
  EXPECT_THAT(Fetch({server_.Url("/a")}, 4),
              FailsWith(Failure::kTooLarge, "at most 4 bytes"));
  EXPECT_EQ(server_.CountRequests(), 2u);
}

TEST_F(FetchTest, ADeclaredLengthOverTheLimitEndsItAtOnce) {
  server_.Serve("/big", SomeBytes(4'000'000));
  EXPECT_THAT(Fetch({server_.Url("/big")}, 1'000'000),
              FailsWith(Failure::kTooLarge));
  EXPECT_EQ(transfers().counters().bytes_received, 0u);
}

TEST_F(FetchTest, EndlessDataIsCutOff) {
  server_.Inject("/a", Fault::Endless());
  EXPECT_THAT(Fetch({server_.Url("/a")}, 100'000),
              FailsWith(Failure::kTooLarge, "at most 100000 bytes"));
  EXPECT_LE(transfers().counters().bytes_received, 100'000u);
}

TEST_F(FetchTest, ConditionalRequestGives304) {
  ASSERT_OK_AND_ASSIGN(const FetchResponse first, Fetch({server_.Url("/a")}));
  ASSERT_OK_AND_ASSIGN(
      const FetchResponse second,
      Fetch({server_.Url("/a")}, 1000, {"if-none-match: " + first.etag}));
  EXPECT_EQ(second.status, 304);
  EXPECT_TRUE(second.body.empty());
}

TEST_F(FetchTest, NextMirrorAnswersForOneThatDoesNot) {
  FaultServer other;
  other.Serve("/a", "hello");
  for (const Fault& fault : {Fault::Status(404), Fault::Status(403),
                             Fault::Endless(), Fault::Status(503)}) {
    server_.Inject("/a", fault);
    ASSERT_OK_AND_ASSIGN(const FetchResponse response,
                         Fetch({server_.Url("/a"), other.Url("/a")}));
    EXPECT_EQ(response.body, "hello");
  }
  EXPECT_EQ(other.CountRequests(), 4u);
}

TEST_F(FetchTest, TheErrorNamesEveryMirror) {
  FaultServer other;
  EXPECT_THAT(
      Fetch({server_.Url("/none"), other.Url("/none")}),
      FailsWith(Failure::kNotFound, server_.Url("/none") + ": HTTP 404; from " +
                                        other.Url("/none") + ": HTTP 404"));
}

TEST_F(FetchTest, OverallTimeOutEndsAStalledResponse) {
  options_.metadata_timeout = absl::Milliseconds(200);
  options_.retries = 0;
  server_.Inject("/a", Fault::Stall(2));
  EXPECT_THAT(Fetch({server_.Url("/a")}), FailsWith(Failure::kTimeout));
}

TEST_F(FetchTest, ARequestMayHaveAShorterTimeOutOfItsOwn) {
  server_.Inject("/a", Fault::Stall(2));
  options_.min_speed_time = absl::Seconds(2);
  EXPECT_THAT(transfers().Fetch({.urls = {server_.Url("/a")},
                                 .max_bytes = 1000,
                                 .retries = 0,
                                 .timeout = absl::Milliseconds(100)}),
              FailsWith(Failure::kTimeout, "timed out"));
}

TEST_F(FetchTest, MinimumSpeedEndsASlowDrip) {
  options_.min_speed_time = absl::Seconds(1);
  options_.retries = 0;
  server_.Serve("/slow", std::string(2000, 'x'));
  server_.Inject("/slow", Fault::Drip());
  EXPECT_THAT(Fetch({server_.Url("/slow")}, 2000),
              FailsWith(Failure::kTimeout, "too slow"));
}

TEST_F(FetchTest, AFileUrlIsReadFromDisk) {
  const std::string path = directory_.Write("sub dir/m.json", "{}");
  ASSERT_OK_AND_ASSIGN(const FetchResponse response,
                       Fetch({"file://" + EncodeUrlPath(path)}, 2));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "{}");
  EXPECT_THAT(Fetch({"file://" + EncodeUrlPath(path)}, 1),
              FailsWith(Failure::kTooLarge));
}

TEST_F(FetchTest, AnAbsentFileIsNotFoundAndADirectoryIsRefused) {
  EXPECT_THAT(Fetch({"file://" + directory_.Join("none")}),
              FailsWith(Failure::kNotFound, "none"));
  EXPECT_THAT(Fetch({"file://" + directory_.path()}),
              FailsWith(Failure::kFileSystem, "got a directory"));
}

// Without a writer its open would never return, and the run would hang.
TEST_F(FetchTest, AFifoIsRefusedInsteadOfWaitedFor) {
  const std::string fifo = directory_.Join("timestamp.json");
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_THAT(
      Fetch({"file://" + fifo}),
      FailsWith(Failure::kFileSystem, "expected a regular file, got a FIFO"));
  EXPECT_THAT(Fetch({"file:///dev/zero"}),
              FailsWith(Failure::kFileSystem, "expected a regular file"));
}

TEST_F(FetchTest, AFileOfManyReadsComesWhole) {
  const std::string bytes = SomeBytes(300'000);
  const std::string url = "file://" + directory_.Write("m.json", bytes);
  ASSERT_OK_AND_ASSIGN(const FetchResponse response,
                       Fetch({url}, bytes.size()));
  EXPECT_EQ(response.body, bytes);
  EXPECT_THAT(Fetch({url}, bytes.size() - 1),
              FailsWith(Failure::kTooLarge, "at most 299999 bytes"));
}

TEST_F(FetchTest, OtherSchemesAreRefused) {
  EXPECT_THAT(Fetch({"ftp://host/a"}), FailsWith(Failure::kUsage, "http://"));
  EXPECT_THAT(Fetch({}), FailsWith(Failure::kUsage, "no URL"));
}

TEST_F(FetchTest, CredentialsAreSentAndNeverTold) {
  std::string url = server_.Url("/none");
  url.insert(url.find("//") + 2, "user:secret@");
  const auto response = Fetch({url});
  EXPECT_THAT(response, FailsWith(Failure::kNotFound, "***@127.0.0.1"));
  EXPECT_THAT(response.status().ToString(), Not(HasSubstr("secret")));
  EXPECT_THAT(server_.requests()[0].Header("Authorization"),
              HasSubstr("Basic "));
}

TEST_F(FetchTest, RedirectsAreFollowed) {
  server_.Inject("/old", Fault::Redirect("/a", 301));
  ASSERT_OK_AND_ASSIGN(const FetchResponse response,
                       Fetch({server_.Url("/old")}));
  EXPECT_EQ(response.body, "hello");
}

TEST_F(FetchTest, RedirectsAreFollowedAtMostFiveTimes) {
  server_.Inject("/five", Fault::Redirect("/five"), 5);
  server_.Serve("/five", "x");
  EXPECT_THAT(Fetch({server_.Url("/five")}), IsOk());
  server_.ForgetRequests();
  server_.Inject("/loop", Fault::Redirect("/loop"), kEveryTime);
  EXPECT_THAT(Fetch({server_.Url("/loop")}),
              FailsWith(Failure::kHttpStatus, "HTTP 302"));
  EXPECT_EQ(server_.CountRequests("/loop"), 6u);
}

TEST_F(FetchTest, RedirectsToOtherSchemesAreRefused) {
  const std::string secret = directory_.Write("secret", "private");
  for (const std::string& url :
       {"file://" + secret, std::string("ftp://127.0.0.1/x"),
        std::string("gopher://127.0.0.1/x")}) {
    server_.Inject("/to", Fault::Redirect(url));
    EXPECT_THAT(Fetch({server_.Url("/to")}),
                FailsWith(Failure::kHttpStatus, "redirect not followed"));
  }
  EXPECT_EQ(server_.CountRequests("/to"), 3u);
}

TEST_F(FetchTest, CredentialsDoNotFollowARedirectToAnotherHost) {
  FaultServer other;
  other.Serve("/a", "hello");
  server_.Inject("/to", Fault::Redirect(other.Url("/a")));
  std::string url = server_.Url("/to");
  url.insert(url.find("//") + 2, "user:secret@");
  ASSERT_THAT(Fetch({url}), IsOk());
  server_.Inject("/to", Fault::Redirect(other.Url("/a")));
  ASSERT_THAT(
      Fetch({server_.Url("/to")}, 1000, {"Authorization: Bearer secret"}),
      IsOk());
  for (const auto& request : server_.requests()) {
    EXPECT_NE(request.Header("Authorization"), "");
  }
  ASSERT_EQ(other.CountRequests(), 2u);
  for (const auto& request : other.requests()) {
    EXPECT_EQ(request.Header("Authorization"), "");
  }
}

}  // namespace
}  // namespace tufmirror::http
