// The server over real sockets: protocol, limits, hostile clients, shutdown.
#include "tufmirror/serve/static_server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "serve/raw_client.h"
#include "serve/site_fixture.h"
#include "support/status_matchers.h"

namespace tufmirror::serve {
namespace {

using ::tufmirror::testing::FailsWith;
using ::tufmirror::testing::IsOk;
using ::tufmirror::testing::kPipAccept;
using ::tufmirror::testing::RawClient;
using ::tufmirror::testing::RawResponse;
using ::tufmirror::testing::SiteFixture;

class StaticServerTest : public ::testing::Test {
 protected:
  ~StaticServerTest() override { StopAndJoin(); }

  void Start(const std::function<void(StaticServerOptions&)>& change = {}) {
    StaticServerOptions options;
    options.document_root = site_.live();
    options.listen = "127.0.0.1:0";
    if (change) change(options);
    absl::StatusOr<std::unique_ptr<StaticServer>> server =
        StaticServer::Create(std::move(options));
    ASSERT_THAT(server, IsOk());
    server_ = *std::move(server);
    runner_ = std::thread([this] { run_status_ = server_->Run(); });
  }

  void StopAndJoin() {
    if (!runner_.joinable()) return;
    server_->Stop();
    runner_.join();
    EXPECT_THAT(run_status_, IsOk());
  }

  RawResponse Send(const std::string& request,
                   RawClient::Body body = RawClient::Body::kExpected) {
    RawClient client(server_->port());
    client.Send(request);
    return client.Read(body);
  }
  RawResponse Get(const std::string& target, const std::string& headers = "") {
    return Send("GET " + target + " HTTP/1.1\r\nHost: x\r\n" + headers +
                "\r\n");
  }

  SiteFixture site_;
  std::unique_ptr<StaticServer> server_;
  std::thread runner_;
  absl::Status run_status_;
};

TEST_F(StaticServerTest, ServesFilesWithTheirLength) {
  Start();
  const RawResponse response =
      Get("/packages/flit/flit-3.9.0-py3-none-any.whl");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "0123456789");
  EXPECT_EQ(response.headers.at("content-type"), "application/zip");
  EXPECT_EQ(response.headers.at("content-length"), "10");
}

TEST_F(StaticServerTest, NegotiatesIndexPages) {
  Start();
  const RawResponse json =
      Get("/simple/flit/", std::string("Accept: ") + kPipAccept + "\r\n");
  EXPECT_EQ(json.body, "flit json first");
  EXPECT_EQ(json.headers.at("content-type"),
            "application/vnd.pypi.simple.v1+json");
  EXPECT_EQ(json.headers.at("vary"), "Accept");
  const RawResponse two_lines = Get(
      "/simple/flit/",
      "Accept: image/png\r\nAccept: application/vnd.pypi.simple.v1+json\r\n");
  EXPECT_EQ(two_lines.body, "flit json first");
  EXPECT_EQ(Get("/simple/flit/").body, "flit html first");
}

TEST_F(StaticServerTest, CompressesWhatIsWorthItForWhoAcceptsIt) {
  const std::string text(5000, 'x');
  site_.home.Write("trees/a/metadata/9.bin-0.json", text);
  Start();
  const std::string path = "/metadata/9.bin-0.json";
  const RawResponse compressed = Get(path, "Accept-Encoding: gzip\r\n");
  EXPECT_EQ(compressed.headers.at("content-encoding"), "gzip");
  EXPECT_LT(compressed.body.size(), text.size() / 10);
  const RawResponse plain = Get(path);
  EXPECT_EQ(plain.headers.count("content-encoding"), 0u);
  EXPECT_EQ(plain.body, text);
}

TEST_F(StaticServerTest, SaysItsTime) {
  Start();
  absl::Time time;
  ASSERT_TRUE(absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT",
                              Get("/x/").headers.at("date"), &time, nullptr));
  EXPECT_LT(absl::AbsDuration(absl::Now() - time), absl::Minutes(5));
}

TEST_F(StaticServerTest, CompressesNoSmallFilesAndNoRefusals) {
  Start();
  const RawResponse response =
      Get("/simple/flit/", "Accept-Encoding: gzip, br\r\n");
  EXPECT_EQ(response.headers.count("content-encoding"), 0u);
  EXPECT_EQ(response.body, "flit html first");
  EXPECT_EQ(Get("/absent", "Accept-Encoding: gzip, br\r\n").body,
            "404 not found\n");
}

TEST_F(StaticServerTest, HeadHasTheHeadersOfGetAndNoBody) {
  Start();
  RawClient client(server_->port());
  client.Send("HEAD /simple/flit/ HTTP/1.1\r\nHost: x\r\n\r\n");
  const RawResponse head = client.Read(RawClient::Body::kNone);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("content-length"), "15");
  // The next answer begins where a body would have been.
  client.Send("GET /simple/flit/ HTTP/1.1\r\nHost: x\r\n\r\n");
  const RawResponse get = client.Read();
  EXPECT_EQ(get.body, "flit html first");
  EXPECT_EQ(get.headers.at("etag"), head.headers.at("etag"));
}

TEST_F(StaticServerTest, RevalidatesWith304) {
  Start();
  const std::string tag = Get("/simple/").headers.at("etag");
  RawClient client(server_->port());
  client.Send("GET /simple/ HTTP/1.1\r\nHost: x\r\nIf-None-Match: " + tag +
              "\r\n\r\nGET /simple/ HTTP/1.1\r\nHost: x\r\n\r\n");
  const RawResponse unchanged = client.Read();
  EXPECT_EQ(unchanged.status, 304);
  EXPECT_EQ(unchanged.headers.count("content-length"), 0u);
  EXPECT_EQ(client.Read().status, 200);  // nothing of a body in between
  site_.Publish("trees/b");
  EXPECT_EQ(Get("/simple/", "If-None-Match: " + tag + "\r\n").body,
            "root html second");
}

TEST_F(StaticServerTest, SendsRanges) {
  Start();
  const std::string wheel = "/packages/flit/flit-3.9.0-py3-none-any.whl";
  const RawResponse part = Get(wheel, "Range: bytes=3-5\r\n");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "345");
  EXPECT_EQ(part.headers.at("content-range"), "bytes 3-5/10");
  EXPECT_EQ(part.headers.at("content-length"), "3");
  EXPECT_EQ(Get(wheel, "Range: bytes=-2\r\n").body, "89");
  EXPECT_EQ(Get(wheel, "Range: bytes=7-\r\n").body, "789");
  EXPECT_EQ(Get(wheel, "Range: bytes=0-1,3-4\r\n").body, "0123456789");
  const RawResponse beyond = Get(wheel, "Range: bytes=10-\r\n");
  EXPECT_EQ(beyond.status, 416);
  EXPECT_EQ(beyond.headers.at("content-range"), "bytes */10");
}

TEST_F(StaticServerTest, SurvivesHostileRanges) {
  Start();
  std::string many = "Range: bytes=0-0";
  while (many.size() < 4000) many += ",0-0";
  EXPECT_EQ(Get("/simple/", many + "\r\n").status, 200);
  Get("/simple/", "Range: bytes=99999999999999999999999-\r\n");
  Get("/simple/", "Range: " + std::string(4000, '-') + "\r\n");
  EXPECT_EQ(Get("/simple/").status, 200);
}

TEST_F(StaticServerTest, ServesEmptyFiles) {
  Start();
  const RawResponse response = Get("/empty");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.at("content-length"), "0");
}

TEST_F(StaticServerTest, SendsLargeFilesInPieces) {
  std::string large(5'000'003, '\0');
  for (size_t i = 0; i < large.size(); ++i) {
    large[i] = static_cast<char>(i * 2654435761u >> 13);
  }
  site_.home.Write("packages/big/big-1.tar.gz", large);
  Start();
  const RawResponse whole = Get("/packages/big/big-1.tar.gz");
  EXPECT_EQ(whole.headers.at("content-type"), "application/gzip");
  EXPECT_TRUE(whole.body == large);
  const RawResponse part =
      Get("/packages/big/big-1.tar.gz", "Range: bytes=262143-1048577\r\n");
  EXPECT_TRUE(part.body == large.substr(262143, 1048577 - 262143 + 1));
}

TEST_F(StaticServerTest, RedirectIgnoresTheHostHeader) {
  Start();
  const RawResponse response =
      Send("GET /simple/Flit/ HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  EXPECT_EQ(response.status, 301);
  EXPECT_EQ(response.headers.at("location"), "../flit/");
}

TEST_F(StaticServerTest, RefusesTraversal) {
  Start();
  for (const char* target :
       {"/../state/secret", "/%2e%2e/state/secret",
        "/packages/%2e%2e/state/secret", "/packages/..%2fstate/secret",
        "/simple/%00", "/a%5cb", "/a\\b", "http://x/simple/", "//simple/"}) {
    const RawResponse response = Get(target);
    EXPECT_EQ(response.status, 400) << target;
    EXPECT_EQ(response.body.find("secret"), std::string::npos) << target;
  }
  EXPECT_EQ(Get("/escape/secret").status, 404);
}

TEST_F(StaticServerTest, RefusesRequestsWithBodies) {
  Start();
  for (const std::string framing :
       {"Content-Length: 5", "Transfer-Encoding: chunked"}) {
    RawClient client(server_->port());
    client.Send("GET /simple/ HTTP/1.1\r\nHost: x\r\n" + framing +
                "\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
    const RawResponse response = client.Read();
    EXPECT_EQ(response.status, 400) << framing;
    EXPECT_EQ(response.headers.at("connection"), "close");
    EXPECT_TRUE(client.AtEnd()) << framing;  // the body was no request
  }
}

TEST_F(StaticServerTest, RefusesOtherMethods) {
  Start();
  EXPECT_EQ(Send("DELETE /simple/ HTTP/1.1\r\nHost: x\r\n\r\n").status, 405);
  EXPECT_EQ(Send("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n").status, 405);
}

TEST_F(StaticServerTest, RefusesMalformedHeads) {
  Start();
  for (const std::string& request :
       {std::string("nonsense\r\n\r\n"), std::string("GET /simple/\r\n\r\n"),
        std::string("GET /simple/ HTTP/1.1\nHost: x\n\n"),
        std::string("GET /simple/ HTTP/1.1\r\nA: b\nC: d\r\n\r\n"),
        std::string("GET /simple/ HTTP/1.1\r\nA: b\rC: d\r\n\r\n"),
        std::string("GET /simple/\0 HTTP/1.1\r\n\r\n", 27)}) {
    RawClient client(server_->port());
    client.Send(request);
    EXPECT_EQ(client.Read().status, 400) << request;
    EXPECT_TRUE(client.AtEnd()) << request;
  }
}

TEST_F(StaticServerTest, BoundsTheRequestLine) {
  Start();
  EXPECT_EQ(Get("/" + std::string(5000, 'a')).status, 414);
  // One without an end is refused while it is still coming.
  RawClient client(server_->port());
  client.Send("GET /" + std::string(100'000, 'a'));
  EXPECT_EQ(client.Read().status, 414);
}

TEST_F(StaticServerTest, BoundsTheHeaders) {
  Start();
  EXPECT_EQ(Get("/simple/", "A: " + std::string(5000, 'a') + "\r\n").status,
            431);
  std::string many;
  while (many.size() < 20'000) many += "A: b\r\n";
  EXPECT_EQ(Get("/simple/", many).status, 431);
}

TEST_F(StaticServerTest, EndsHeadsThatNeverComplete) {
  Start([](StaticServerOptions& options) {
    options.head_timeout = absl::Milliseconds(50);
  });
  EXPECT_EQ(Send("GET /simple/ HTTP/1.1\r\n").status, 408);
}

TEST_F(StaticServerTest, ClosesIdleConnections) {
  Start([](StaticServerOptions& options) {
    options.idle_timeout = absl::Milliseconds(50);
  });
  RawClient client(server_->port());
  EXPECT_TRUE(client.AtEnd());
}

TEST_F(StaticServerTest, CutsClientsThatTakeNothing) {
  site_.home.Write("packages/big/big-1.tar.gz", std::string(30'000'000, 'x'));
  Start([](StaticServerOptions& options) {
    options.write_timeout = absl::Milliseconds(50);
    options.threads = 1;
  });
  RawClient stalled(server_->port());
  stalled.Send("GET /packages/big/big-1.tar.gz HTTP/1.1\r\nHost: x\r\n\r\n");
  // The one thread comes free although the first client never reads.
  EXPECT_EQ(Get("/simple/").status, 200);
}

TEST_F(StaticServerTest, KeepsConnectionsAlive) {
  Start();
  RawClient client(server_->port());
  for (int i = 0; i < 100; ++i) {
    client.Send("GET /simple/ HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_EQ(client.Read().body, "root html first") << i;
  }
}

TEST_F(StaticServerTest, AnswersPipelinedRequestsInOrder) {
  Start();
  RawClient client(server_->port());
  client.Send(
      "GET /simple/ HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /absent HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /status/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.Read().body, "root html first");
  EXPECT_EQ(client.Read().status, 404);
  EXPECT_EQ(client.Read().body, "status");
  EXPECT_TRUE(client.AtEnd());
}

TEST_F(StaticServerTest, Http10ClosesAfterTheAnswer) {
  Start();
  RawClient client(server_->port());
  client.Send("GET /simple/ HTTP/1.0\r\n\r\n");
  EXPECT_EQ(client.Read().body, "root html first");
  EXPECT_TRUE(client.AtEnd());
}

TEST_F(StaticServerTest, IdleConnectionsGiveWayToWaitingOnes) {
  Start([](StaticServerOptions& options) {
    options.threads = 2;
    options.idle_timeout = absl::Hours(1);
  });
  std::vector<std::unique_ptr<RawClient>> idle;
  for (int i = 0; i < 6; ++i) {
    idle.push_back(std::make_unique<RawClient>(server_->port()));
    idle.back()->Send("GET /simple/ HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_EQ(idle.back()->Read().status, 200) << i;
  }
}

TEST_F(StaticServerTest, SlowReadersGiveWayToWaitingClients) {
  site_.home.Write("packages/big/big-1.tar.gz", std::string(30'000'000, 'x'));
  Start([](StaticServerOptions& options) {
    options.threads = 2;
    options.write_timeout = absl::Hours(1);
    options.slow_time = absl::Milliseconds(20);
    options.slow_rate = 1'000'000'000'000;  // whoever does not take it all
  });
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 6; ++i) {
    slow.push_back(std::make_unique<RawClient>(server_->port()));
    slow.back()->Send(
        "GET /packages/big/big-1.tar.gz HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_TRUE(slow.back()->Receive(1)) << i;
  }
  EXPECT_EQ(Get("/simple/").status, 200);
}

TEST_F(StaticServerTest, SlowReadersAreServedWhileNobodyWaits) {
  const std::string large(30'000'000, 'x');
  site_.home.Write("packages/big/big-1.tar.gz", large);
  Start([](StaticServerOptions& options) {
    options.threads = 1;
    options.write_timeout = absl::Hours(1);
    options.slow_time = absl::ZeroDuration();
    options.slow_rate = 1'000'000'000'000;
  });
  RawClient client(server_->port());
  client.Send("GET /packages/big/big-1.tar.gz HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_TRUE(client.Read().body == large);
}

TEST_F(StaticServerTest, ClosesConnectionsBeyondItsLimit) {
  Start([](StaticServerOptions& options) { options.max_connections = 1; });
  RawClient first(server_->port());
  first.Send("GET /simple/ HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(first.Read().status, 200);
  RawClient second(server_->port());
  EXPECT_TRUE(second.AtEnd());
}

TEST_F(StaticServerTest, EveryAnswerIsOfOneGeneration) {
  Start();
  std::vector<std::thread> readers;
  std::atomic<bool> done = false;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([this, &done] {
      while (!done) {
        const std::string body = Get("/metadata/timestamp.json").body;
        EXPECT_TRUE(body == "timestamp first" || body == "timestamp second")
            << body;
      }
    });
  }
  for (int i = 0; i < 200; ++i) {
    site_.Publish(i % 2 == 0 ? "trees/b" : "trees/a");
  }
  done = true;
  for (std::thread& reader : readers) reader.join();
}

TEST_F(StaticServerTest, LogsWhenAsked) {
  std::mutex mutex;
  std::vector<AccessLogEntry> entries;
  Start([&](StaticServerOptions& options) {
    options.access_log = [&](const AccessLogEntry& entry) {
      const std::lock_guard<std::mutex> lock(mutex);
      entries.push_back(entry);
    };
  });
  Get("/simple/?a=b");
  Get("/absent");
  StopAndJoin();
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].remote, "127.0.0.1");
  EXPECT_EQ(entries[0].method, "GET");
  EXPECT_EQ(entries[0].target, "/simple/?a=b");
  EXPECT_EQ(entries[0].status, 200);
  EXPECT_EQ(entries[0].body_bytes, 15u);
  EXPECT_EQ(entries[1].status, 404);
}

TEST_F(StaticServerTest, StopEndsIdleConnectionsAtOnce) {
  Start([](StaticServerOptions& options) {
    options.idle_timeout = absl::Hours(1);
    options.drain_timeout = absl::Hours(1);
  });
  RawClient idle(server_->port());
  idle.Send("GET /simple/ HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(idle.Read().status, 200);
  StopAndJoin();
  EXPECT_TRUE(idle.AtEnd());
}

TEST_F(StaticServerTest, StopCutsStalledTransfersAfterTheDrainTime) {
  site_.home.Write("packages/big/big-1.tar.gz", std::string(30'000'000, 'x'));
  Start([](StaticServerOptions& options) {
    options.write_timeout = absl::Hours(1);
    options.drain_timeout = absl::Milliseconds(50);
  });
  RawClient stalled(server_->port());
  stalled.Send("GET /packages/big/big-1.tar.gz HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(stalled.Receive(1));  // the answer has begun
  StopAndJoin();
}

TEST_F(StaticServerTest, StopLetsTransfersFinish) {
  const std::string large(30'000'000, 'x');
  site_.home.Write("packages/big/big-1.tar.gz", large);
  Start([](StaticServerOptions& options) {
    options.drain_timeout = absl::Hours(1);
  });
  RawClient client(server_->port());
  client.Send("GET /packages/big/big-1.tar.gz HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(client.Receive(1));
  server_->Stop();
  EXPECT_TRUE(client.Read().body == large);
}

TEST_F(StaticServerTest, StopBeforeRunIsNotLost) {
  StaticServerOptions options;
  options.document_root = site_.live();
  options.listen = "127.0.0.1:0";
  ASSERT_OK_AND_ASSIGN(auto server, StaticServer::Create(options));
  server->Stop();
  EXPECT_THAT(server->Run(), IsOk());
}

TEST_F(StaticServerTest, ShowsItsUrl) {
  Start();
  EXPECT_EQ(server_->url(),
            "http://127.0.0.1:" + std::to_string(server_->port()) + "/");
}

TEST_F(StaticServerTest, MissingDocumentRootIsRefused) {
  StaticServerOptions options;
  options.document_root = site_.home.Join("absent");
  options.listen = "127.0.0.1:0";
  EXPECT_THAT(StaticServer::Create(options),
              FailsWith(Failure::kNotFound, "absent"));
}

TEST_F(StaticServerTest, TakenPortIsRefused) {
  Start();
  StaticServerOptions options;
  options.document_root = site_.live();
  options.listen = "127.0.0.1:" + std::to_string(server_->port());
  EXPECT_THAT(StaticServer::Create(options),
              FailsWith(Failure::kNetwork, options.listen));
}

}  // namespace
}  // namespace tufmirror::serve
