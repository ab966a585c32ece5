// A plan survives its file, whatever its size, and damage is never read as a
// change.
#include "tufmirror/sync/plan.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <limits>
#include <string>
#include <vector>

#include "fmt/format.h"
#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "tufmirror/crypto/hash.h"

namespace tufmirror::sync {
namespace {

using testing::FailsWith;
using testing::IsOk;

ExpectedContent ContentOf(std::string_view bytes) {
  ExpectedContent content;
  content.length = bytes.size();
  content.digests.sha256 = crypto::Sha256Of(bytes);
  return content;
}

ExpectedContent OfLength(uint64_t length) {
  ExpectedContent content = ContentOf("");
  content.length = length;
  return content;
}

PlannedChange Add(std::string_view path, const ExpectedContent& wanted) {
  return {Action::kAdd, *TargetPath::Parse(path), wanted, {}};
}
PlannedChange Change(std::string_view path, const ExpectedContent& wanted,
                     const ExpectedContent& published) {
  return {Action::kChange, *TargetPath::Parse(path), wanted, published};
}
PlannedChange Remove(std::string_view path, const ExpectedContent& published) {
  return {Action::kRemove, *TargetPath::Parse(path), {}, published};
}

void ExpectSame(const PlannedChange& got, const PlannedChange& expected) {
  EXPECT_EQ(got.action, expected.action);
  EXPECT_EQ(got.path.str(), expected.path.str());
  EXPECT_EQ(got.wanted, expected.wanted) << expected.path.str();
  EXPECT_EQ(got.published, expected.published) << expected.path.str();
}

class SyncPlanTest : public ::testing::Test {
 protected:
  SyncPlan Planned(const std::vector<PlannedChange>& changes) {
    auto plan = SyncPlan::Create(path_);
    EXPECT_THAT(plan, IsOk());
    for (const PlannedChange& change : changes) {
      EXPECT_THAT(plan->Add(change), IsOk());
    }
    EXPECT_THAT(plan->Finish(), IsOk());
    return *std::move(plan);
  }
  // Reads to the end or to the first failure.
  static absl::StatusOr<std::vector<PlannedChange>> ReadAll(
      const SyncPlan& plan) {
    absl::StatusOr<PlanReader> reader = plan.Read();
    if (!reader.ok()) return reader.status();
    std::vector<PlannedChange> changes;
    while (true) {
      auto change = reader->Next();
      if (!change.ok()) return change.status();
      if (!*change) return changes;
      changes.push_back(**std::move(change));
    }
  }

  testing::TempDirectory directory_;
  std::string path_ = directory_.Join("plan");
};

TEST_F(SyncPlanTest, EveryKindOfChangeComesBackAsItWasAdded) {
  ExpectedContent sha512 = ContentOf("three");
  sha512.digests.sha256.reset();
  sha512.digests.sha512 = crypto::Sha512Of("three");
  ExpectedContent both = ContentOf("four");
  both.digests.sha512 = crypto::Sha512Of("four");
  const std::vector<PlannedChange> changes = {
      Add("packages/a/a-1.whl", ContentOf("one")),
      Change("simple/a b/\xC3\xA9 index.html", ContentOf("two"), sha512),
      Remove("x: y", both), Add("empty", ContentOf(""))};
  const SyncPlan plan = Planned(changes);

  ASSERT_OK_AND_ASSIGN(const auto read, ReadAll(plan));

  ASSERT_EQ(read.size(), changes.size());
  for (size_t i = 0; i < read.size(); ++i) ExpectSame(read[i], changes[i]);
}

TEST_F(SyncPlanTest, EmptyPlanHasNoChanges) {
  const SyncPlan plan = Planned({});
  EXPECT_TRUE(plan.summary().same_targets());
  ASSERT_OK_AND_ASSIGN(const auto read, ReadAll(plan));
  EXPECT_TRUE(read.empty());
}

TEST_F(SyncPlanTest, CountsByKindAndTheBytesThatAreToCome) {
  const SyncPlan plan = Planned(
      {Add("a", OfLength(100)), Add("b", OfLength(20)),
       Change("c", OfLength(3), OfLength(7)), Remove("d", OfLength(1000)),
       Remove("e", OfLength(1)), Remove("f", OfLength(1))});
  const PlanSummary& summary = plan.summary();
  EXPECT_EQ(summary.added, 2u);
  EXPECT_EQ(summary.changed, 1u);
  EXPECT_EQ(summary.removed, 3u);
  EXPECT_EQ(summary.download_files, 3u);
  EXPECT_EQ(summary.download_bytes, 123u);
  EXPECT_EQ(plan.bytes_added(), 123u);
  EXPECT_EQ(plan.bytes_removed(), 1009u);
  EXPECT_FALSE(summary.same_targets());
}

// Upstream chooses the lengths: a sum that began again from zero would get
// past the space brake.
TEST_F(SyncPlanTest, LengthsThatOverflowStayTheLargestNumber) {
  constexpr uint64_t kMost = std::numeric_limits<uint64_t>::max();
  const SyncPlan plan =
      Planned({Add("a", OfLength(kMost)), Add("b", OfLength(2))});
  EXPECT_EQ(plan.summary().download_bytes, kMost);
  EXPECT_EQ(plan.bytes_added(), kMost);
}

TEST_F(SyncPlanTest, ManyRecordsSpillToTheFileAndKeepTheirOrder) {
  constexpr int kRecords = 5000;
  ASSERT_OK_AND_ASSIGN(SyncPlan plan, SyncPlan::Create(path_));
  for (int i = 0; i < kRecords; ++i) {
    ASSERT_THAT(plan.Add(Add(fmt::format("packages/p{}/f", i),
                             ContentOf(fmt::format("{}", i)))),
                IsOk());
  }
  // Before Finish: memory does not grow with the number of changes.
  EXPECT_GT(testing::ReadWholeFile(path_).size(), size_t{100} * kRecords / 2);
  ASSERT_THAT(plan.Finish(), IsOk());

  ASSERT_OK_AND_ASSIGN(PlanReader reader, plan.Read());
  for (int i = 0; i < kRecords; ++i) {
    ASSERT_OK_AND_ASSIGN(const auto change, reader.Next());
    ASSERT_TRUE(change.has_value()) << i;
    ExpectSame(*change, Add(fmt::format("packages/p{}/f", i),
                            ContentOf(fmt::format("{}", i))));
  }
  ASSERT_OK_AND_ASSIGN(const auto end, reader.Next());
  EXPECT_FALSE(end.has_value());
}

TEST_F(SyncPlanTest, ReadersDoNotDisturbEachOther) {
  const SyncPlan plan =
      Planned({Add("a", ContentOf("a")), Add("b", ContentOf("b"))});
  ASSERT_OK_AND_ASSIGN(PlanReader first, plan.Read());
  ASSERT_OK_AND_ASSIGN(const auto a, first.Next());
  ASSERT_OK_AND_ASSIGN(PlanReader second, plan.Read());
  ASSERT_OK_AND_ASSIGN(const auto b, first.Next());
  ASSERT_OK_AND_ASSIGN(const auto a_again, second.Next());
  EXPECT_EQ(a->path, a_again->path);
  EXPECT_EQ(b->path.str(), "b");
}

TEST_F(SyncPlanTest, NewPlanReplacesAnOlderOne) {
  Planned({Add("old", ContentOf("a")), Add("older", ContentOf("b"))});
  const SyncPlan plan = Planned({Add("new", ContentOf("c"))});
  ASSERT_OK_AND_ASSIGN(const auto read, ReadAll(plan));
  ASSERT_EQ(read.size(), 1u);
  EXPECT_EQ(read[0].path.str(), "new");
}

TEST_F(SyncPlanTest, DoesNotWriteThroughASymlink) {
  const std::string other = directory_.Write("other", "precious");
  ASSERT_EQ(symlink(other.c_str(), path_.c_str()), 0);
  EXPECT_THAT(SyncPlan::Create(path_), FailsWith(Failure::kFileSystem));
  EXPECT_EQ(testing::ReadWholeFile(other), "precious");
}

class DamagedPlanTest : public SyncPlanTest,
                        public ::testing::WithParamInterface<const char*> {};

TEST_P(DamagedPlanTest, IsRefusedAfterTheWholeLinesBeforeIt) {
  const SyncPlan plan = Planned({Remove("a", OfLength(5))});
  const std::string good = testing::ReadWholeFile(path_);
  directory_.Write("plan", good + GetParam());

  ASSERT_OK_AND_ASSIGN(PlanReader reader, plan.Read());
  ASSERT_OK_AND_ASSIGN(const auto first, reader.Next());
  ASSERT_TRUE(first.has_value());
  ExpectSame(*first, Remove("a", OfLength(5)));
  EXPECT_FALSE(reader.Next().ok());
}

INSTANTIATE_TEST_SUITE_P(
    Lines, DamagedPlanTest,
    ::testing::Values("\n", "add\n", "add 1:-:- 0:-:-\n", "add 1:-:- 0:-:- \n",
                      "remove 1:-:- 0:-:- a", "delete 1:-:- 0:-:- a\n",
                      " 1:-:- 0:-:- a\n", "add x:-:- 0:-:- a\n",
                      "add -1:-:- 0:-:- a\n", "add 1:- 0:-:- a\n",
                      "add 1:-:-:- 0:-:- a\n", "add 1:abcd:- 0:-:- a\n",
                      "add 1:-:abcd 0:-:- a\n", "add 1:-:- 0:-:- ../a\n",
                      "add 1:-:- 0:-:- /a\n", "add 1:-:- 0:-:- a//b\n",
                      "add 99999999999999999999:-:- 0:-:- a\n"));

TEST_F(SyncPlanTest, DamagedActionIsNamed) {
  const SyncPlan plan = Planned({});
  directory_.Write("plan", "delete 1:-:- 0:-:- a\n");
  EXPECT_THAT(ReadAll(plan),
              FailsWith(Failure::kInternal, "damaged line 'delete'"));
}

TEST_F(SyncPlanTest, FileThatIsGoneIsAnError) {
  const SyncPlan plan = Planned({Add("a", ContentOf("a"))});
  ASSERT_EQ(unlink(path_.c_str()), 0);
  EXPECT_THAT(plan.Read(), FailsWith(Failure::kNotFound, "plan"));
}

}  // namespace
}  // namespace tufmirror::sync
