// Mirrors that lie, are slow or absent: what is refused, and in which words.

#include "guard/guard_fixture.h"

namespace tufmirror::guard {
namespace {

using ::testing::HasSubstr;
using ::testing::Lt;
using ::tufmirror::testing::Fault;
using ::tufmirror::testing::FaultServer;
using ::tufmirror::testing::GuardTest;
using ::tufmirror::testing::IsOk;
using ::tufmirror::testing::kEveryTime;
using ::tufmirror::testing::kFlitWheel;
using ::tufmirror::testing::RawResponse;
using ::tufmirror::testing::RepositoryFixture;

constexpr size_t kLargeBytes = 3 << 20;

class GuardRefusalTest : public GuardTest {
 protected:
  RawResponse GetWheel() { return Get(std::string("/") + kFlitWheel); }
  void Break(Fault fault) {
    server.Inject(OnMirror(kFlitWheel), std::move(fault), kEveryTime);
  }
  // A file that is sent while it arrives.
  void PublishLarge() {
    large_.resize(kLargeBytes);
    for (size_t i = 0; i < large_.size(); ++i) {
      large_[i] = static_cast<char>(i * 7 + i / 251);
    }
    AddFile("flit", "flit-3.9.0-py3-none-any.whl", large_);
    Publish();
    options.hold = absl::ZeroDuration();
  }
  std::string large_;
};

TEST_F(GuardRefusalTest, RefusesWrongBytes) {
  PublishFlit();
  Start();
  Break(Fault::WrongBytes());
  ExpectRefused(GetWheel(), 403, Failure::kDigest, "digest check");
  const Refusal refusal = guard->stats().refusals.back();
  EXPECT_EQ(refusal.what, kFlitWheel);
  EXPECT_EQ(refusal.mirror, server.url() + "/");
  EXPECT_EQ(guard->stats().files_verified, 0u);
  // Nothing of it is kept: once the mirror has the right bytes, they are it.
  server.ClearFaults();
  EXPECT_EQ(GetWheel().body, "0123456789");
}

TEST_F(GuardRefusalTest, RefusesATrojanedPage) {
  PublishFlit();
  Start();
  server.Serve(OnMirror("simple/flit/index.html"),
               std::string(contents.at("simple/flit/index.html").size(), 'x'));
  ExpectRefused(Get("/simple/flit/"), 403, Failure::kDigest, "digest check");
}

TEST_F(GuardRefusalTest, TellsPipWhyAPageIsRefused) {
  PublishFlit();
  Start();
  server.Inject(OnMirror("simple/flit/index.html"), Fault::WrongBytes(),
                kEveryTime);
  const RawResponse response =
      Get("/simple/flit/", "User-Agent: pip/24.2 {}\r\n");
  EXPECT_EQ(response.status, 300);
  EXPECT_EQ(response.headers.count("location"), 0u);
  EXPECT_THAT(response.headers.at("content-type"), HasSubstr("digest check"));
}

TEST_F(GuardRefusalTest, RefusesTruncatedAndOverlongFiles) {
  PublishFlit();
  Start();
  Break(Fault::ContentLength(4));
  ExpectRefused(GetWheel(), 403, Failure::kLength, "length check");
  server.ClearFaults();
  Break(Fault::Oversize(5));
  ExpectRefused(GetWheel(), 403, Failure::kLength, "length check");
  server.ClearFaults();
  Break(Fault::Endless());
  EXPECT_EQ(GetWheel().status, 403);
  server.ClearFaults();
  Break(Fault::Truncate(3));
  EXPECT_EQ(GetWheel().status, 504);
  EXPECT_EQ(CountInCache("012"), 0u);
}

TEST_F(GuardRefusalTest, EndsASlowMirror) {
  PublishFlit();
  options.transfer.min_speed_time = absl::Seconds(1);
  Start();
  Break(Fault::Stall(2));
  ExpectRefused(GetWheel(), 504, Failure::kTimeout, "timeout check");
}

TEST_F(GuardRefusalTest, SaysWhatAMirrorLacks) {
  PublishFlit();
  Start();
  Break(Fault::Status(404));
  ExpectRefused(GetWheel(), 504, Failure::kNotFound, "HTTP 404");
}

TEST_F(GuardRefusalTest, RefusesExpiredMetadata) {
  PublishFlit();
  Start();
  ASSERT_EQ(GetWheel().status, 200);
  SetClock(RepositoryFixture::now() + absl::Hours(24 * 31));
  ExpectRefused(GetWheel(), 403, Failure::kExpired, "expired check");
}

TEST_F(GuardRefusalTest, RefusesExpiredMetadataOfADeadMirror) {
  PublishFlit();
  options.refresh = absl::Hours(1000);
  Start();
  ASSERT_EQ(GetWheel().status, 200);
  server.InjectAnywhere(Fault::CloseEarly(), kEveryTime);
  EXPECT_EQ(GetWheel().status, 200);  // from the cache, by the last good state
  SetClock(RepositoryFixture::now() + absl::Hours(24 * 31));
  EXPECT_EQ(GetWheel().status, 504);
}

TEST_F(GuardRefusalTest, RefusesRollback) {
  PublishFlit();
  const std::string old_timestamp =
      repository.files().at("metadata/timestamp.json");
  AddFile("flit", "flit-4.0.tar.gz", "newer");
  Publish();
  Start();
  ASSERT_EQ(Get("/packages/flit/flit-4.0.tar.gz").status, 200);
  server.Serve("/metadata/timestamp.json", old_timestamp);
  ExpectRefused(Get("/packages/flit/flit-4.0.tar.gz"), 403, Failure::kRollback,
                "rollback check");
  // Another guard of the same user knows it too.
  Start();
  ExpectRefused(GetWheel(), 403, Failure::kRollback, "rollback check");
  // And it heals.
  ServeOn(server);
  EXPECT_EQ(GetWheel().status, 200);
}

TEST_F(GuardRefusalTest, GoesOnWithTheLastGoodStateWhileNobodyLies) {
  PublishFlit();
  Start();
  ASSERT_EQ(GetWheel().status, 200);
  server.Inject("/metadata/timestamp.json", Fault::Status(404), kEveryTime);
  EXPECT_EQ(GetWheel().status, 200);
}

TEST_F(GuardRefusalTest, WithholdsTheEndOfALargeFileThatIsWrong) {
  PublishLarge();
  Start();
  Break(Fault::WrongBytes());
  const RawResponse response = GetWheel();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.at("content-length"), std::to_string(kLargeBytes));
  EXPECT_THAT(response.body.size(), Lt(kLargeBytes - (60 << 10)));
}

TEST_F(GuardRefusalTest, SendsALargeFileWhileItArrives) {
  PublishLarge();
  Start();
  EXPECT_EQ(GetWheel().body, large_);
  // And parts of it, from the cache.
  const RawResponse part =
      Get(std::string("/") + kFlitWheel, "Range: bytes=1000000-2000000\r\n");
  EXPECT_EQ(part.body, large_.substr(1000000, 1000001));
}

TEST_F(GuardRefusalTest, SendsPartOfALargeFileWhileItArrives) {
  PublishLarge();
  Start();
  const RawResponse part =
      Get(std::string("/") + kFlitWheel, "Range: bytes=1000000-2000000\r\n");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, large_.substr(1000000, 1000001));
}

TEST_F(GuardRefusalTest, NeverCompletesAFileOfTwoMirrorsBytes) {
  PublishLarge();
  FaultServer honest;
  ServeOn(honest);
  options.mirrors.push_back(honest.url() + "/");
  Start();
  Break(Fault::WrongBytes());
  const RawResponse mixed = GetWheel();
  EXPECT_TRUE(mixed.body == large_ ||
              mixed.body.size() < kLargeBytes - (60 << 10));
  // The second mirror's file is there by now, or on its way.
  RawResponse whole;
  do {
    whole = GetWheel();
  } while (whole.body.size() < kLargeBytes);
  EXPECT_EQ(whole.body, large_);
}

TEST_F(GuardRefusalTest, UsesAnotherMirrorAndReportsTheLyingOne) {
  PublishFlit();
  FaultServer honest;
  ServeOn(honest);
  options.mirrors.push_back(honest.url() + "/");
  options.refresh = absl::Hours(1);
  Start();
  Break(Fault::WrongBytes());
  EXPECT_EQ(GetWheel().body, "0123456789");
  const Stats stats = guard->stats();
  EXPECT_EQ(stats.mirror, honest.url() + "/");
  EXPECT_EQ(stats.refused, 0u);
  ASSERT_EQ(stats.mirrors.size(), 2u);
  EXPECT_TRUE(stats.mirrors[0].dropped);
  EXPECT_THAT(stats.mirrors[0].reason, HasSubstr("sha256"));
  EXPECT_THAT(Log(), HasSubstr("mirror " + server.url() + "/ is not used"));
  // It is left alone from now on.
  server.ForgetRequests();
  EXPECT_EQ(Get("/simple/flit/").status, 200);
  EXPECT_EQ(server.CountRequests(), 0u);
}

TEST_F(GuardRefusalTest, UsesAnotherMirrorForMetadataToo) {
  PublishFlit();
  FaultServer honest;
  ServeOn(honest);
  options.mirrors.push_back(honest.url() + "/");
  Start();
  server.InjectAnywhere(Fault::CloseEarly(), kEveryTime);
  EXPECT_EQ(GetWheel().body, "0123456789");
  EXPECT_EQ(guard->stats().mirror, honest.url() + "/");
}

TEST_F(GuardRefusalTest, FindsOutAMirrorThatHidesUpdates) {
  PublishFlit();
  FaultServer honest;
  AddFile("flit", "flit-4.0.tar.gz", "newer");
  Publish();
  ServeOn(honest);
  options.mirrors.push_back(honest.url() + "/");
  Start();
  // All know of it; then one stays where it is, while the other goes on.
  ASSERT_EQ(Get("/packages/flit/flit-4.0.tar.gz").status, 200);
  AddFile("flit", "flit-5.0.tar.gz", "newest");
  const auto frozen = repository.files();
  Publish();
  for (const auto& [path, bytes] : frozen) server.Serve("/" + path, bytes);
  ServeOn(honest);
  // Requests make the guard look at both now and then.
  while (!guard->stats().mirrors[0].dropped) {
    EXPECT_EQ(Get("/simple/flit/").status, 200);
  }
  EXPECT_EQ(Get("/packages/flit/flit-5.0.tar.gz").body, "newest");
  const Stats stats = guard->stats();
  EXPECT_THAT(stats.mirrors[0].reason, HasSubstr("metadata of"));
  EXPECT_EQ(stats.mirror, honest.url() + "/");
}

TEST_F(GuardRefusalTest, FollowsRootRotation) {
  PublishFlit();
  Start();
  repository.RotateKey(tuf::TopLevelRole::kTimestamp);
  repository.PublishRoot();
  repository.timestamp.version += 1;
  Publish();
  EXPECT_EQ(GetWheel().status, 200);
}

}  // namespace
}  // namespace tufmirror::guard
