#include "tufmirror/repo/editor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <utility>

#include "repo/repository_on_disk.h"

namespace tufmirror::repo {
namespace {

using testing::FailsWith;
using testing::IsOk;

class EditorTest : public testing::RepositoryOnDisk {
 protected:
  void SetUp() override { Make(); }

  static int64_t VersionOf(const SigningResult& result, std::string_view role) {
    for (const SignedRole& signed_role : result.roles) {
      if (signed_role.role == role) return signed_role.version;
    }
    return 0;
  }
};

TEST_F(EditorTest, OneChangedTargetSignsOneBinAndSnapshotAndTimestamp) {
  ASSERT_OK_AND_ASSIGN(const SigningResult result,
                       Publish({{"packages/six/six-1.0.whl", "six"}}, Start()));
  ASSERT_EQ(written_.size(), 3u);
  EXPECT_TRUE(written_[0].starts_with("bin-"));
  EXPECT_EQ(written_[1], "snapshot");
  EXPECT_EQ(written_[2], "timestamp");
  EXPECT_EQ(result.roles[0].replaces, 1);
  const auto found = Find("packages/six/six-1.0.whl", Start());
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->target.content, Target("", "six").content);
}

TEST_F(EditorTest, NothingChangedAndNothingDueWritesNothing) {
  ASSERT_THAT(Publish({{"packages/six/six-1.0.whl", "six"}}, Start()), IsOk());
  ASSERT_OK_AND_ASSIGN(
      const SigningResult result,
      Publish({{"packages/six/six-1.0.whl", "six"}, {"packages/a/a", {}}},
              Start() + absl::Hours(1)));
  EXPECT_TRUE(result.roles.empty());
  EXPECT_TRUE(written_.empty());
}

TEST_F(EditorTest, RemovedTargetIsFoundNoMore) {
  ASSERT_THAT(Publish({{"packages/six/six-1.0.whl", "six"},
                       {"packages/six/six-2.0.whl", "six2"}},
                      Start()),
              IsOk());
  ASSERT_THAT(Publish({{"packages/six/six-1.0.whl", {}}}, Start()), IsOk());
  EXPECT_EQ(counts_.removed, 1u);
  EXPECT_EQ(counts_.bytes, -3);
  EXPECT_FALSE(Find("packages/six/six-1.0.whl", Start()).has_value());
  EXPECT_TRUE(Find("packages/six/six-2.0.whl", Start()).has_value());
}

TEST_F(EditorTest, CountsAddedChangedAndRemoved) {
  ASSERT_THAT(
      Publish({{"simple/a/index.html", "1"}, {"simple/b/index.html", "1"}},
              Start()),
      IsOk());
  ASSERT_THAT(Publish({{"simple/a/index.html", "22"},
                       {"simple/b/index.html", {}},
                       {"simple/c/index.html", "333"}},
                      Start()),
              IsOk());
  EXPECT_EQ(counts_.added, 1u);
  EXPECT_EQ(counts_.changed, 1u);
  EXPECT_EQ(counts_.removed, 1u);
  EXPECT_EQ(counts_.bytes, 3);
}

TEST_F(EditorTest, ManyEditsOfOneBinKeepItSortedAndComplete) {
  std::vector<Edit> edits;
  for (int i = 0; i < 500; ++i) {
    edits.push_back({"packages/p/f" + std::to_string(i), "x"});
  }
  ASSERT_THAT(Publish(edits, Start()), IsOk());
  for (int i = 0; i < 500; i += 2) edits[static_cast<size_t>(i)].content = {};
  ASSERT_THAT(Publish(edits, Start()), IsOk());
  EXPECT_EQ(counts_.removed, 250u);
  for (int i = 0; i < 500; i += 25) {
    EXPECT_EQ(Find("packages/p/f" + std::to_string(i), Start()).has_value(),
              i % 2 == 1)
        << i;
  }
}

TEST_F(EditorTest, SignsAgainWhatIsBelowHalfOfItsLife) {
  ASSERT_OK_AND_ASSIGN(const SigningResult early,
                       Publish({}, Start() + absl::Hours(11)));
  EXPECT_TRUE(early.roles.empty());
  ASSERT_OK_AND_ASSIGN(const SigningResult late,
                       Publish({}, Start() + absl::Hours(13)));
  EXPECT_EQ(written_, (std::vector<std::string>{"snapshot", "timestamp"}));
  EXPECT_GT(VersionOf(late, "timestamp"), 1);
}

TEST_F(EditorTest, NoMetadataEverExpiresUnderHourlyRuns) {
  absl::Time now = Start();
  for (int hour = 0; hour < 24 * 30; ++hour) {
    ASSERT_OK_AND_ASSIGN(const SigningResult result, Publish({}, now));
    ASSERT_GT(result.earliest_expiry, now + absl::Hours(1)) << hour;
    now += absl::Hours(1);
  }
  ASSERT_OK_AND_ASSIGN(auto view, View(now));
  ASSERT_OK_AND_ASSIGN(const auto bins,
                       view.Load(kBinsRole, "targets", view.top()));
  for (const auto& [bin, state] : states_) {
    EXPECT_THAT(view.Load(bin, kBinsRole, bins), IsOk());
  }
}

TEST_F(EditorTest, BinsAreSignedAgainAFewAtATime) {
  size_t most = 0;
  for (int hour = 0; hour < 24 * 28; hour += 6) {
    ASSERT_THAT(Publish({}, Start() + absl::Hours(hour)), IsOk());
    most = std::max(
        most,
        static_cast<size_t>(std::count_if(
            written_.begin(), written_.end(),
            [](const std::string& role) { return role.starts_with("bin-"); })));
  }
  EXPECT_GT(most, 0u);
  EXPECT_LE(most, 16u) << "of 64 bins in one run";
}

TEST_F(EditorTest, ForgottenBinStatesAreReadAgain) {
  ASSERT_THAT(Publish({{"packages/six/six-1.0.whl", "six"}}, Start()), IsOk());
  const BinStates right = std::exchange(states_, {});
  ASSERT_THAT(Publish({}, Start()), IsOk());
  EXPECT_EQ(states_, right);
  for (auto& [bin, state] : states_) state.version += 100;
  ASSERT_THAT(Publish({}, Start()), IsOk());
  EXPECT_EQ(states_, right);
}

TEST_F(EditorTest, RefusesAKeyThatTheRepositoryDoesNotName) {
  ASSERT_OK_AND_ASSIGN(auto view, View(Start()));
  ASSERT_OK_AND_ASSIGN(auto editor, RepositoryEditor::Open(view, {}));
  ASSERT_THAT(editor.Put(Target("packages/a/a", "a")), IsOk());
  ASSERT_THAT(editor.Resolve(), IsOk());
  written_.clear();
  EXPECT_THAT(editor.Finish(policy_, Start(), editor.NextVersion(),
                            absl::MakeSpan(&keys_->targets, 1), Writer()),
              FailsWith(Failure::kKey, "expected 1 of the 1 keys"));
  EXPECT_TRUE(written_.empty());
}

TEST_F(EditorTest, EachRoleIsSignedByAsManyKeysAsItsThresholdNeeds) {
  GenesisOptions options;
  options.online_threshold = 2;
  for (const BinProfile profile :
       {BinProfile::kSuccinct, BinProfile::kHashPrefixes}) {
    options.profile = profile;
    states_.clear();
    Make(options, /*root_keys=*/1, /*online_keys=*/3);
    ASSERT_THAT(Publish({{"packages/a/a", "a"}}, Start()), IsOk());
    EXPECT_TRUE(Find("packages/a/a", Start()));
  }
  const absl::Span<const Signer> all(keys_->online);
  for (const auto& [first, count] : {std::pair(0, 1), {1, 1}, {0, 2}, {1, 2}}) {
    ASSERT_OK_AND_ASSIGN(auto view, View(Start()));
    ASSERT_OK_AND_ASSIGN(auto editor, RepositoryEditor::Open(view, {}));
    ASSERT_THAT(editor.Remove("packages/a/a"), IsOk());
    ASSERT_THAT(editor.Resolve(), IsOk());
    const auto ignored = [](std::string_view, std::optional<int64_t>,
                            std::string_view) { return absl::OkStatus(); };
    const auto finished = editor.Finish(
        policy_, Start(), editor.NextVersion(),
        all.subspan(static_cast<size_t>(first), static_cast<size_t>(count)),
        ignored);
    if (count == 2) {
      EXPECT_THAT(finished, IsOk());
    } else {
      EXPECT_THAT(finished,
                  FailsWith(Failure::kKey, "expected 2 of the 3 keys"));
    }
  }
}

TEST_F(EditorTest, OneKeyGivenTwiceCountsOnce) {
  GenesisOptions options;
  options.online_threshold = 2;
  Make(options, /*root_keys=*/1, /*online_keys=*/2);
  std::vector<Signer> twice;
  ASSERT_OK_AND_ASSIGN(
      const crypto::Secret pem,
      keys_->online[0].private_key()->ToPem(crypto::Secret::Copy("")));
  for (int i = 0; i < 2; ++i) {
    ASSERT_OK_AND_ASSIGN(crypto::PrivateKey key,
                         crypto::PrivateKey::FromPem(
                             pem.view(), crypto::Secret::Copy(""), "online"));
    twice.emplace_back(std::move(key));
  }
  ASSERT_OK_AND_ASSIGN(auto view, View(Start()));
  ASSERT_OK_AND_ASSIGN(auto editor, RepositoryEditor::Open(view, {}));
  ASSERT_THAT(editor.Put(Target("packages/a/a", "a")), IsOk());
  ASSERT_THAT(editor.Resolve(), IsOk());
  EXPECT_THAT(
      editor.Finish(policy_, Start(), editor.NextVersion(), twice, Writer()),
      FailsWith(Failure::kKey, "got 1, of these keys"));
}

TEST_F(EditorTest, RefusesAVersionThatWasUsed) {
  ASSERT_THAT(Publish({{"packages/a/a", "a"}}, Start()), IsOk());
  ASSERT_OK_AND_ASSIGN(auto view, View(Start()));
  ASSERT_OK_AND_ASSIGN(auto editor, RepositoryEditor::Open(view, {}));
  ASSERT_THAT(editor.Put(Target("packages/a/a", "b")), IsOk());
  ASSERT_THAT(editor.Resolve(), IsOk());
  EXPECT_EQ(editor.NextVersion(), 3);
  EXPECT_THAT(editor.Finish(policy_, Start(), 2, keys_->online, Writer()),
              FailsWith(Failure::kInternal, "at least 3"));
}

TEST_F(EditorTest, TheLastEditOfAPathWins) {
  ASSERT_THAT(Publish({{"packages/a/a", "1"}, {"packages/a/a", "2"}}, Start()),
              IsOk());
  EXPECT_EQ(Find("packages/a/a", Start())->target, Target("packages/a/a", "2"));
}

TEST_F(EditorTest, AfterTellsWhatWillBePublished) {
  ASSERT_THAT(Publish({{"packages/a/a", "1"}, {"packages/b/b", "1"}}, Start()),
              IsOk());
  ASSERT_OK_AND_ASSIGN(auto view, View(Start()));
  ASSERT_OK_AND_ASSIGN(auto editor, RepositoryEditor::Open(view, states_));
  ASSERT_THAT(editor.Remove("packages/a/a"), IsOk());
  ASSERT_THAT(editor.Put(Target("packages/c/c", "1")), IsOk());
  ASSERT_THAT(editor.Resolve(), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto a, editor.After("packages/a/a"));
  ASSERT_OK_AND_ASSIGN(const auto b, editor.After("packages/b/b"));
  ASSERT_OK_AND_ASSIGN(const auto c, editor.After("packages/c/c"));
  EXPECT_FALSE(a.has_value());
  EXPECT_TRUE(b.has_value());
  EXPECT_TRUE(c.has_value());
}

}  // namespace
}  // namespace tufmirror::repo
