// state/generation.json: what comes back, and what damage says.
#include "tree/generations.h"

#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "tree/tree_fixture.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::tree {
namespace {

using testing::FailsWith;
using testing::IsOk;
using testing::TempDirectory;

void ExpectSame(const GenerationInfo& got, const GenerationInfo& expected) {
  EXPECT_EQ(got.number, expected.number);
  EXPECT_EQ(got.published, expected.published);
  EXPECT_EQ(got.targets, expected.targets);
  EXPECT_EQ(got.target_bytes, expected.target_bytes);
  EXPECT_EQ(got.timestamp_version, expected.timestamp_version);
  EXPECT_EQ(got.earliest_expiry, expected.earliest_expiry);
}

TEST(Generations, ComeBackAsTheyWereWritten) {
  Generations generations;
  generations.a = InfoOf(7);
  generations.a->published += absl::Nanoseconds(123456789);
  generations.b = InfoOf(6);
  generations.b->earliest_expiry = absl::InfiniteFuture();
  ASSERT_OK_AND_ASSIGN(const Generations parsed,
                       ParseGenerations(RenderGenerations(generations)));
  ASSERT_TRUE(parsed.a && parsed.b);
  ExpectSame(*parsed.a, *generations.a);
  ExpectSame(*parsed.b, *generations.b);
}

TEST(Generations, AbsentEntriesStayAbsent) {
  for (const TreeSide side : {TreeSide::kA, TreeSide::kB}) {
    Generations generations;
    generations.of(side) = InfoOf(1);
    ASSERT_OK_AND_ASSIGN(Generations parsed,
                         ParseGenerations(RenderGenerations(generations)));
    EXPECT_TRUE(parsed.of(side));
    EXPECT_FALSE(parsed.of(Other(side)));
  }
}

TEST(Generations, NoFileMeansNoneAndSavingIsPrivate) {
  const TempDirectory directory;
  const Home home = MakeHome(directory.Join("home"));
  ASSERT_OK_AND_ASSIGN(Generations generations, LoadGenerations(home.layout()));
  EXPECT_FALSE(generations.a || generations.b);
  generations.b = InfoOf(3);
  ASSERT_THAT(SaveGenerations(home.layout(), generations), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto info, fs::Stat(home.layout().generation()));
  EXPECT_EQ(info->mode & 07777, 0600u);
  ASSERT_OK_AND_ASSIGN(generations, LoadGenerations(home.layout()));
  EXPECT_EQ(generations.b->number, 3u);
}

TEST(Generations, DamageIsRefusedWithAdvice) {
  const TempDirectory directory;
  const Home home = MakeHome(directory.Join("home"));
  for (const char* text :
       {"", "{", "[]", R"({"a":{}})", R"({"a":{"number":-1}})",
        R"({"a":{"number":1,"published":"yesterday","targets":0,)"
        R"("target_bytes":0,"timestamp_version":1,"earliest_expiry":"x"}})"}) {
    directory.Write("home/state/generation.json", text);
    EXPECT_THAT(LoadGenerations(home.layout()),
                FailsWith(Failure::kMalformed, "remove it"))
        << text;
  }
}

}  // namespace
}  // namespace tufmirror::tree
