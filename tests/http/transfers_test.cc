// Many transfers at once: the window, connection reuse, the speed limit,
// stopping, proxies.
#include "tufmirror/http/transfers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <set>

#include "fmt/format.h"
#include "http/transfer_fixture.h"

namespace tufmirror::http {
namespace {

using ::testing::HasSubstr;
using ::tufmirror::testing::FailsWith;
using ::tufmirror::testing::IsOk;
using ::tufmirror::testing::kEveryTime;
using ::tufmirror::testing::ReadWholeFile;

class TransfersTest : public TransferTest {
 protected:
  // Serves `count` files of sizes up to `largest` as "/0", "/1", ...
  void ServeFiles(int count, size_t largest) {
    for (int i = 0; i < count; ++i) {
      const size_t size = 1 + static_cast<size_t>(i) * 7919 % largest;
      files_.push_back(fmt::format("{}:", i) + SomeBytes(size));
      server_.Serve(fmt::format("/{}", i), files_.back());
    }
  }

  DownloadRequest RequestOf(size_t i) {
    DownloadRequest request;
    request.urls = {server_.Url(fmt::format("/{}", i))};
    request.content = ContentOf(files_[i]);
    request.partial_path = directory_.Join(fmt::format("part/{}", i));
    const std::string to = directory_.Join(fmt::format("{}.whl", i));
    request.accept = [from = request.partial_path, to] {
      return fs::Rename(from, to);
    };
    request.what = fmt::format("{}.whl", i);
    request.tag = i;
    return request;
  }

  absl::Status DownloadFiles(Transfers::DownloadDone done) {
    size_t next = 0;
    return transfers().DownloadAll(
        [&]() -> std::optional<DownloadRequest> {
          if (next == files_.size()) return std::nullopt;
          return RequestOf(next++);
        },
        done);
  }

  std::vector<std::string> files_;
};

TEST_F(TransfersTest, DownloadsManyFilesOverFewConnections) {
  ServeFiles(500, 30'000);
  std::set<uint64_t> tags;
  ASSERT_THAT(
      DownloadFiles([&](const DownloadRequest& request, absl::Status status) {
        EXPECT_THAT(status, IsOk());
        tags.insert(request.tag);
        return absl::OkStatus();
      }),
      IsOk());
  EXPECT_EQ(tags.size(), 500u);
  EXPECT_EQ(server_.CountRequests(), 500u);
  EXPECT_LE(server_.connections(), 16u);
  EXPECT_LE(server_.most_at_once(), 16u);
  for (size_t i = 0; i < files_.size(); ++i) {
    ASSERT_EQ(ReadWholeFile(directory_.Join(fmt::format("{}.whl", i))),
              files_[i]);
  }
}

TEST_F(TransfersTest, ConnectionsAreKeptBetweenCalls) {
  server_.Serve("/a", "hello");
  for (int i = 0; i < 5; ++i) {
    EXPECT_THAT(Fetch({server_.Url("/a")}), IsOk());
  }
  EXPECT_EQ(server_.connections(), 1u);
}

TEST_F(TransfersTest, TheWindowIsNeverExceededAndRefilled) {
  options_.concurrency = 3;
  ServeFiles(30, 1000);
  int asked = 0;
  int finished = 0;
  ASSERT_THAT(
      transfers().FetchAll(
          [&]() -> std::optional<FetchRequest> {
            EXPECT_LT(asked - finished, 4);
            if (asked == 30) return std::nullopt;
            return FetchRequest{
                .urls = {server_.Url(fmt::format("/{}", asked++))},
                .max_bytes = 2000};
          },
          [&](const FetchRequest&, absl::StatusOr<FetchResponse> response) {
            EXPECT_THAT(response, IsOk());
            ++finished;
            return absl::OkStatus();
          }),
      IsOk());
  EXPECT_EQ(finished, 30);
  EXPECT_LE(server_.most_at_once(), 3u);
}

TEST_F(TransfersTest, AStalledTransferDoesNotHoldUpTheOthers) {
  options_.concurrency = 2;
  ServeFiles(20, 1000);
  server_.Inject("/0", Fault::Stall(1));
  std::vector<uint64_t> order;
  ASSERT_THAT(
      DownloadFiles([&](const DownloadRequest& request, absl::Status status) {
        EXPECT_THAT(status, IsOk());
        order.push_back(request.tag);
        if (order.size() == 19) server_.Release();
        return absl::OkStatus();
      }),
      IsOk());
  ASSERT_EQ(order.size(), 20u);
  EXPECT_EQ(order.back(), 0u);
}

TEST_F(TransfersTest, MixedFaultsAreEachDealtWith) {
  ServeFiles(60, 20'000);
  server_.Serve("/big", "");
  files_.push_back(SomeBytes(5'000'000));
  server_.Serve("/60", files_.back());
  const std::vector<Fault> faults = {Fault::Truncate(1),  Fault::Status(503),
                                     Fault::CloseEarly(), Fault::Garbage(),
                                     Fault::Status(404),  Fault::WrongBytes(),
                                     Fault::Oversize(9),  Fault::Status(500)};
  for (size_t i = 0; i < files_.size(); i += 2) {
    server_.Inject(fmt::format("/{}", i), faults[i / 2 % faults.size()]);
  }
  std::map<Failure, int> failed;
  int fine = 0;
  ASSERT_THAT(DownloadFiles([&](const DownloadRequest&, absl::Status status) {
                status.ok() ? ++fine : ++failed[FailureOf(status)];
                return absl::OkStatus();
              }),
              IsOk());
  EXPECT_EQ(failed[Failure::kNotFound], 4);
  EXPECT_EQ(failed[Failure::kDigest], 4);
  EXPECT_EQ(failed[Failure::kLength], 4);
  EXPECT_EQ(fine, 61 - 12);
}

TEST_F(TransfersTest, AnErrorFromDoneAbandonsTheRest) {
  // However slow the disk is, no more than 16 MiB wait for it: 65 files, and
  // the 16 being received.
  ServeFiles(100, 800'000);
  server_.Inject("/5", Fault::Stall(1));
  const absl::Status status =
      DownloadFiles([&](const DownloadRequest&, absl::Status) {
        return MakeFailure(Failure::kBrake, "enough");
      });
  EXPECT_THAT(status, FailsWith(Failure::kBrake, "enough"));
  EXPECT_LT(server_.CountRequests(), 100u);
  server_.Release();
  EXPECT_THAT(Fetch({server_.Url("/1")}, 100'000), IsOk());
}

TEST_F(TransfersTest, TickCancelsAStalledTransferAndKeepsWhatCame) {
  files_.push_back(SomeBytes(3'000'000));
  server_.Serve("/0", files_.back());
  server_.Inject("/0", Fault::Stall(2'000'000));
  int ticks = 0;
  transfers().SetTick([&](const TransferCounters& counters) {
    ++ticks;
    return counters.bytes_received >= 2'000'000
               ? MakeFailure(Failure::kCancelled, "stop")
               : absl::OkStatus();
  });
  const absl::Status status =
      DownloadFiles([](const DownloadRequest&, absl::Status) {
        ADD_FAILURE() << "nothing should have completed";
        return absl::OkStatus();
      });
  EXPECT_THAT(status, FailsWith(Failure::kCancelled, "stop"));
  EXPECT_GE(ticks, 1);
  EXPECT_TRUE(Exists(directory_.Join("part/0")));
}

TEST_F(TransfersTest, TickEndsABackoff) {
  options_.backoff = absl::Hours(1);
  options_.max_backoff = absl::Hours(1);
  server_.InjectAnywhere(Fault::Status(503), kEveryTime);
  transfers().SetTick([](const TransferCounters&) {
    return MakeFailure(Failure::kCancelled, "stop");
  });
  EXPECT_THAT(Fetch({server_.Url("/a")}),
              FailsWith(Failure::kCancelled, "stop"));
}

TEST_F(TransfersTest, TheRateLimitHoldsOverAllTransfers) {
  options_.max_rate = 2'000'000;
  ServeFiles(40, 50'000);
  uint64_t total = 0;
  for (const std::string& file : files_) total += file.size();
  const auto start = std::chrono::steady_clock::now();
  ASSERT_THAT(DownloadFiles([](const DownloadRequest&, absl::Status status) {
                EXPECT_THAT(status, IsOk());
                return absl::OkStatus();
              }),
              IsOk());
  const std::chrono::duration<double> took =
      std::chrono::steady_clock::now() - start;
  // Never faster than allowed but for a burst; how much slower is the
  // machine's business.
  const double least = static_cast<double>(total) / 2e6;
  EXPECT_GE(took.count(), 0.85 * least - 0.1);
}

TEST_F(TransfersTest, TheRateLimitHoldsWithinOneBigFile) {
  options_.max_rate = 4'000'000;
  files_.push_back(SomeBytes(2'000'000));
  server_.Serve("/0", files_.back());
  const auto start = std::chrono::steady_clock::now();
  ASSERT_THAT(DownloadFiles([](const DownloadRequest&, absl::Status status) {
                EXPECT_THAT(status, IsOk());
                return absl::OkStatus();
              }),
              IsOk());
  const std::chrono::duration<double> took =
      std::chrono::steady_clock::now() - start;
  EXPECT_GE(took.count(), 0.4);
}

TEST_F(TransfersTest, CallingFromACallbackIsRefused) {
  ServeFiles(1, 10);
  absl::Status inner;
  ASSERT_THAT(DownloadFiles([&](const DownloadRequest&, absl::Status) {
                inner = Fetch({server_.Url("/0")}).status();
                return absl::OkStatus();
              }),
              IsOk());
  EXPECT_THAT(inner, FailsWith(Failure::kInternal, "callback"));
}

TEST_F(TransfersTest, NonsenseOptionsAreRefused) {
  TransferOptions options;
  options.concurrency = 0;
  EXPECT_THAT(Transfers::Create(options),
              FailsWith(Failure::kUsage, "concurrency from 1"));
  options = {};
  options.retries = -1;
  EXPECT_THAT(Transfers::Create(options), FailsWith(Failure::kUsage, "-1"));
}

TEST_F(TransfersTest, HttpStatusOfOtherFailuresIsZero) {
  EXPECT_EQ(Transfers::HttpStatusOf(MakeFailure(Failure::kNetwork, "x")), 0);
  EXPECT_EQ(Transfers::HttpStatusOf(absl::OkStatus()), 0);
}

// Variables of the environment, as they were again afterwards.
class Environment {
 public:
  void Set(const std::string& name, const std::string& value) {
    const char* old = std::getenv(name.c_str());
    before_.emplace(
        name, old == nullptr ? std::nullopt : std::optional<std::string>(old));
    setenv(name.c_str(), value.c_str(), 1);
  }
  ~Environment() {
    for (const auto& [name, value] : before_) {
      value ? setenv(name.c_str(), value->c_str(), 1) : unsetenv(name.c_str());
    }
  }

 private:
  std::map<std::string, std::optional<std::string>> before_;
};

class ProxyTest : public TransferTest {
 protected:
  ProxyTest() {
    proxy_.Serve("/a", "by proxy");
    server_.Serve("/a", "directly");
  }
  // What came, through which way.
  std::string Body(const std::string& url) {
    const absl::StatusOr<FetchResponse> response = Fetch({url});
    EXPECT_THAT(response, IsOk());
    return response.ok() ? response->body : "";
  }

  FaultServer proxy_;
  Environment environment_;
};

TEST_F(ProxyTest, AProxyOfTheOptionsIsUsed) {
  options_.proxy = proxy_.url();
  EXPECT_EQ(Body("http://example.invalid/a"), "by proxy");
  EXPECT_EQ(proxy_.requests().at(0).target, "http://example.invalid/a");
}

TEST_F(ProxyTest, AProxyOfTheEnvironmentIsUsed) {
  environment_.Set("http_proxy", proxy_.url());
  environment_.Set("no_proxy", "");
  EXPECT_EQ(Body("http://example.invalid/a"), "by proxy");
}

TEST_F(ProxyTest, NoProxyOfTheEnvironmentIsHonoured) {
  environment_.Set("http_proxy", proxy_.url());
  environment_.Set("no_proxy", "127.0.0.1");
  EXPECT_EQ(Body(server_.Url("/a")), "directly");
  EXPECT_EQ(proxy_.CountRequests(), 0u);
}

TEST_F(ProxyTest, TheOptionsOverrideTheEnvironment) {
  environment_.Set("http_proxy", "http://127.0.0.1:1");
  environment_.Set("no_proxy", "*");
  options_.proxy = proxy_.url();
  EXPECT_EQ(Body("http://example.invalid/a"), "by proxy");
}

TEST_F(ProxyTest, HttpsGoesThroughHttpsProxyByConnect) {
  environment_.Set("https_proxy", proxy_.url());
  environment_.Set("no_proxy", "");
  options_.retries = 0;
  EXPECT_FALSE(Fetch({"https://example.invalid/a"}).ok());
  EXPECT_EQ(proxy_.requests().at(0).method, "CONNECT");
  EXPECT_EQ(proxy_.requests().at(0).target, "example.invalid:443");
}

}  // namespace
}  // namespace tufmirror::http
