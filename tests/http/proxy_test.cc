// Proxies of all kinds over real sockets, with and without credentials.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "http/transfer_fixture.h"
#include "support/proxy_server.h"

namespace tufmirror::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::tufmirror::testing::FailsWith;
using ::tufmirror::testing::IsOk;
using ::tufmirror::testing::ProxyServer;

constexpr char kBasic[] = "Basic dXNlcjpzZWNyZXQ=";  // user:secret

class ProxyLoginTest : public TransferTest {
 protected:
  ProxyLoginTest() {
    options_.retries = 0;
    server_.Serve("/a", "a");
  }
  ~ProxyLoginTest() override {
    unsetenv("TUFMIRROR_PROXY_CREDENTIALS");
    unsetenv("http_proxy");
  }

  // The fault server is an HTTP proxy too: for any host.
  std::string HttpProxy() const {
    return "127.0.0.1:" + std::to_string(server_.port());
  }
  std::string ProxyTold() const {
    return server_.requests().back().Header("Proxy-Authorization");
  }

  ProxyServer proxy_{server_.port()};
};

TEST_F(ProxyLoginTest, AnHttpProxyIsToldThePasswordOfItsUrl) {
  options_.proxy = "http://user:s%65cret@" + HttpProxy() + "/";
  ASSERT_THAT(Fetch({"http://index.example/a"}), IsOk());
  EXPECT_EQ(server_.requests().back().target, "http://index.example/a");
  EXPECT_EQ(ProxyTold(), kBasic);
  EXPECT_EQ(server_.requests().back().Header("Authorization"), "");
}

TEST_F(ProxyLoginTest, AFileOrTheEnvironmentComesBeforeTheUrl) {
  options_.proxy = "http://other:hidden@" + HttpProxy();
  setenv("TUFMIRROR_PROXY_CREDENTIALS", "user:secret", 1);
  ASSERT_THAT(Fetch({"http://index.example/a"}), IsOk());
  EXPECT_EQ(ProxyTold(), kBasic);

  unsetenv("TUFMIRROR_PROXY_CREDENTIALS");
  options_.proxy_credentials_file = directory_.Write("s", "user:secret\n");
  ASSERT_EQ(chmod(options_.proxy_credentials_file.c_str(), 0600), 0);
  transfers_.reset();
  ASSERT_THAT(Fetch({"http://index.example/a"}), IsOk());
  EXPECT_EQ(ProxyTold(), kBasic);
}

TEST_F(ProxyLoginTest, AProxyWithoutASchemeIsOneForHttp) {
  options_.proxy = HttpProxy();
  ASSERT_THAT(Fetch({"http://index.example/a"}), IsOk());
  EXPECT_EQ(server_.requests().back().target, "http://index.example/a");
}

TEST_F(ProxyLoginTest, Socks5hLetsTheProxyLookNamesUp) {
  options_.proxy = "socks5h://user:secret@" + proxy_.address();
  ASSERT_THAT(Fetch({"http://index.example/a"}), IsOk());
  EXPECT_EQ(server_.requests().back().target, "/a");
  ASSERT_THAT(proxy_.tunnels(), SizeIs(1));
  EXPECT_EQ(proxy_.tunnels()[0].kind, "socks5");
  EXPECT_EQ(proxy_.tunnels()[0].target, "index.example:80");
  EXPECT_EQ(proxy_.tunnels()[0].credentials, "user:secret");
}

TEST_F(ProxyLoginTest, Socks5LooksNamesUpItself) {
  options_.proxy = "socks5://" + proxy_.address();
  ASSERT_THAT(Fetch({"http://127.0.0.2:81/a"}), IsOk());
  ASSERT_THAT(proxy_.tunnels(), SizeIs(1));
  EXPECT_EQ(proxy_.tunnels()[0].target, "127.0.0.2:81");
  EXPECT_EQ(proxy_.tunnels()[0].credentials, "");
}

TEST_F(ProxyLoginTest, ServerCredentialsPassThroughTheProxyToThatServer) {
  options_.proxy = "http://" + HttpProxy();
  options_.credential_urls = {"http://user:secret@127.0.0.9/"};
  ASSERT_THAT(Fetch({"http://127.0.0.9/a"}), IsOk());
  EXPECT_EQ(server_.requests().back().Header("Authorization"), kBasic);
  EXPECT_EQ(ProxyTold(), "");
}

TEST_F(ProxyLoginTest, AProxyThatIsNoneIsRefusedWithoutItsPassword) {
  for (const char* proxy :
       {"ftp://user:secret@proxy.example:1", "http://user:secret@",
        "http://user:secret@proxy.example:port",
        "http://user:secret@proxy.example/path",
        "http://user:secret@proxy.example/?q",
        "user:secret@proxy.example:99999", "socks4://user:secret@a.example:1",
        "http://user:sec ret@a.example", "http://user:secret@a\r\nb"}) {
    options_.proxy = proxy;
    const absl::Status status = Transfers::Create(options_).status();
    EXPECT_THAT(status, FailsWith(Failure::kUsage, "socks5h://")) << proxy;
    EXPECT_THAT(status.ToString(), Not(HasSubstr("secret")));
    EXPECT_THAT(status.ToString(), Not(HasSubstr("sec ret")));
  }
}

TEST_F(ProxyLoginTest, NoFailureTellsAProxysSecret) {
  for (const char* proxy :
       {"http://user:secret@127.0.0.1:1", "socks5://user:secret@127.0.0.1:1",
        "http://user:secret@proxy.invalid:1"}) {
    options_.proxy = proxy;
    transfers_.reset();
    const absl::Status status = Fetch({"http://index.example/a"}).status();
    EXPECT_THAT(status, FailsWith(Failure::kNetwork));
    EXPECT_THAT(status.ToString(), Not(HasSubstr("secret")));
  }
}

TEST_F(ProxyLoginTest, NorThatOfABadProxyInTheEnvironment) {
  for (const char* proxy :
       {"http://user:secret@a:b:c", "user:sec ret@a b", "x://user:secret@h",
        "http://user:secret@h:99999999"}) {
    setenv("http_proxy", proxy, 1);
    transfers_.reset();
    const absl::Status status = Fetch({"http://index.example/a"}).status();
    EXPECT_THAT(status, FailsWith(Failure::kNetwork)) << proxy;
    EXPECT_THAT(status.ToString(), Not(HasSubstr("secret")));
    EXPECT_THAT(status.ToString(), Not(HasSubstr("sec ret")));
  }
}

}  // namespace
}  // namespace tufmirror::http
