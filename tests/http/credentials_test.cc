// Who hears which secret, over real sockets; and that no message tells one.
#include "http/credentials.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "http/transfer_fixture.h"
#include "http/url.h"

namespace tufmirror::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::tufmirror::testing::FailsWith;
using ::tufmirror::testing::IsOk;
using ::tufmirror::testing::kEveryTime;

constexpr char kBasic[] = "Basic dXNlcjpzZWNyZXQ=";       // user:secret
constexpr char kOtherBasic[] = "Basic b3RoZXI6aGlkZGVu";  // other:hidden

class CredentialsTest : public TransferTest {
 protected:
  CredentialsTest() {
    options_.retries = 0;
    server_.Serve("/a", "a");
    elsewhere_.Serve("/a", "a");
  }
  ~CredentialsTest() override {
    unsetenv("TUFMIRROR_UPSTREAM_CREDENTIALS");
    unsetenv("HOME");
  }

  std::string WriteSecret(const std::string& name, std::string_view text) {
    const std::string path = directory_.Write(name, text);
    EXPECT_EQ(chmod(path.c_str(), 0600), 0);
    return path;
  }
  void UseBasic() {
    options_.auth = AuthScheme::kBasic;
    options_.credentials_file = WriteSecret("secret", "user:secret\n");
    options_.credential_urls = {server_.Url("/simple/")};
  }
  static std::string Told(const FaultServer& server) {
    return server.requests().back().Header("Authorization");
  }
  static std::string WithUser(std::string url, const std::string& user_info) {
    return url.insert(url.find("//") + 2, user_info + "@");
  }
  absl::Status CreateStatus() {
    const absl::Status status = Transfers::Create(options_).status();
    EXPECT_THAT(status.ToString(), Not(HasSubstr("secret")));
    return status;
  }

  FaultServer elsewhere_;
};

TEST_F(CredentialsTest, BasicGoesToTheServersThatWereNamed) {
  UseBasic();
  ASSERT_THAT(Fetch({server_.Url("/a")}), IsOk());
  EXPECT_EQ(Told(server_), kBasic);
  ASSERT_THAT(Fetch({elsewhere_.Url("/a")}), IsOk());
  EXPECT_EQ(Told(elsewhere_), "");
  ASSERT_THAT(Download("a", {server_.Url("/a")}), IsOk());
  EXPECT_EQ(Told(server_), kBasic);
  ASSERT_THAT(Download("a", {elsewhere_.Url("/a")}), IsOk());
  EXPECT_EQ(Told(elsewhere_), "");
}

TEST_F(CredentialsTest, BearerGoesToTheServersThatWereNamed) {
  setenv("TUFMIRROR_UPSTREAM_CREDENTIALS", "t0k.en-_~+/==", 1);
  options_.auth = AuthScheme::kBearer;
  options_.credential_urls = {server_.Url("/simple/")};
  options_.concurrency = 1;
  ASSERT_THAT(Fetch({server_.Url("/a")}), IsOk());
  EXPECT_EQ(Told(server_), "Bearer t0k.en-_~+/==");
  ASSERT_THAT(Fetch({elsewhere_.Url("/a")}), IsOk());
  EXPECT_EQ(Told(elsewhere_), "");
  ASSERT_THAT(Fetch({server_.Url("/a")}), IsOk());
  EXPECT_EQ(Told(server_), "Bearer t0k.en-_~+/==");
}

TEST_F(CredentialsTest, NothingIsToldWithoutASchemeWhateverTheEnvironmentHas) {
  setenv("TUFMIRROR_UPSTREAM_CREDENTIALS", "user:secret", 1);
  options_.credential_urls = {server_.Url("/simple/")};
  ASSERT_THAT(Fetch({server_.Url("/a")}), IsOk());
  EXPECT_EQ(Told(server_), "");
}

TEST_F(CredentialsTest, TheEnvironmentComesBeforeTheFile) {
  setenv("TUFMIRROR_UPSTREAM_CREDENTIALS", "other:hidden", 1);
  UseBasic();
  ASSERT_THAT(Fetch({server_.Url("/a")}), IsOk());
  EXPECT_EQ(Told(server_), kOtherBasic);
}

TEST_F(CredentialsTest, ARedirectToAnotherServerDoesNotHearThem) {
  for (const AuthScheme scheme : {AuthScheme::kBasic, AuthScheme::kBearer}) {
    UseBasic();
    options_.auth = scheme;
    transfers_.reset();
    // Not even one that was named: the server that redirects chose it.
    options_.credential_urls.push_back(elsewhere_.Url("/"));
    server_.Inject("/there", Fault::Redirect(elsewhere_.Url("/a")));
    ASSERT_THAT(Fetch({server_.Url("/there")}), IsOk());
    EXPECT_NE(Told(server_), "");
    EXPECT_EQ(Told(elsewhere_), "");
    server_.Inject("/there", Fault::Redirect("/a"));
    ASSERT_THAT(Fetch({server_.Url("/there")}), IsOk());
    EXPECT_NE(Told(server_), "");
  }
}

TEST_F(CredentialsTest, ARedirectToANamedServerDoesNotMakeItHear) {
  UseBasic();
  elsewhere_.Inject("/there", Fault::Redirect(server_.Url("/a")));
  ASSERT_THAT(Fetch({elsewhere_.Url("/there")}), IsOk());
  EXPECT_EQ(Told(server_), "");
}

TEST_F(CredentialsTest, AnotherPortIsAnotherServer) {
  UseBasic();
  ASSERT_OK_AND_ASSIGN(const Credentials credentials,
                       Credentials::Load(options_));
  EXPECT_NE(credentials.For(server_.Url("/x")), nullptr);
  EXPECT_EQ(credentials.For("http://127.0.0.1/x"), nullptr);
  EXPECT_EQ(credentials.For(
                "https://127.0.0.1:" + std::to_string(server_.port()) + "/x"),
            nullptr);
  EXPECT_EQ(credentials.For(server_.url() + ".example/x"), nullptr);
  EXPECT_EQ(credentials.For("http://127.0.0.1:1@evil.example/"), nullptr);
}

TEST_F(CredentialsTest, TheUserOfANamedUrlIsKnownForItsLinksToo) {
  options_.credential_urls = {WithUser(server_.Url("/"), "us%65r:secret")};
  ASSERT_THAT(Fetch({server_.Url("/a")}), IsOk());
  EXPECT_EQ(Told(server_), kBasic);
  ASSERT_THAT(Fetch({WithUser(server_.Url("/a"), "other:hidden")}), IsOk());
  EXPECT_EQ(Told(server_), kOtherBasic);
}

TEST_F(CredentialsTest, NetrcNamesHosts) {
  options_.netrc =
      WriteSecret("netrc", "machine 127.0.0.1 login user password secret\n");
  ASSERT_THAT(Fetch({server_.Url("/a")}), IsOk());
  EXPECT_EQ(Told(server_), kBasic);
  std::string url = server_.Url("/a");
  url.replace(url.find("127.0.0.1"), 9, "localhost");
  ASSERT_THAT(Fetch({url}), IsOk());
  EXPECT_EQ(Told(server_), "");
}

TEST_F(CredentialsTest, NetrcOfTheHomeDirectoryIsTheDefault) {
  WriteSecret(".netrc", "machine 127.0.0.1 login user password secret\n");
  setenv("HOME", directory_.path().c_str(), 1);
  options_.netrc = "";
  ASSERT_THAT(Fetch({server_.Url("/a")}), IsOk());
  EXPECT_EQ(Told(server_), kBasic);
}

TEST_F(CredentialsTest, CredentialsComeBeforeNetrc) {
  UseBasic();
  options_.netrc =
      WriteSecret("netrc", "machine 127.0.0.1 login other password hidden\n");
  ASSERT_THAT(Fetch({server_.Url("/a")}), IsOk());
  EXPECT_EQ(Told(server_), kBasic);
  ASSERT_THAT(Fetch({elsewhere_.Url("/a")}), IsOk());
  EXPECT_EQ(Told(elsewhere_), kOtherBasic);
  ASSERT_THAT(Fetch({server_.Url("/a")}), IsOk());
  EXPECT_EQ(Told(server_), kBasic);
}

TEST_F(CredentialsTest, NetrcTellsARedirectsHostNothingOfTheFirstHost) {
  options_.netrc = WriteSecret("netrc",
                               "machine 127.0.0.1 login user password secret\n"
                               "machine localhost\n");
  std::string there = elsewhere_.Url("/a");
  there.replace(there.find("127.0.0.1"), 9, "localhost");
  server_.Inject("/there", Fault::Redirect(there));
  ASSERT_THAT(Fetch({server_.Url("/there")}), IsOk());
  EXPECT_EQ(Told(server_), kBasic);
  EXPECT_EQ(Told(elsewhere_), "");
}

TEST_F(CredentialsTest, OverHttpOnlyThisMachineHearsThem) {
  UseBasic();
  for (const char* url :
       {"http://index.example/", "http://127.0.0.1.example/",
        "http://127.0.0.1@index.example/", "http://10.0.0.1/"}) {
    options_.credential_urls = {url};
    EXPECT_THAT(CreateStatus(), FailsWith(Failure::kUsage, "expected an https"))
        << url;
  }
  options_.allow_plain_credentials = true;
  EXPECT_THAT(CreateStatus(), IsOk());
  options_.allow_plain_credentials = false;
  for (const char* url :
       {"https://index.example/", "http://localhost:81/", "http://[::1]:81/",
        "http://127.1.2.3/", "file:///srv/x"}) {
    options_.credential_urls = {url};
    EXPECT_THAT(CreateStatus(), IsOk()) << url;
  }
  options_.auth = AuthScheme::kNone;
  options_.credential_urls = {"http://user:secret@index.example/"};
  EXPECT_THAT(CreateStatus(), FailsWith(Failure::kUsage, "***@index.example"));
}

TEST_F(CredentialsTest, NetrcIsNotAskedForHostsOverHttp) {
  options_.netrc = WriteSecret("netrc", "default login user password secret\n");
  ASSERT_OK_AND_ASSIGN(const Credentials careful, Credentials::Load(options_));
  EXPECT_EQ(careful.NetrcFor("http://index.example/"), "");
  EXPECT_EQ(careful.NetrcFor("https://index.example/"), *options_.netrc);
  options_.allow_plain_credentials = true;
  ASSERT_OK_AND_ASSIGN(const Credentials plain, Credentials::Load(options_));
  EXPECT_EQ(plain.NetrcFor("http://index.example/"), *options_.netrc);
}

TEST_F(CredentialsTest, FilesThatOthersCanReadAreRefused) {
  const std::string path = WriteSecret("open", "user:secret\n");
  ASSERT_EQ(chmod(path.c_str(), 0640), 0);
  const TransferOptions plain = options_;
  options_.auth = AuthScheme::kBasic;
  options_.credentials_file = path;
  EXPECT_THAT(CreateStatus(), FailsWith(Failure::kKey, "chmod 600"));
  options_ = plain;
  options_.proxy_credentials_file = path;
  EXPECT_THAT(CreateStatus(), FailsWith(Failure::kKey, "chmod 600"));
  options_ = plain;
  options_.netrc = path;
  EXPECT_THAT(CreateStatus(), FailsWith(Failure::kKey, "netrc"));
  options_ = plain;
  options_.client_certificate = path;
  EXPECT_THAT(CreateStatus(), FailsWith(Failure::kKey, "client key"));
  options_.client_certificate = directory_.Write("cert.pem", "");
  options_.client_key = path;
  EXPECT_THAT(CreateStatus(), FailsWith(Failure::kKey, "client key"));
}

TEST_F(CredentialsTest, WhatDoesNotFitIsRefusedBeforeAnythingIsSent) {
  options_.auth = AuthScheme::kBasic;
  EXPECT_THAT(CreateStatus(),
              FailsWith(Failure::kUsage, "TUFMIRROR_UPSTREAM_CREDENTIALS"));
  options_.credentials_file = directory_.Join("absent");
  EXPECT_THAT(CreateStatus(), FailsWith(Failure::kNotFound, "absent"));
  options_.credentials_file = WriteSecret("s", "secret\n");
  EXPECT_THAT(CreateStatus(), FailsWith(Failure::kUsage, "user:password"));
  options_.credentials_file = WriteSecret("s", "\nuser:secret");
  EXPECT_THAT(CreateStatus(), FailsWith(Failure::kUsage, "an empty one"));
  options_.credentials_file = WriteSecret("s", "user:sec\x01ret");
  EXPECT_THAT(CreateStatus(), FailsWith(Failure::kUsage, "control"));
  options_.auth = AuthScheme::kBearer;
  options_.credentials_file = WriteSecret("s", "secret secret");
  EXPECT_THAT(CreateStatus(), FailsWith(Failure::kUsage, "visible ASCII"));
}

TEST_F(CredentialsTest, NoFailureTellsASecret) {
  UseBasic();
  std::string gone;
  {
    const FaultServer stopped;
    gone = stopped.Url("/a");
  }
  options_.credential_urls.push_back(gone);
  server_.Inject("/a", Fault::Status(401), kEveryTime);
  server_.Inject("/away", Fault::Redirect("ftp://user:secret@a.example/"),
                 kEveryTime);
  server_.Inject("/garbage", Fault::Garbage(), kEveryTime);
  for (const std::string& url :
       {server_.Url("/a"), gone, server_.Url("/away"), server_.Url("/garbage"),
        WithUser(server_.Url("/a"), "user:secret"),
        WithUser(gone, "user:secret"), WithUser(gone, "us er:secret")}) {
    for (const absl::Status& status :
         {Fetch({url}).status(), Download("x", {url})}) {
      EXPECT_FALSE(status.ok()) << url;
      EXPECT_THAT(status.ToString(), Not(HasSubstr("secret")));
      EXPECT_THAT(status.ToString(), Not(HasSubstr("dXNlcjp")));
    }
  }
}

TEST_F(CredentialsTest, TheContactIsPartOfTheUserAgent) {
  options_.contact = "https://mirror.example/about";
  ASSERT_THAT(Fetch({server_.Url("/a")}), IsOk());
  EXPECT_THAT(server_.requests().back().Header("User-Agent"),
              ::testing::MatchesRegex(
                  "tufmirror/[0-9.]+ \\(\\+https://mirror.example/about\\)"));
  options_.contact = "a\r\nX: b";
  EXPECT_THAT(CreateStatus(), FailsWith(Failure::kUsage, "visible ASCII"));
}

TEST(RedactTextTest, HidesWhatStandsBeforeAnAt) {
  EXPECT_EQ(RedactText("no such host: a.example"), "no such host: a.example");
  EXPECT_EQ(RedactText("bad 'http://u:s e@c@ret@h'"), "bad 'http://***@h'");
  EXPECT_EQ(RedactText("bad 'u:secret@h'"), "bad '***@h'");
  EXPECT_EQ(RedactText("u:secret@h 'x' http://y"), "***@h 'x' http://y");
}

TEST(ServerOfTest, HasOneSpelling) {
  EXPECT_EQ(ServerOf("https://A.example/x"), "https://a.example:443");
  EXPECT_EQ(ServerOf("http://u:p@a.example"), "http://a.example:80");
  EXPECT_EQ(ServerOf("HTTP://a.example:8080?x@y"), "http://a.example:8080");
  EXPECT_EQ(ServerOf("https://[::1]/"), "https://[::1]:443");
  EXPECT_EQ(ServerOf("https://[::1]:81/"), "https://[::1]:81");
}

}  // namespace
}  // namespace tufmirror::http
