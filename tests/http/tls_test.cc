// HTTP/2, client certificates and certificate directories, against nginx.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <set>

#include "fmt/format.h"
#include "http/transfer_fixture.h"
#include "support/nginx.h"
#include "support/proxy_server.h"

namespace tufmirror::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::tufmirror::testing::FailsWith;
using ::tufmirror::testing::IsOk;
using ::tufmirror::testing::Nginx;
using ::tufmirror::testing::ProxyServer;

constexpr size_t kFiles = 200;

class NginxTest : public TransferTest {
 protected:
  NginxTest() {
    options_.retries = 0;
    for (size_t i = 0; i < kFiles; ++i) {
      directory_.Write(fmt::format("root/{}", i), Bytes(i));
    }
  }

  std::string Root() const { return directory_.Join("root"); }
  static std::string Bytes(size_t i) { return SomeBytes(i * 997); }
};

TEST_F(NginxTest, ManyFilesComeOverOneHttp2Connection) {
  const Nginx nginx(Root(),
                    "add_header X-Protocol $server_protocol;"
                    "add_header X-Connection $connection;"
                    "keepalive_requests 100000;");
  options_.ca_file = nginx.ca_file();
  size_t next = 0;
  size_t done = 0;
  ASSERT_THAT(transfers().DownloadAll(
                  [&]() -> std::optional<DownloadRequest> {
                    if (next == kFiles) return std::nullopt;
                    DownloadRequest request = RequestFor(
                        Bytes(next), {nginx.Url(fmt::format("/{}", next))});
                    request.partial_path =
                        directory_.Join(fmt::format("part/{}", next++));
                    request.accept = nullptr;
                    return request;
                  },
                  [&](const DownloadRequest&, absl::Status status) {
                    ++done;
                    return status;
                  }),
              IsOk());
  EXPECT_EQ(done, kFiles);
  EXPECT_EQ(transfers().counters().files_verified, kFiles);

  std::set<std::string> connections;
  next = 0;
  ASSERT_THAT(
      transfers().FetchAll(
          [&]() -> std::optional<FetchRequest> {
            if (next == kFiles) return std::nullopt;
            FetchRequest request;
            request.urls = {nginx.Url(fmt::format("/{}", next++))};
            request.max_bytes = 1'000'000;
            request.wanted_headers = {"x-protocol", "x-connection"};
            return request;
          },
          [&](const FetchRequest&, absl::StatusOr<FetchResponse> response) {
            if (!response.ok()) return response.status();
            EXPECT_EQ(response->headers["x-protocol"], "HTTP/2.0");
            connections.insert(response->headers["x-connection"]);
            return absl::OkStatus();
          }),
      IsOk());
  EXPECT_THAT(connections, SizeIs(1));
}

TEST_F(NginxTest, ADirectoryOfAuthoritiesIsTrusted) {
  const Nginx nginx(Root());
  EXPECT_THAT(Fetch({nginx.Url("/1")}),
              FailsWith(Failure::kNetwork, "certificate"));
  const std::string command =
      fmt::format("mkdir '{0}' && cp '{1}' '{0}' && openssl rehash '{0}'",
                  directory_.Join("authorities"), nginx.ca_file());
  ASSERT_EQ(std::system(command.c_str()), 0);
  options_.ca_dir = directory_.Join("authorities");
  transfers_.reset();
  EXPECT_THAT(Fetch({nginx.Url("/1")}), IsOk());
}

TEST_F(NginxTest, HttpsGoesThroughTheTunnelOfAProxy) {
  const Nginx nginx(Root());
  const ProxyServer proxy(nginx.port());
  options_.ca_file = nginx.ca_file();
  for (const char* scheme : {"http://", "socks5h://"}) {
    options_.proxy = scheme + ("user:secret@" + proxy.address());
    transfers_.reset();
    EXPECT_THAT(Fetch({nginx.Url("/1")}), IsOk());
  }
  const auto tunnels = proxy.tunnels();
  ASSERT_THAT(tunnels, SizeIs(2));
  const std::string target = fmt::format("localhost:{}", nginx.port());
  EXPECT_EQ(tunnels[0].kind, "connect");
  EXPECT_EQ(tunnels[0].target, target);
  EXPECT_EQ(tunnels[0].credentials, "Basic dXNlcjpzZWNyZXQ=");
  EXPECT_EQ(tunnels[1].kind, "socks5");
  EXPECT_EQ(tunnels[1].target, target);
  EXPECT_EQ(tunnels[1].credentials, "user:secret");
}

class ClientCertificateTest : public NginxTest {
 protected:
  ClientCertificateTest() {
    options_.ca_file = nginx_.ca_file();
    options_.client_certificate = nginx_.client_certificate();
    options_.client_key = nginx_.client_key();
  }

  const Nginx nginx_{Root(),
                     "ssl_client_certificate @DIR@/ca.pem;"
                     "ssl_verify_client on;"};
};

TEST_F(ClientCertificateTest, IsShownWhereItIsAskedFor) {
  EXPECT_THAT(Fetch({nginx_.Url("/1")}), IsOk());
  EXPECT_THAT(Download(Bytes(2), {nginx_.Url("/2")}), IsOk());
}

TEST_F(ClientCertificateTest, NothingIsServedWithoutOne) {
  options_.client_certificate.clear();
  options_.client_key.clear();
  EXPECT_THAT(Fetch({nginx_.Url("/1")}),
              FailsWith(Failure::kHttpStatus, "HTTP 400"));
}

TEST_F(ClientCertificateTest, MayHaveItsKeyInTheSameFile) {
  const std::string both = directory_.Write(
      "both.pem",
      ::tufmirror::testing::ReadWholeFile(options_.client_certificate) +
          ::tufmirror::testing::ReadWholeFile(options_.client_key));
  ASSERT_EQ(chmod(both.c_str(), 0600), 0);
  options_.client_certificate = both;
  options_.client_key.clear();
  EXPECT_THAT(Fetch({nginx_.Url("/1")}), IsOk());
}

TEST_F(ClientCertificateTest, AnEncryptedKeyIsRefusedBeforeAnythingIsSent) {
  // PKCS#8, and the form of before.
  for (const char* tool : {"pkey", "ec"}) {
    const std::string key = directory_.Join("encrypted.key");
    const std::string command = fmt::format(
        "umask 077; openssl {} -in '{}' -aes128 -passout pass:secret -out '{}' "
        "2>/dev/null",
        tool, nginx_.client_key(), key);
    ASSERT_EQ(std::system(command.c_str()), 0);
    options_.client_key = key;
    const absl::Status status = Transfers::Create(options_).status();
    EXPECT_THAT(status, FailsWith(Failure::kKey, "not encrypted")) << tool;
    EXPECT_THAT(status.ToString(), HasSubstr(key));
    EXPECT_THAT(status.ToString(), Not(HasSubstr("BEGIN")));
  }
}

TEST_F(ClientCertificateTest, AKeyAloneIsRefused) {
  options_.client_certificate.clear();
  EXPECT_THAT(Transfers::Create(options_).status(),
              FailsWith(Failure::kUsage, "client certificate"));
}

}  // namespace
}  // namespace tufmirror::http
