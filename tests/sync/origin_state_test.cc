#include "sync/origin_state.h"

#include <gtest/gtest.h>

#include <mutex>
#include <set>

#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "sync/directory_supply.h"
#include "sync/edition.h"
#include "sync/parallel.h"
#include "tufmirror/crypto/hash.h"

namespace tufmirror::sync {
namespace {

using testing::FailsWith;
using testing::IsOk;

OriginState SomeState() {
  OriginState state;
  state.highest_version = 12;
  state.indexed_version = 11;
  state.least_version = 5;
  state.bins["bin-00"] = {7, absl::FromUnixSeconds(1'800'000'000)};
  state.bins["bin-01"] = {12, absl::FromUnixSeconds(1'800'000'001)};
  return state;
}

TEST(OriginStateTest, IsReadAsItWasWritten) {
  EXPECT_EQ(ParseOriginState(RenderOriginState(SomeState())), SomeState());
}

TEST(OriginStateTest, DamagedLinesArePassedOver) {
  OriginState state = ParseOriginState(
      "version 12\nindexed eleven\nbin bin-00 7 2027-01-15T08:00:00Z\n"
      "bin bin-01 12 tomorrow\nbin\nnonsense\n");
  EXPECT_EQ(state.highest_version, 12);
  EXPECT_EQ(state.indexed_version, 0);
  EXPECT_EQ(state.bins.size(), 1u);
}

TEST(RetiredNameTest, TellsTargetsAndRolesApart) {
  const std::string hex = crypto::Sha256Of("x").Hex();
  const auto path = [](const std::string& text) {
    return *TargetPath::Parse(text);
  };
  const RetiredTarget page =
      TargetOfRetired(path("simple/six/" + hex + ".index.html"));
  EXPECT_EQ(page.path, "simple/six/index.html");
  EXPECT_EQ(page.digest_hex, hex);
  EXPECT_EQ(TargetOfRetired(path("packages/six/six-1.whl")).digest_hex, "");
  const auto role = RoleOfRetired(path("metadata/12.bin-0f.json"));
  ASSERT_TRUE(role.has_value());
  EXPECT_EQ(role->role, "bin-0f");
  EXPECT_EQ(role->version, 12);
  EXPECT_FALSE(RoleOfRetired(path("simple/12.x.json")).has_value());
  EXPECT_FALSE(RoleOfRetired(path("metadata/timestamp.json")).has_value());
}

TEST(ParallelForTest, DoesEveryPieceOnce) {
  std::mutex mutex;
  std::multiset<size_t> seen;
  size_t last = 0;
  EXPECT_THAT(ParallelFor(
                  1000,
                  [&](size_t i) {
                    const std::lock_guard lock(mutex);
                    seen.insert(i);
                    return absl::OkStatus();
                  },
                  [&](size_t done) {
                    last = done;
                    return absl::OkStatus();
                  }),
              IsOk());
  EXPECT_EQ(seen.size(), 1000u);
  EXPECT_EQ(std::set<size_t>(seen.begin(), seen.end()).size(), 1000u);
  EXPECT_EQ(last, 1000u);
}

TEST(ParallelForTest, TheFirstErrorStopsTheRest) {
  const auto fail = [](size_t i) {
    return i < 3 ? absl::OkStatus() : MakeFailure(Failure::kDiskFull, "full");
  };
  const auto go_on = [](size_t) { return absl::OkStatus(); };
  EXPECT_THAT(ParallelFor(1000, fail, go_on), FailsWith(Failure::kDiskFull));
  const auto cancel = [](size_t) {
    return MakeFailure(Failure::kCancelled, "stop");
  };
  EXPECT_THAT(ParallelFor(2, go_on, cancel), FailsWith(Failure::kCancelled));
}

TEST(CopyVerifiedTest, CopiesWhatIsAsExpected) {
  const testing::TempDirectory dir;
  const std::string from = dir.Write("from", "content");
  const ExpectedContent content{7, {crypto::Sha256Of("content"), {}, {}}};
  ASSERT_THAT(CopyVerified(from, content, dir.Join("to")), IsOk());
  EXPECT_EQ(testing::ReadWholeFile(dir.Join("to")), "content");
}

TEST(CopyVerifiedTest, SourceThatChangedIsHeldBack) {
  const testing::TempDirectory dir;
  const std::string from = dir.Write("from", "Content");
  ExpectedContent content{7, {crypto::Sha256Of("content"), {}, {}}};
  EXPECT_THAT(CopyVerified(from, content, dir.Join("to")),
              FailsWith(Failure::kHeldBack, "as it was scanned"));
  content.length = 6;
  EXPECT_THAT(CopyVerified(from, content, dir.Join("to")),
              FailsWith(Failure::kHeldBack));
  EXPECT_THAT(CopyVerified(dir.Join("none"), content, dir.Join("to")),
              FailsWith(Failure::kHeldBack));
}

TEST(CopyVerifiedTest, TroubleWithTheCopyIsNotTheSources) {
  const testing::TempDirectory dir;
  const std::string from = dir.Write("from", "content");
  const ExpectedContent content{7, {crypto::Sha256Of("content"), {}, {}}};
  EXPECT_THAT(CopyVerified(from, content, dir.Join("none/to")),
              FailsWith(Failure::kNotFound));
}

}  // namespace
}  // namespace tufmirror::sync
