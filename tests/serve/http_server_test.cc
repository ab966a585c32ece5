// What a handler can say that files cannot: reasons, and bodies as they come.
#include "tufmirror/serve/http_server.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "serve/raw_client.h"
#include "support/status_matchers.h"

namespace tufmirror::serve {
namespace {

using ::tufmirror::testing::IsOk;
using ::tufmirror::testing::RawClient;
using ::tufmirror::testing::RawResponse;

class HttpServerTest : public ::testing::Test {
 protected:
  ~HttpServerTest() override {
    server_->Stop();
    runner_.join();
  }

  void Start(HttpServer::Handler handler) {
    auto server =
        HttpServer::Create({.listen = "127.0.0.1:0"}, std::move(handler));
    ASSERT_THAT(server, IsOk());
    server_ = *std::move(server);
    runner_ = std::thread([this] { EXPECT_THAT(server_->Run(), IsOk()); });
  }

  std::unique_ptr<HttpServer> server_;
  std::thread runner_;
};

TEST_F(HttpServerTest, SaysTheReasonOfOneReplyOnly) {
  Start([](const Request& request) {
    Reply reply = TextReply(403, "no");
    if (request.target == "/reason")
      reply.reason = "because of " + request.host;
    return reply;
  });
  RawClient client(server_->port());
  client.Send("GET /reason HTTP/1.1\r\nHost: here\r\n\r\n");
  EXPECT_EQ(client.Read().reason, "because of here");
  client.Send("GET / HTTP/1.1\r\nHost: here\r\n\r\n");
  const RawResponse usual = client.Read();
  EXPECT_EQ(usual.reason, "Forbidden");
  EXPECT_EQ(usual.body, "403 no\n");
}

TEST_F(HttpServerTest, SendsABodyAsItIsWritten) {
  Start([](const Request&) {
    Reply reply;
    reply.content_type = "text/plain";
    reply.length = 6;
    reply.write_body = [](BodySink sink) { return sink("abc") && sink("def"); };
    return reply;
  });
  RawClient client(server_->port());
  client.Send("HEAD / HTTP/1.1\r\nHost: here\r\n\r\n");
  EXPECT_EQ(client.Read(RawClient::Body::kNone).headers.at("content-length"),
            "6");
  client.Send("GET / HTTP/1.1\r\nHost: here\r\n\r\n");
  EXPECT_EQ(client.Read().body, "abcdef");
}

TEST_F(HttpServerTest, CutsTheConnectionWhenABodyEndsEarly) {
  Start([](const Request&) {
    Reply reply;
    reply.content_type = "text/plain";
    reply.length = 6;
    reply.write_body = [](BodySink sink) { return sink("abc") && false; };
    return reply;
  });
  RawClient client(server_->port());
  client.Send("GET / HTTP/1.1\r\nHost: here\r\n\r\n");
  const RawResponse response = client.Read();
  EXPECT_EQ(response.headers.at("content-length"), "6");
  EXPECT_EQ(response.body, "abc");
  EXPECT_TRUE(client.AtEnd());
}

}  // namespace
}  // namespace tufmirror::serve
