// Claims in an origin of a plain index: what maintainers sign against what the
// index serves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "sync/claim_fixture.h"

namespace tufmirror {
namespace {

using testing::ClaimFixture;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::IsOk;
using ::testing::Not;

class ClaimsOfAnIndexTest : public ClaimFixture {
 protected:
  void SetUp() override {
    OriginIndexFixture::SetUp();
    Put({"1.0"});
    RunCleanly();
  }
  // Upstream has these versions of alpha.
  void Put(const std::vector<std::string>& versions) {
    std::vector<testing::ServedFile> files;
    for (const std::string& version : versions) {
      files.push_back(WheelWithMetadata("alpha", version));
    }
    PutProject("alpha", std::move(files));
  }
  // The maintainers have it on their disk; its name.
  std::string Build(const std::string& version) {
    const testing::ServedFile file = Wheel("alpha", version);
    AddFile(file.filename, file.bytes);
    return file.filename;
  }
  report::RunReport RunLater() {
    now_ += absl::Hours(1);
    return Run();
  }
};

TEST_F(ClaimsOfAnIndexTest, WhatMaintainersSignIsWhatReadersFind) {
  const std::string first = Build("1.0");
  Claim("alpha", {first});
  EXPECT_THAT(RunLater().problems, IsEmpty()) << "nothing is new upstream";
  EXPECT_EQ(StateOf("alpha"), "recently-claimed");
  EXPECT_THAT(Download("packages/alpha/" + first + ".metadata"), IsOk());
  Put({"1.0", "1.1"});
  EXPECT_EQ(Objects(RunLater()), std::vector<std::string>{"alpha"});
  EXPECT_THAT(Page("alpha"), Not(HasSubstr("1.1")));
  const std::string next = Build("1.1");
  Release("alpha", {next}, {&alice_});
  EXPECT_THAT(RunLater().problems, IsEmpty());
  EXPECT_THAT(Page("alpha"), HasSubstr(next));
  EXPECT_THAT(Download("packages/alpha/" + next), IsOk());
  EXPECT_FALSE(RunLater().published);
}

TEST_F(ClaimsOfAnIndexTest, ASignedReleaseWaitsForUpstream) {
  Claim("alpha", {Build("1.0"), Build("1.1")});
  EXPECT_EQ(Objects(RunLater()), std::vector<std::string>{"alpha"});
  EXPECT_EQ(StateOf("alpha"), "waiting");
  Put({"1.0", "1.1"});
  EXPECT_THAT(RunLater().problems, IsEmpty());
  EXPECT_EQ(StateOf("alpha"), "recently-claimed");
  EXPECT_THAT(Page("alpha"), HasSubstr("alpha-1.1"));
}

TEST_F(ClaimsOfAnIndexTest, OtherCoreMetadataThanInTheFileIsNotPublished) {
  testing::ServedFile file = WheelWithMetadata("alpha", "1.1");
  const std::string signed_metadata = *file.metadata;
  file.metadata = signed_metadata + "Requires-Dist: trojan\n";
  PutProject("alpha", {WheelWithMetadata("alpha", "1.0"), file});
  Claim("alpha", {Build("1.0"), Build("1.1")});
  RunLater();
  ASSERT_OK_AND_ASSIGN(
      const std::string published,
      Download("packages/alpha/alpha-1.1-py3-none-any.whl.metadata"));
  EXPECT_EQ(published, signed_metadata) << "as it is in the wheel";
}

TEST_F(ClaimsOfAnIndexTest, CoreMetadataThatUpstreamLacksAreInTheWheel) {
  PutProject("alpha", {Wheel("alpha", "1.0"), Wheel("alpha", "1.1")});
  Claim("alpha", {Build("1.0"), Build("1.1")});
  EXPECT_THAT(RunLater().problems, IsEmpty());
  EXPECT_EQ(StateOf("alpha"), "recently-claimed");
  for (const char* version : {"1.0", "1.1"}) {
    EXPECT_THAT(Download(std::string("packages/alpha/alpha-") + version +
                         "-py3-none-any.whl.metadata"),
                IsOk());
  }
}

}  // namespace
}  // namespace tufmirror
