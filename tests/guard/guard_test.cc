// What a guard serves: pages and files as installers ask for them.
#include "tufmirror/guard/guard.h"

#include <sys/socket.h>

#include <thread>

#include "guard/guard_fixture.h"
#include "tufmirror/pypi/upstream_page.h"

namespace tufmirror::guard {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::tufmirror::testing::FailsWith;
using ::tufmirror::testing::Fault;
using ::tufmirror::testing::GuardTest;
using ::tufmirror::testing::IsOk;
using ::tufmirror::testing::kEveryTime;
using ::tufmirror::testing::kFlitWheel;
using ::tufmirror::testing::kWantsJson;
using ::tufmirror::testing::RawClient;
using ::tufmirror::testing::RawResponse;
using ::tufmirror::testing::RepositoryFixture;

TEST_F(GuardTest, ServesPagesByNegotiation) {
  PublishFlit();
  Start();
  const RawResponse html = Get("/simple/flit/");
  EXPECT_EQ(html.status, 200);
  EXPECT_EQ(html.headers.at("content-type"), "text/html; charset=utf-8");
  EXPECT_EQ(html.body, contents.at("simple/flit/index.html"));
  const RawResponse json = Get("/simple/flit/", kWantsJson);
  EXPECT_EQ(json.headers.at("content-type"),
            "application/vnd.pypi.simple.v1+json");
  EXPECT_EQ(json.body, contents.at("simple/flit/index.v1_json"));
  EXPECT_EQ(Get("/simple/", kWantsJson).body,
            contents.at("simple/index.v1_json"));
  EXPECT_EQ(Get("/simple/flit/", "Accept: image/png\r\n").status, 406);
}

TEST_F(GuardTest, ServesFilesAndTheirMetadata) {
  PublishFlit();
  Start();
  EXPECT_EQ(Get(std::string("/") + kFlitWheel).body, "0123456789");
  EXPECT_EQ(Get(std::string("/") + kFlitWheel + ".metadata").body,
            "Name: flit\n");
  const Stats stats = guard->stats();
  EXPECT_EQ(stats.files_verified, 2u);
  EXPECT_EQ(stats.bytes_sent, 21u);
  EXPECT_EQ(stats.target_bytes, 21u);
  EXPECT_GT(stats.metadata_bytes, 0u);
  EXPECT_EQ(stats.mirror, server.url() + "/");
  EXPECT_EQ(stats.refused, 0u);
}

TEST_F(GuardTest, RedirectsToNormalizedNames) {
  PublishFlit();
  Start();
  for (const auto& [asked, location] :
       std::vector<std::pair<std::string, std::string>>{
           {"/simple/Flit/", "../flit/"},
           {"/simple/FLIT", "./flit/"},
           {"/simple/flit?a=b", "./flit/?a=b"}}) {
    const RawResponse response = Get(asked);
    EXPECT_EQ(response.status, 301) << asked;
    EXPECT_EQ(response.headers.at("location"), location);
  }
  EXPECT_EQ(Get("/").headers.at("location"), "./simple/");
}

TEST_F(GuardTest, HonoursRangeAndHeadAndEntityTag) {
  PublishFlit();
  Start();
  const std::string path = std::string("/") + kFlitWheel;
  const RawResponse head = Head(path);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("content-length"), "10");
  // The length is signed: nothing had to be downloaded.
  EXPECT_EQ(server.CountRequests(OnMirror(kFlitWheel)), 0u);
  const RawResponse part = Get(path, "Range: bytes=2-4\r\n");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "234");
  EXPECT_EQ(part.headers.at("content-range"), "bytes 2-4/10");
  const std::string tag = head.headers.at("etag");
  EXPECT_EQ(Get(path, "If-None-Match: " + tag + "\r\n").status, 304);
  EXPECT_EQ(Get(path, "Range: bytes=20-\r\n").status, 416);
  const std::string page_tag = Get("/simple/flit/").headers.at("etag");
  EXPECT_EQ(Get("/simple/flit/", "If-None-Match: " + page_tag + "\r\n").status,
            304);
}

TEST_F(GuardTest, FindsWhatIsNotThereAbsent) {
  PublishFlit();
  Start();
  EXPECT_EQ(Get("/simple/nothing/").status, 404);
  EXPECT_EQ(Get("/packages/flit/nothing.whl").status, 404);
  // Only targets are served, whatever else the mirror has.
  EXPECT_EQ(Get("/metadata/timestamp.json").status, 404);
  EXPECT_EQ(Get("/packages/flit/%2e%2e/x").status, 400);
  EXPECT_EQ(guard->stats().refused, 0u);
}

TEST_F(GuardTest, DownloadsOnceForManyRequests) {
  PublishFlit();
  Start();
  const std::string on_mirror = OnMirror(kFlitWheel);
  server.Inject(on_mirror, Fault::Stall(4), 1);
  std::vector<RawResponse> responses(8);
  std::vector<std::thread> clients;
  ASSERT_EQ(Get("/simple/flit/").status, 200);
  for (RawResponse& response : responses) {
    clients.emplace_back(
        [&] { response = Get(std::string("/") + kFlitWheel); });
  }
  while (server.CountRequests(on_mirror) == 0) std::this_thread::yield();
  server.Release();
  for (std::thread& client : clients) client.join();
  for (const RawResponse& response : responses) {
    EXPECT_EQ(response.body, "0123456789");
  }
  EXPECT_EQ(server.CountRequests(on_mirror), 1u);
}

TEST_F(GuardTest, SendsNoByteBeforeItIsVerified) {
  PublishFlit();
  Start();
  const std::string on_mirror = OnMirror(kFlitWheel);
  server.Inject(on_mirror, Fault::Stall(9));
  RawClient client(guard->port());
  client.Send(RequestFor(std::string("/") + kFlitWheel));
  while (server.CountRequests(on_mirror) == 0) std::this_thread::yield();
  char byte = 0;
  EXPECT_EQ(recv(client.fd(), &byte, 1, MSG_DONTWAIT | MSG_PEEK), -1);
  server.Release();
  EXPECT_EQ(client.Read().body, "0123456789");
}

TEST_F(GuardTest, RefusesHostNamesOfOthers) {
  PublishFlit();
  Start();
  host = "rebound.example";
  ExpectRefused(Get("/simple/flit/"), 403, Failure::kHeldBack, "Host header");
  EXPECT_EQ(server.CountRequests(), 0u);
}

TEST_F(GuardTest, ListensOnLoopbackOnlyUnlessToldOtherwise) {
  PublishFlit();
  options.root = repository.files().at("metadata/1.root.json");
  options.listen = "0.0.0.0:0";
  EXPECT_THAT(Guard::Start(options), FailsWith(Failure::kUsage, "loopback"));
  options.reach = Reach::kRemote;
  EXPECT_THAT(Guard::Start(options), IsOk());
}

TEST_F(GuardTest, RefusesToStartWithoutARootToTrust) {
  PublishFlit();
  EXPECT_THAT(Guard::Start(options), FailsWith(Failure::kUsage, "root"));
  options.root = "{}";
  EXPECT_THAT(Guard::Start(options), FailsWith(Failure::kMalformed));
}

TEST_F(GuardTest, ServesFromTheCacheOffline) {
  PublishFlit();
  Start();
  ASSERT_EQ(Get("/simple/flit/").status, 200);
  ASSERT_EQ(Get(std::string("/") + kFlitWheel).status, 200);
  options.connectivity = Connectivity::kOffline;
  server.ForgetRequests();
  Start();
  EXPECT_EQ(Get("/simple/flit/").status, 200);
  EXPECT_EQ(Get(std::string("/") + kFlitWheel).body, "0123456789");
  ExpectRefused(Get("/simple/flit/", kWantsJson), 504, Failure::kNotFound,
                "offline");
  EXPECT_EQ(server.CountRequests(), 0u);
  SetClock(RepositoryFixture::now() + absl::Hours(24 * 31));
  ExpectRefused(Get("/simple/flit/"), 403, Failure::kExpired, "expired");
}

TEST_F(GuardTest, DoesNotAskForAPageThatIsTooLargeToBeRead) {
  PublishFlit();
  for (tuf::TargetFile& target : repository.targets.targets) {
    if (target.path == "simple/flit/index.html") {
      target.content.length = pypi::kMaxJsonPageBytes + 1;
    }
  }
  repository.Publish();
  ServeOn(server);
  Start();
  ExpectRefused(Get("/simple/flit/"), 403, Failure::kTooLarge, "at most");
  EXPECT_EQ(server.CountRequests(OnMirror("simple/flit/index.html")), 0u);
}

TEST_F(GuardTest, RewritesLinksToTheMirrorAndDropsOthers) {
  AddFile("flit", "flit-1.0.tar.gz", "one").url =
      options.mirrors[0] + "packages/flit/flit-1.0.tar.gz";
  AddFile("flit", "flit-2.0.tar.gz", "two").url =
      "https://elsewhere.example/flit-2.0.tar.gz";
  Publish();
  Start();
  const std::string page = Get("/simple/flit/", kWantsJson).body;
  EXPECT_THAT(page, HasSubstr("\"../../packages/flit/flit-1.0.tar.gz\""));
  EXPECT_THAT(page, Not(HasSubstr("flit-2.0")));
  EXPECT_THAT(Get("/simple/flit/").body,
              HasSubstr("../../packages/flit/flit-1.0.tar.gz"));
  EXPECT_THAT(Log(), HasSubstr("flit-2.0.tar.gz"));
}

TEST_F(GuardTest, RefreshesAsOftenAsToldAndNoMore) {
  PublishFlit();
  options.refresh = absl::Hours(1);
  Start();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Get("/simple/flit/").status, 200);
  EXPECT_EQ(server.CountRequests("/metadata/timestamp.json"), 1u);
}

TEST_F(GuardTest, AnswersFromTheLastGoodStateDuringARefresh) {
  PublishFlit();
  Start();
  ASSERT_EQ(Get("/simple/flit/").status, 200);
  server.ForgetRequests();
  server.Inject("/metadata/timestamp.json", Fault::Stall(1));
  RawResponse waited;
  std::thread refreshing([&] { waited = Get("/simple/flit/"); });
  while (server.CountRequests("/metadata/timestamp.json") == 0) {
    std::this_thread::yield();
  }
  EXPECT_EQ(Get("/simple/flit/").status, 200);
  EXPECT_EQ(server.CountRequests("/metadata/timestamp.json"), 1u);
  server.Release();
  refreshing.join();
  EXPECT_EQ(waited.status, 200);
}

TEST_F(GuardTest, TellsMirrorsNothingOfWhatInstallersSend) {
  PublishFlit();
  Start();
  ASSERT_EQ(Get("/simple/flit/",
                "Authorization: Basic c2VjcmV0\r\n"
                "Cookie: secret\r\nUser-Agent: pip/24.2\r\n")
                .status,
            200);
  for (const auto& request : server.requests()) {
    EXPECT_EQ(request.Header("Authorization"), "") << request.target;
    EXPECT_EQ(request.Header("Cookie"), "");
    EXPECT_THAT(request.Header("User-Agent"), HasSubstr("tufmirror/"));
  }
}

TEST_F(GuardTest, StopsWithARequestUnderWay) {
  PublishFlit();
  Start();
  server.Inject(OnMirror(kFlitWheel), Fault::Stall(1), kEveryTime);
  RawClient client(guard->port());
  client.Send(RequestFor(std::string("/") + kFlitWheel));
  while (server.CountRequests(OnMirror(kFlitWheel)) == 0) {
    std::this_thread::yield();
  }
  guard->Stop();
  EXPECT_THAT(guard->Wait(), IsOk());
}

}  // namespace
}  // namespace tufmirror::guard
