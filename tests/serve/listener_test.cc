// Listen addresses as operators write them.
#include "serve/listener.h"

#include <gtest/gtest.h>

#include "support/status_matchers.h"

namespace tufmirror::serve {
namespace {

using ::tufmirror::testing::FailsWith;

TEST(ParseListenAddressTest, TakesHostAndPort) {
  ASSERT_OK_AND_ASSIGN(const ListenAddress v4,
                       ParseListenAddress("127.0.0.1:8080"));
  EXPECT_EQ(v4.host, "127.0.0.1");
  EXPECT_EQ(v4.port, 8080);
  ASSERT_OK_AND_ASSIGN(const ListenAddress v6, ParseListenAddress("[::1]:0"));
  EXPECT_EQ(v6.host, "::1");
  EXPECT_EQ(v6.port, 0);
  ASSERT_OK_AND_ASSIGN(const ListenAddress name,
                       ParseListenAddress("localhost:65535"));
  EXPECT_EQ(name.host, "localhost");
}

TEST(ParseListenAddressTest, RefusesOtherForms) {
  for (const char* text :
       {"", "8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536",
        "127.0.0.1:-1", "127.0.0.1:+1", "127.0.0.1:x", "127.0.0.1: 1", "::1:80",
        "[]:80", "127.0.0.1:99999999999999999999"}) {
    EXPECT_THAT(ParseListenAddress(text),
                FailsWith(Failure::kUsage, "expected HOST:PORT"))
        << text;
  }
}

TEST(ListenerTest, PicksAPort) {
  ASSERT_OK_AND_ASSIGN(const Listener listener,
                       Listener::Create("127.0.0.1:0"));
  EXPECT_GT(listener.port(), 0);
}

TEST(ListenerTest, StopEndsAccept) {
  ASSERT_OK_AND_ASSIGN(const Listener listener,
                       Listener::Create("127.0.0.1:0"));
  ASSERT_OK_AND_ASSIGN(const Event stop, Event::Create(Event::Kind::kLatch));
  stop.Set();
  ASSERT_OK_AND_ASSIGN(const auto accepted, listener.Accept(stop));
  EXPECT_FALSE(accepted.has_value());
}

TEST(EventTest, SemaphoreGivesOneForEachSet) {
  ASSERT_OK_AND_ASSIGN(const Event event,
                       Event::Create(Event::Kind::kSemaphore));
  EXPECT_FALSE(event.TryTake());
  event.Set();
  event.Set();
  EXPECT_TRUE(event.TryTake());
  EXPECT_TRUE(event.TryTake());
  EXPECT_FALSE(event.TryTake());
}

}  // namespace
}  // namespace tufmirror::serve
