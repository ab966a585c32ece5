// An origin that was restored from an old backup, and readers that saw more.
#include "tufmirror/sync/resume.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "support/status_matchers.h"
#include "sync/origin_fixture.h"
#include "sync/origin_state.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/client/metadata_store.h"
#include "tufmirror/client/updater.h"
#include "tufmirror/http/transfers.h"
#include "tufmirror/repo/tree_view.h"

namespace tufmirror::sync {
namespace {

using testing::FailsWith;
using testing::IsOk;

class ResumeTest : public testing::OriginFixture {
 protected:
  // Two publications after the backup; the reader saw both, and a replica has
  // what was published then.
  void SetUp() override {
    Init();
    AddWheel("six", "1.0");
    RunCleanly();
    dir_.Write("reader/root.json", LiveFile("metadata/1.root.json"));
    Copy("home", "backup");
    AddWheel("six", "2.0");
    RunCleanly();
    AddWheel("attrs", "1.0");
    RunCleanly();
    ASSERT_THAT(Refresh(), IsOk());
    lost_ = TimestampVersion();
    Copy("home", "replica");
    std::filesystem::remove_all(dir_.Join("home"));
    Copy("backup", "home");
    ASSERT_OK_AND_ASSIGN(tree::Home home, tree::Home::Open(init_.home));
    home_ = std::make_unique<tree::Home>(std::move(home));
  }

  void Copy(const std::string& from, const std::string& to) {
    using std::filesystem::copy_options;
    std::filesystem::copy(
        dir_.Join(from), dir_.Join(to),
        copy_options::recursive | copy_options::copy_symlinks);
  }

  // The same reader each time.
  absl::Status Refresh() {
    auto transfers = http::Transfers::Create({});
    if (!transfers.ok()) return transfers.status();
    client::DirectoryStore store(dir_.Join("reader"));
    const std::string base = "file://" + init_.home + "/live/";
    client::Updater updater({{base + "metadata/"}, {base}, {}}, **transfers,
                            store);
    return updater.Refresh(now_);
  }

  absl::StatusOr<ResumeResult> ResumeFromReplica() {
    ResumeOptions options;
    options.from = {"file://" + dir_.Join("replica") + "/live/"};
    return Resume(*home_, options);
  }

  int64_t lost_ = 0;  // version of the last timestamp before the restore
};

TEST_F(ResumeTest, ReadersRefuseARestoredOriginThatSimplyGoesOn) {
  EXPECT_THAT(Refresh(), FailsWith(Failure::kRollback));
  RunCleanly();
  ASSERT_LE(TimestampVersion(), lost_);
  EXPECT_FALSE(Refresh().ok());
}

TEST_F(ResumeTest, ReadersFollowAnOriginThatResumesAboveWhatTheySaw) {
  ASSERT_OK_AND_ASSIGN(const ResumeResult result, ResumeFromReplica());
  EXPECT_EQ(result.seen, lost_);
  EXPECT_GT(result.next, lost_ + kResumeMargin);
  RunCleanly();
  EXPECT_EQ(TimestampVersion(), result.next);
  EXPECT_THAT(Refresh(), IsOk());
  EXPECT_TRUE(IsTarget("packages/attrs/attrs-1.0-py3-none-any.whl"));
}

TEST_F(ResumeTest, EveryRoleThatIsSignedOnlineComesAnewOnce) {
  ASSERT_OK_AND_ASSIGN(const ResumeResult result, ResumeFromReplica());
  RunCleanly();
  ASSERT_OK_AND_ASSIGN(
      const client::RepositoryView view,
      repo::OpenTreeView(init_.home + "/live", absl::InfinitePast()));
  for (const auto& [role, meta] : (*view.trusted().snapshot())->meta) {
    const bool offline = role == "targets" || role == "bins";
    EXPECT_EQ(meta.version, offline ? 1 : result.next) << role;
  }
  const report::RunReport again = Run();
  EXPECT_THAT(again.outcome, IsOk());
  EXPECT_FALSE(again.published);
}

// Signed with the online key, which a thief may have.
TEST_F(ResumeTest, NumberThatNoClientCountsBeyondIsNotTakenOver) {
  ASSERT_OK_AND_ASSIGN(OriginState state, LoadOriginState(home_->layout()));
  state.highest_version = (int64_t{1} << 52) - 1;
  ASSERT_THAT(SaveOriginState(home_->layout(), state), IsOk());
  AddWheel("attrs", "2.0");
  RunCleanly();
  std::filesystem::remove_all(dir_.Join("replica"));
  Copy("home", "replica");
  EXPECT_THAT(ResumeFromReplica(),
              FailsWith(Failure::kVersion, "expected versions below"));
}

TEST_F(ResumeTest, NumberThatNobodySignedIsNotBelieved) {
  std::string timestamp =
      testing::ReadWholeFile(dir_.Join("replica/live/metadata/timestamp.json"));
  const std::string version = "\"version\":";
  const size_t at = timestamp.rfind(version);
  ASSERT_NE(at, std::string::npos);
  timestamp.insert(at + version.size(), "99");
  std::filesystem::remove(dir_.Join("replica/live/metadata/timestamp.json"));
  dir_.Write("replica/live/metadata/timestamp.json", timestamp);
  const auto result = ResumeFromReplica();
  EXPECT_THAT(result.status(), FailsWith(Failure::kThreshold, "ask the"));
  ASSERT_OK_AND_ASSIGN(const OriginState state,
                       LoadOriginState(home_->layout()));
  EXPECT_EQ(state.least_version, 1);
}

}  // namespace
}  // namespace tufmirror::sync
