// A whole repository on local disk: who is authoritative for what, and what it
// costs to find out.
#include "tufmirror/client/repository_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/repository_fixture.h"
#include "support/status_matchers.h"

namespace tufmirror::testing {
namespace {

using client::RepositoryView;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RepositoryViewTest : public ::testing::Test {
 protected:
  RepositoryView View() {
    repository_.UpdateSnapshotMeta();
    repository_.UpdateTimestampMeta();
    auto set = tuf::TrustedMetadataSet::Create(repository_.Raw("root"),
                                               RepositoryFixture::now());
    EXPECT_THAT(set, IsOk());
    EXPECT_THAT(set->UpdateTimestamp(repository_.Raw("timestamp")), IsOk());
    EXPECT_THAT(set->UpdateSnapshot(repository_.Raw("snapshot")), IsOk());
    EXPECT_THAT(set->UpdateTargets(repository_.Raw("targets")), IsOk());
    return RepositoryView(*std::move(set),
                          [this](std::string_view role,
                                 int64_t) -> absl::StatusOr<tuf::RawMetadata> {
                            ++reads_[std::string(role)];
                            return repository_.Raw(role);
                          });
  }
  // "delegator>role" of every delegation, in the order of the walk.
  static std::vector<std::string> Walk(RepositoryView& view) {
    std::vector<std::string> met;
    EXPECT_THAT(view.WalkDelegations(
                    [&met](const RepositoryView::Delegation& delegation)
                        -> absl::StatusOr<RepositoryView::Descend> {
                      met.push_back(std::string(delegation.delegator_name) +
                                    ">" + std::string(delegation.role));
                      return RepositoryView::Descend::kLoad;
                    }),
                IsOk());
    return met;
  }
  // The targets that `role`, loaded under targets, is authoritative for.
  static std::vector<std::string> TargetsOf(RepositoryView& view,
                                            std::string_view role) {
    std::vector<std::string> paths;
    const auto loaded = role == "targets"
                            ? absl::StatusOr<tuf::RolePtr>(view.top())
                            : view.Load(role, "targets", view.top());
    EXPECT_THAT(loaded, IsOk());
    EXPECT_THAT(view.ForEachTarget(role, *loaded,
                                   [&paths](const tuf::TargetFile& target) {
                                     paths.push_back(target.path);
                                     return absl::OkStatus();
                                   }),
                IsOk());
    return paths;
  }
  // A role of `count` targets that `repository_` delegates to.
  void AddLargeRole(const std::string& name, size_t count) {
    repository_.Delegate("targets", name, {name + "/*"});
    tuf::TargetFile target;
    target.content.digests.sha256 = Sha256();
    for (size_t i = 0; i < count; ++i) {
      target.path = name + "/" + std::to_string(1'000'000 + i);
      repository_.delegated[name].targets.push_back(target);
    }
  }

  RepositoryFixture repository_;
  std::map<std::string, int> reads_;
};

TEST_F(RepositoryViewTest, TargetsOutsideTheDelegatedPathsAreNotTaken) {
  repository_.Delegate("targets", "alice", {"a/*"});
  repository_.AddTarget("alice", "a/x", "x");
  repository_.AddTarget("alice", "b/x", "x");
  repository_.AddTarget("alice", "a/deeper/x", "x");
  RepositoryView view = View();
  EXPECT_THAT(TargetsOf(view, "alice"), ElementsAre("a/x"));
  ASSERT_OK_AND_ASSIGN(const auto found, view.Find("b/x"));
  EXPECT_FALSE(found.has_value());
}

TEST_F(RepositoryViewTest, AnEarlierDelegationShadowsALaterOne) {
  repository_.Delegate("targets", "first", {"a/*"});
  repository_.Delegate("targets", "second", {"*/*"});
  repository_.AddTarget("first", "a/x", "first");
  repository_.AddTarget("second", "a/x", "second");
  repository_.AddTarget("second", "b/x", "second");
  RepositoryView view = View();
  EXPECT_THAT(TargetsOf(view, "first"), ElementsAre("a/x"));
  EXPECT_THAT(TargetsOf(view, "second"), ElementsAre("b/x"));
}

TEST_F(RepositoryViewTest, TheDelegatorShadowsWhatItDelegates) {
  repository_.Delegate("targets", "alice", {"*"});
  repository_.AddTarget("targets", "x", "mine");
  repository_.AddTarget("alice", "x", "hers");
  RepositoryView view = View();
  EXPECT_THAT(TargetsOf(view, "targets"), ElementsAre("x"));
  EXPECT_THAT(TargetsOf(view, "alice"), IsEmpty());
}

TEST_F(RepositoryViewTest, ATerminatingDelegationHidesWhatFollows) {
  repository_.Delegate("targets", "owner", {"a/*"}, Terminating::kYes);
  repository_.Delegate("targets", "anyone", {"*/*"});
  repository_.AddTarget("anyone", "a/x", "x");
  repository_.AddTarget("anyone", "b/x", "x");
  RepositoryView view = View();
  EXPECT_THAT(TargetsOf(view, "anyone"), ElementsAre("b/x"));
}

TEST_F(RepositoryViewTest, FindHasNoCapOnRoles) {
  for (int i = 0; i < 50; ++i) {
    repository_.Delegate("targets", "role-" + std::to_string(i), {"*"});
  }
  repository_.AddTarget("role-49", "x", "x");
  RepositoryView view = View();
  ASSERT_OK_AND_ASSIGN(const auto found, view.Find("x"));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->role, "role-49");
}

TEST_F(RepositoryViewTest, WalkMeetsEachDelegationOnceAlsoInCycles) {
  repository_.Delegate("targets", "alice", {"*"});
  repository_.Delegate("alice", "bob", {"*"});
  repository_.Delegate("bob", "alice", {"*"});
  repository_.Delegate("bob", "bob", {"*"});
  RepositoryView view = View();
  EXPECT_THAT(Walk(view), ElementsAre("targets>alice", "alice>bob", "bob>alice",
                                      "bob>bob"));
  ASSERT_OK_AND_ASSIGN(const auto found, view.Find("x"));
  EXPECT_FALSE(found.has_value());
}

TEST_F(RepositoryViewTest, SkippedRolesAreNotRead) {
  repository_.Delegate("targets", "alice", {"*"});
  repository_.Delegate("targets", "bob", {"*"});
  RepositoryView view = View();
  EXPECT_THAT(
      view.WalkDelegations([](const RepositoryView::Delegation& delegation)
                               -> absl::StatusOr<RepositoryView::Descend> {
        return delegation.role == "alice" ? RepositoryView::Descend::kSkip
                                          : RepositoryView::Descend::kLoad;
      }),
      IsOk());
  EXPECT_EQ(reads_["alice"], 0);
  EXPECT_EQ(reads_["bob"], 1);
}

TEST_F(RepositoryViewTest, ARoleIsReadOnceForEachDelegator) {
  repository_.Delegate("targets", "alice", {"*"});
  repository_.Delegate("targets", "bob", {"*"});
  repository_.Delegate("alice", "shared", {"*"});
  repository_.Delegate("bob", "shared", {"*"});
  RepositoryView view = View();
  Walk(view);
  Walk(view);
  EXPECT_EQ(reads_["shared"], 2);
  EXPECT_EQ(reads_["alice"], 1);
}

TEST_F(RepositoryViewTest, RolesAreVerifiedUnderTheirDelegator) {
  repository_.Delegate("targets", "alice", {"*"});
  repository_.signers["alice"] = {NewKey()};
  RepositoryView view = View();
  EXPECT_THAT(view.Load("alice", "targets", view.top()),
              FailsWith(Failure::kThreshold, "alice"));
  EXPECT_THAT(view.Find("x"), FailsWith(Failure::kThreshold, "alice"));
}

TEST_F(RepositoryViewTest, SuccinctRolesAreEveryBin) {
  repository_.DelegateSuccinct("targets", 2, "bin");
  RepositoryView view = View();
  EXPECT_THAT(Walk(view), ElementsAre("targets>bin-0", "targets>bin-1",
                                      "targets>bin-2", "targets>bin-3"));
}

// 2^32 names would fill the memory.
TEST_F(RepositoryViewTest, MoreBinsThanTheSnapshotListsAreRefused) {
  repository_.DelegateSuccinct("targets", 2, "bin");
  std::get<tuf::SuccinctRoles>(repository_.targets.delegations->roles)
      .bit_length = 32;
  RepositoryView view = View();
  EXPECT_THAT(
      client::DelegatedRoleNames(**view.top(), **view.trusted().snapshot()),
      FailsWith(Failure::kUnauthorised, "4294967296 bins"));
  EXPECT_THAT(
      view.WalkDelegations([](const RepositoryView::Delegation&)
                               -> absl::StatusOr<RepositoryView::Descend> {
        ADD_FAILURE() << "a bin was visited";
        return RepositoryView::Descend::kSkip;
      }),
      FailsWith(Failure::kUnauthorised, "bins"));
}

// Three leaf roles of 40,000 targets are more than stays parsed: the one that
// was not used for longest goes, and its memory with it.
TEST_F(RepositoryViewTest, MemoryOfLeafRolesIsBounded) {
  for (const char* name : {"one", "two", "three"}) AddLargeRole(name, 40'000);
  RepositoryView view = View();
  std::map<std::string, std::weak_ptr<const tuf::Verified<tuf::Targets>>> held;
  for (const char* name : {"one", "two", "one", "three"}) {
    const auto loaded = view.Load(name, "targets", view.top());
    ASSERT_THAT(loaded, IsOk());
    held[name] = *loaded;
  }
  EXPECT_TRUE(held["two"].expired());
  EXPECT_FALSE(held["one"].expired());
  EXPECT_FALSE(held["three"].expired());

  ASSERT_OK_AND_ASSIGN(const auto found, view.Find("two/1000000"));
  EXPECT_TRUE(found.has_value());
  EXPECT_EQ(reads_["two"], 2);
  EXPECT_EQ(reads_["one"], 1);
}

TEST_F(RepositoryViewTest, OneLeafRoleAboveTheBoundIsStillUsable) {
  AddLargeRole("one", 100'001);
  RepositoryView view = View();
  EXPECT_THAT(view.Load("one", "targets", view.top()), IsOk());
  ASSERT_OK_AND_ASSIGN(const auto found, view.Find("one/1000000"));
  EXPECT_TRUE(found.has_value());
  EXPECT_EQ(reads_["one"], 1);
}

}  // namespace
}  // namespace tufmirror::testing
