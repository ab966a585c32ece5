// Lists of versions: what they rebuild, from what, and what is refused.
#include "tufmirror/compress/version_list.h"

#include <gtest/gtest.h>

#include <string>

#include "fmt/format.h"
#include "support/status_matchers.h"
#include "tufmirror/compress/compressed.h"

namespace tufmirror::compress {
namespace {

using ::tufmirror::testing::FailsWith;
using ::tufmirror::testing::IsOk;

std::string SnapshotOf(int version, int bins, int step) {
  std::string text =
      fmt::format(R"({{"signatures":[{{"sig":"{:x}"}}],"signed":{{"meta":{{)",
                  version * 2654435761u);
  for (int bin = 0; bin < bins; ++bin) {
    text += fmt::format(R"({}"bin-{:04x}.json":{{"version":{}}})",
                        bin == 0 ? "" : ",", bin, version - bin * step % 500);
  }
  return text + fmt::format(R"(}},"version":{}}}}})", version);
}

std::string ListOf(std::string_view snapshot) {
  auto made = MakeVersionList(snapshot);
  EXPECT_THAT(made, IsOk());
  return *std::move(made);
}

TEST(VersionList, RebuildsFromAnyOlderSnapshotOfTheSameRoles) {
  const std::string wanted = SnapshotOf(100'000, 2000, 7);
  const std::string list = ListOf(wanted);
  EXPECT_LT(list.size(), wanted.size() / 10);
  for (const int version : {600, 9'999, 99'000, 2'000'000'000}) {
    const auto rebuilt =
        ApplyVersionList(SnapshotOf(version, 2000, 3), list, wanted.size());
    ASSERT_THAT(rebuilt, IsOk()) << version;
    EXPECT_TRUE(*rebuilt == wanted) << version;
  }
}

TEST(VersionList, ASnapshotOfOtherRolesGivesNothingOrOtherBytes) {
  const std::string wanted = SnapshotOf(1000, 20, 1);
  EXPECT_THAT(ApplyVersionList(SnapshotOf(900, 21, 1), ListOf(wanted), 1 << 20),
              FailsWith(Failure::kMalformed, "of 21 versions, here are 22"));
  EXPECT_THAT(ApplyVersionList("no snapshot", ListOf(wanted), 1 << 20),
              FailsWith(Failure::kMalformed));
}

TEST(VersionList, IsBoundedByTheCap) {
  const std::string wanted = SnapshotOf(1000, 200, 1);
  const std::string list = ListOf(wanted);
  EXPECT_THAT(ApplyVersionList(wanted, list, wanted.size()), IsOk());
  EXPECT_THAT(ApplyVersionList(wanted, list, wanted.size() - 1),
              FailsWith(Failure::kTooLarge));
  EXPECT_THAT(ApplyVersionList(wanted, list, 100),
              FailsWith(Failure::kTooLarge));
}

TEST(VersionList, ABombIsCutOffAtTheCap) {
  auto bomb = Compress(std::string(50'000'000, '\0'), Encoding::kZstd);
  ASSERT_THAT(bomb, IsOk());
  EXPECT_THAT(ApplyVersionList("x", "tufvers1" + *bomb, 100'000),
              FailsWith(Failure::kTooLarge));
}

TEST(VersionList, RefusesEveryTruncationAndSurvivesEveryChangedByte) {
  const std::string wanted = SnapshotOf(1000, 20, 1);
  const std::string list = ListOf(wanted);
  for (size_t size = 0; size < list.size(); ++size) {
    EXPECT_FALSE(ApplyVersionList(
                     wanted, std::string_view(list).substr(0, size), 1 << 20)
                     .ok())
        << size;
  }
  for (size_t at = 0; at < list.size(); ++at) {
    std::string damaged = list;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x21);
    const auto rebuilt = ApplyVersionList(wanted, damaged, 1 << 20);
    if (rebuilt.ok()) {
      EXPECT_LE(rebuilt->size(), size_t{1} << 20);
    }
  }
}

TEST(VersionList, RefusesALengthThatDoesNotFit) {
  for (const std::string& content :
       {std::string(11, '\0'), std::string(12, '\xff') + "text",
        std::string(12, '\0')}) {
    auto frame = Compress(content, Encoding::kZstd);
    ASSERT_THAT(frame, IsOk());
    EXPECT_THAT(ApplyVersionList("x", "tufvers1" + *frame, 1000),
                FailsWith(Failure::kMalformed));
  }
}

TEST(VersionList, NoneIsMadeOfWhatHasNoVersions) {
  EXPECT_THAT(MakeVersionList("{}"), FailsWith(Failure::kMalformed));
}

}  // namespace
}  // namespace tufmirror::compress
