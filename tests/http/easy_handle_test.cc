// TLS and what redirects may do with it, against `openssl s_server`.
#include "http/easy_handle.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

#include "http/transfer_fixture.h"

namespace tufmirror::http {
namespace {

using ::tufmirror::testing::FailsWith;
using ::tufmirror::testing::IsOk;

// An HTTPS server for the files of a directory, each a whole HTTP response,
// with a certificate of its own for "localhost": <directory>/cert.pem.
class TlsServer {
 public:
  explicit TlsServer(const std::string& directory) {
    const std::string make =
        "cd '" + directory +
        "' && openssl req -x509 -newkey ec -pkeyopt "
        "ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=localhost "
        "-addext subjectAltName=DNS:localhost -keyout key.pem -out cert.pem "
        "2>/dev/null";
    EXPECT_EQ(std::system(make.c_str()), 0);
    int out[2];
    EXPECT_EQ(pipe(out), 0);
    pid_ = fork();
    if (pid_ == 0) {
      dup2(out[1], STDOUT_FILENO);
      close(out[0]);
      close(out[1]);
      if (chdir(directory.c_str()) != 0) _exit(127);
      execlp("openssl", "openssl", "s_server", "-accept", "127.0.0.1:0",
             "-cert", "cert.pem", "-key", "key.pem", "-HTTP",
             static_cast<char*>(nullptr));
      _exit(127);
    }
    close(out[1]);
    out_ = fdopen(out[0], "r");
    char line[256];
    while (port_ == 0 && fgets(line, sizeof(line), out_) != nullptr) {
      sscanf(line, "ACCEPT 127.0.0.1:%d", &port_);
    }
    EXPECT_NE(port_, 0) << "openssl s_server did not start";
  }
  ~TlsServer() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    fclose(out_);
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  std::string Url(const std::string& path) const {
    return "https://localhost:" + std::to_string(port_) + path;
  }

 private:
  pid_t pid_ = -1;
  FILE* out_ = nullptr;
  int port_ = 0;
};

class TlsTest : public TransferTest {
 protected:
  TlsTest() {
    options_.retries = 0;
    options_.ca_file = directory_.Join("cert.pem");
    directory_.Write("page", "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok");
    directory_.Write(
        "down", "HTTP/1.0 302 Found\r\nLocation: " + server_.Url("/plain") +
                    "\r\nContent-Length: 0\r\n\r\n");
    server_.Serve("/plain", "plain");
  }

  const TlsServer tls_{directory_.path()};
};

TEST_F(TlsTest, ACertificateOfTheGivenBundleIsTrusted) {
  ASSERT_OK_AND_ASSIGN(const FetchResponse response,
                       Fetch({tls_.Url("/page")}));
  EXPECT_EQ(response.body, "ok");
}

TEST_F(TlsTest, TheEnvironmentNamesABundleAsForCurl) {
  const std::string bundle = std::exchange(options_.ca_file, "");
  for (const char* name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {
    setenv(name, bundle.c_str(), 1);
    transfers_.reset();
    EXPECT_THAT(Fetch({tls_.Url("/page")}), IsOk()) << name;
    unsetenv(name);
  }
}

TEST_F(TlsTest, AnUnknownCertificateIsRefusedOnce) {
  options_.ca_file.clear();
  options_.retries = 3;
  EXPECT_THAT(Fetch({tls_.Url("/page")}),
              FailsWith(Failure::kNetwork, "certificate"));
  EXPECT_EQ(transfers().counters().requests, 1u);
}

TEST_F(TlsTest, ARedirectFromHttpToHttpsIsFollowed) {
  server_.Inject("/up", Fault::Redirect(tls_.Url("/page")));
  ASSERT_OK_AND_ASSIGN(const FetchResponse response,
                       Fetch({server_.Url("/up")}));
  EXPECT_EQ(response.body, "ok");
}

TEST_F(TlsTest, ARedirectFromHttpsToHttpIsRefused) {
  EXPECT_THAT(Fetch({tls_.Url("/down")}),
              FailsWith(Failure::kHttpStatus, "redirect from https to http"));
  EXPECT_EQ(server_.CountRequests("/plain"), 0u);
}

TEST_F(TlsTest, NorByWayOfAnEarlierHttpRequest) {
  server_.Inject("/up", Fault::Redirect(tls_.Url("/down")));
  EXPECT_THAT(Fetch({server_.Url("/up")}),
              FailsWith(Failure::kHttpStatus, "redirect from https to http"));
  EXPECT_EQ(server_.CountRequests("/plain"), 0u);
}

}  // namespace
}  // namespace tufmirror::http
