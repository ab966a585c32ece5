// Two states of a repository and the changes between them, always as a reader
// who searches from the top would see both.
#include "sync/diff.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "support/repository_fixture.h"
#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "tufmirror/crypto/hash.h"

namespace tufmirror::sync {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::IsEmpty;
using testing::IsOk;
using ::testing::UnorderedElementsAre;
using ::testing::UnorderedElementsAreArray;

// A published state, with all that is known of its roles.
struct State {
  std::unique_ptr<client::RepositoryView> view;
  std::map<std::string, std::string> signed_parts;
  std::map<std::string, std::optional<tuf::Delegations>> delegations;
  std::set<std::string, std::less<>> delegating;
};

class DiffTest : public ::testing::Test {
 protected:
  // `content` is how a plan's lines name it.
  void Add(std::string_view role, std::string_view path,
           const std::string& content) {
    names_[crypto::Sha256Of(content).Hex()] = content;
    repository_.AddTarget(role, path, content);
  }
  void Remove(std::string_view role, std::string_view path) {
    repository_.RemoveTarget(role, path);
  }

  State Publish() {
    repository_.Publish();
    const std::string tree = fmt::format("tree-{}", ++states_);
    for (const auto& [path, bytes] : repository_.files()) {
      if (path.starts_with("metadata/")) {
        directory_.Write(tree + "/" + path, bytes);
      }
    }
    State state;
    auto trusted = source::OpenTree(
        directory_.Join(tree), repository_.Raw("root"), absl::InfinitePast());
    EXPECT_THAT(trusted, IsOk());
    state.view = std::make_unique<client::RepositoryView>(
        *std::move(trusted),
        source::ReadRolesFrom(directory_.Join(tree), true));
    state.signed_parts["targets"] = repository_.Canonical("targets");
    state.delegations["targets"] = repository_.targets.delegations;
    for (const auto& [name, role] : repository_.delegated) {
      state.signed_parts[name] = repository_.Canonical(name);
      state.delegations[name] = role.delegations;
      if (role.delegations) state.delegating.insert(name);
    }
    return state;
  }

  static source::PublishedState Published(const State& state) {
    return {*state.view, state.delegating};
  }
  static source::ChangedRoles Changed(const State* before, const State& after) {
    source::ChangedRoles changed;
    changed.same_delegations =
        before != nullptr && before->delegations == after.delegations;
    changed.delegating_roles = after.delegating;
    for (const auto& [role, text] : after.signed_parts) {
      const bool same = before != nullptr &&
                        before->signed_parts.contains(role) &&
                        before->signed_parts.at(role) == text;
      if (!same) changed.roles.insert(role);
    }
    return changed;
  }

  // The plan as lines: "add PATH CONTENT", "change PATH OLD NEW", "remove ...".
  absl::StatusOr<std::vector<std::string>> Diff(State* before, State& after) {
    auto plan = SyncPlan::Create(directory_.Join("plan"));
    held_back_.clear();
    std::optional<source::PublishedState> state;
    if (before) state.emplace(Published(*before));
    const absl::Status added = AddDifferences(
        before ? before->view.get() : nullptr, *after.view,
        Changed(before, after), state ? &*state : nullptr, layout_,
        [this](const tuf::TargetFile& target, absl::Status why) {
          EXPECT_THAT(why, FailsWith(Failure::kUnsafePath));
          held_back_.push_back(target.path);
        },
        *plan);
    if (!added.ok()) return added;
    EXPECT_THAT(plan->Finish(), IsOk());
    auto reader = plan->Read();
    std::vector<std::string> lines;
    while (true) {
      auto change = reader->Next();
      EXPECT_THAT(change, IsOk());
      if (!change.ok() || !*change) return lines;
      lines.push_back(LineOf((*change)->action, (*change)->path.str(),
                             (*change)->published, (*change)->wanted));
    }
  }

  std::string LineOf(Action action, const std::string& path,
                     const ExpectedContent& published,
                     const ExpectedContent& wanted) const {
    std::string line = fmt::format("{} {}", ActionName(action), path);
    for (const ExpectedContent& content : {published, wanted}) {
      if (content.digests.sha256) {
        line += " " + names_.at(content.digests.sha256->Hex());
      }
    }
    return line;
  }

  testing::TempDirectory directory_;
  const tree::Layout layout_{"/home"};
  std::vector<std::string> held_back_;
  testing::RepositoryFixture repository_;
  std::map<std::string, std::string> names_;  // of contents, by digest
  int states_ = 0;
};

TEST_F(DiffTest, EverythingIsAddedToNothing) {
  repository_.Delegate("targets", "team", {"packages/*/*"});
  Add("targets", "simple/a/index.html", "page");
  Add("team", "packages/a/a-1.whl", "wheel");
  State state = Publish();
  ASSERT_OK_AND_ASSIGN(const auto plan, Diff(nullptr, state));
  EXPECT_THAT(plan, UnorderedElementsAre("add simple/a/index.html page",
                                         "add packages/a/a-1.whl wheel"));
}

TEST_F(DiffTest, SameStateIsNoChange) {
  Add("targets", "a", "one");
  State before = Publish();
  State after = Publish();
  ASSERT_OK_AND_ASSIGN(const auto plan, Diff(&before, after));
  EXPECT_THAT(plan, IsEmpty());
}

TEST_F(DiffTest, TellsAddedChangedAndRemovedApart) {
  repository_.Delegate("targets", "team", {"*"});
  Add("team", "stays", "one");
  Add("team", "changes", "one");
  Add("team", "goes", "one");
  State before = Publish();
  Add("team", "changes", "two");
  Remove("team", "goes");
  Add("team", "comes", "three");
  State after = Publish();
  ASSERT_OK_AND_ASSIGN(const auto plan, Diff(&before, after));
  EXPECT_THAT(plan, UnorderedElementsAre("change changes one two",
                                         "remove goes one", "add comes three"));
}

TEST_F(DiffTest, ReadsNoRoleThatDidNotChange) {
  repository_.Delegate("targets", "a", {"a*"});
  repository_.Delegate("targets", "b", {"b*"});
  Add("a", "a1", "one");
  Add("b", "b1", "one");
  State before = Publish();
  Add("a", "a1", "two");
  repository_.Publish();
  repository_.files()["metadata/1.b.json"] = "damaged";
  State after = Publish();
  directory_.Write("tree-2/metadata/1.b.json", "damaged");
  ASSERT_OK_AND_ASSIGN(const auto plan, Diff(&before, after));
  EXPECT_THAT(plan, ElementsAre("change a1 one two"));
}

TEST_F(DiffTest, TargetThatMovesToAnotherRoleIsNoChange) {
  repository_.Delegate("targets", "old", {"*"});
  repository_.Delegate("targets", "new", {"*"});
  Add("old", "x", "one");
  State before = Publish();
  Remove("old", "x");
  Add("new", "x", "one");
  State after = Publish();
  ASSERT_OK_AND_ASSIGN(const auto there, Diff(&before, after));
  EXPECT_THAT(there, IsEmpty());
  ASSERT_OK_AND_ASSIGN(const auto back, Diff(&after, before));
  EXPECT_THAT(back, IsEmpty());
}

TEST_F(DiffTest, TargetThatMovesAndChangesIsOneChange) {
  repository_.Delegate("targets", "first", {"*"});
  repository_.Delegate("targets", "second", {"*"});
  Add("first", "x", "one");
  State before = Publish();
  Remove("first", "x");
  Add("second", "x", "two");
  State after = Publish();
  ASSERT_OK_AND_ASSIGN(const auto there, Diff(&before, after));
  EXPECT_THAT(there, ElementsAre("change x one two"));
  ASSERT_OK_AND_ASSIGN(const auto back, Diff(&after, before));
  EXPECT_THAT(back, ElementsAre("change x two one"));
}

TEST_F(DiffTest, ShadowedTargetIsNobodysChange) {
  repository_.Delegate("targets", "first", {"*"});
  repository_.Delegate("targets", "second", {"*"});
  Add("first", "x", "one");
  State before = Publish();
  Add("second", "x", "evil");
  State after = Publish();
  ASSERT_OK_AND_ASSIGN(const auto plan, Diff(&before, after));
  EXPECT_THAT(plan, IsEmpty());
}

// The role that has it now did not change itself.
TEST_F(DiffTest, TargetThatComesOutOfTheShadowIsAChange) {
  repository_.Delegate("targets", "first", {"*"});
  repository_.Delegate("targets", "second", {"*"});
  Add("first", "x", "one");
  Add("first", "same", "three");
  Add("second", "x", "two");
  Add("second", "same", "three");
  State before = Publish();
  Remove("first", "x");
  Remove("first", "same");
  State after = Publish();
  ASSERT_OK_AND_ASSIGN(const auto lifted, Diff(&before, after));
  EXPECT_THAT(lifted, ElementsAre("change x one two"));
  ASSERT_OK_AND_ASSIGN(const auto fallen, Diff(&after, before));
  EXPECT_THAT(fallen, ElementsAre("change x two one"));
}

TEST_F(DiffTest, TopLevelTargetsShadowEveryDelegation) {
  repository_.Delegate("targets", "team", {"*"});
  Add("team", "x", "one");
  State before = Publish();
  Add("targets", "x", "two");
  State after = Publish();
  ASSERT_OK_AND_ASSIGN(const auto plan, Diff(&before, after));
  EXPECT_THAT(plan, ElementsAre("change x one two"));
}

TEST_F(DiffTest, TargetOutsideTheDelegationDoesNotExist) {
  repository_.Delegate("targets", "team", {"team/*"});
  Add("team", "team/x", "one");
  State before = Publish();
  Add("team", "other/x", "evil");
  Add("team", "../x", "evil");
  State after = Publish();
  ASSERT_OK_AND_ASSIGN(const auto plan, Diff(&before, after));
  EXPECT_THAT(plan, IsEmpty());
}

// No target changed, but who may say what it is.
TEST_F(DiffTest, DelegationsInAnotherOrderChangeAuthority) {
  repository_.Delegate("targets", "first", {"*"});
  repository_.Delegate("targets", "second", {"*"});
  Add("first", "x", "one");
  Add("second", "x", "two");
  Add("first", "same", "three");
  Add("second", "same", "three");
  State before = Publish();
  auto& roles = std::get<std::vector<tuf::DelegatedRole>>(
      repository_.targets.delegations->roles);
  std::swap(roles[0], roles[1]);
  State after = Publish();
  ASSERT_OK_AND_ASSIGN(const auto plan, Diff(&before, after));
  EXPECT_THAT(plan, ElementsAre("change x one two"));
}

TEST_F(DiffTest, NarrowedDelegationRemovesWhatItLeavesOut) {
  repository_.Delegate("targets", "team", {"*"});
  Add("team", "a1", "one");
  Add("team", "b1", "one");
  State before = Publish();
  auto& roles = std::get<std::vector<tuf::DelegatedRole>>(
      repository_.targets.delegations->roles);
  roles[0].paths = tuf::PathPatterns{{"a*"}};
  State after = Publish();
  ASSERT_OK_AND_ASSIGN(const auto narrowed, Diff(&before, after));
  EXPECT_THAT(narrowed, ElementsAre("remove b1 one"));
  ASSERT_OK_AND_ASSIGN(const auto widened, Diff(&after, before));
  EXPECT_THAT(widened, ElementsAre("add b1 one"));
}

TEST_F(DiffTest, TerminatingDelegationHidesLaterRoles) {
  repository_.Delegate("targets", "first", {"*"});
  repository_.Delegate("targets", "second", {"*"});
  Add("first", "a", "one");
  Add("second", "b", "one");
  State before = Publish();
  auto& roles = std::get<std::vector<tuf::DelegatedRole>>(
      repository_.targets.delegations->roles);
  roles[0].terminating = true;
  State after = Publish();
  ASSERT_OK_AND_ASSIGN(const auto plan, Diff(&before, after));
  EXPECT_THAT(plan, ElementsAre("remove b one"));
}

TEST_F(DiffTest, RevokedDelegationRemovesItsWholeSubtree) {
  repository_.Delegate("targets", "team", {"*"});
  repository_.Delegate("team", "member", {"m*"});
  Add("targets", "stays", "one");
  Add("team", "t", "one");
  Add("member", "m", "two");
  State before = Publish();
  repository_.targets.delegations.reset();
  repository_.delegated.clear();
  State after = Publish();
  ASSERT_OK_AND_ASSIGN(const auto plan, Diff(&before, after));
  EXPECT_THAT(plan, UnorderedElementsAre("remove t one", "remove m two"));
}

TEST_F(DiffTest, ChangeDeepBelowUnchangedRolesIsFound) {
  repository_.Delegate("targets", "team", {"*"});
  repository_.Delegate("team", "group", {"*"});
  repository_.Delegate("group", "member", {"*"});
  Add("member", "m", "one");
  State before = Publish();
  Add("member", "m", "two");
  State after = Publish();
  ASSERT_OK_AND_ASSIGN(const auto plan, Diff(&before, after));
  EXPECT_THAT(plan, ElementsAre("change m one two"));
}

TEST_F(DiffTest, RoleWithTwoDelegatorsIsLookedThroughOnce) {
  repository_.Delegate("targets", "a", {"x*"});
  repository_.Delegate("targets", "b", {"y*"});
  repository_.Delegate("a", "shared", {"*"});
  repository_.Delegate("b", "shared", {"*"});
  Add("shared", "x", "one");
  Add("shared", "y", "one");
  State before = Publish();
  Add("shared", "x", "two");
  Remove("shared", "y");
  State after = Publish();
  ASSERT_OK_AND_ASSIGN(const auto plan, Diff(&before, after));
  EXPECT_THAT(plan, UnorderedElementsAre("change x one two", "remove y one"));
}

TEST_F(DiffTest, SuccinctBinsAreCompared) {
  repository_.DelegateSuccinct("targets", 2, "bin");
  const auto add = [this](const std::string& path, const std::string& content) {
    Add(repository_.BinNameOf("targets", path), path, content);
  };
  for (int i = 0; i < 20; ++i) add(fmt::format("packages/p{}", i), "one");
  State before = Publish();
  add("packages/p7", "two");
  add("packages/new", "three");
  Remove(repository_.BinNameOf("targets", "packages/p8"), "packages/p8");
  State after = Publish();
  ASSERT_OK_AND_ASSIGN(const auto plan, Diff(&before, after));
  EXPECT_THAT(plan, UnorderedElementsAre("change packages/p7 one two",
                                         "add packages/new three",
                                         "remove packages/p8 one"));
}

TEST_F(DiffTest, WantedTargetThatCannotBeServedIsHeldBack) {
  State before = Publish();
  for (const char* path : {"../x", "metadata/x", "packages", "a//b", "/x"}) {
    Add("targets", path, "evil");
    State after = Publish();
    EXPECT_THAT(*Diff(&before, after), IsEmpty()) << path;
    EXPECT_THAT(held_back_, ElementsAre(path));
    EXPECT_THAT(*Diff(nullptr, after), IsEmpty()) << path;
    Remove("targets", path);
  }
}

// Every listed digest must be checked, so one that cannot be is not passed
// over.
TEST_F(DiffTest, WantedTargetWithADigestThatCannotBeCheckedIsRefused) {
  repository_.Delegate("targets", "team", {"*"});
  State before = Publish();
  Add("team", "x", "one");
  State after = Publish();
  directory_.Write(
      "tree-2/metadata/2.team.json",
      repository_
          .RawEdited("team", "\"hashes\":{", "\"hashes\":{\"blake9\":\"00\",")
          .bytes);
  EXPECT_THAT(Diff(&before, after),
              FailsWith(Failure::kUnsupported, "target x: its digest blake9"));
}

TEST_F(DiffTest, OneMoreListedDigestOfTheSameBytesIsNoChange) {
  Add("targets", "x", "one");
  State before = Publish();
  repository_.targets.targets[0].content.digests.sha512 =
      crypto::Sha512Of("one");
  State after = Publish();
  ASSERT_OK_AND_ASSIGN(const auto plan, Diff(&before, after));
  EXPECT_THAT(plan, IsEmpty());
}

TEST_F(DiffTest, OtherDigestOfTheSameLengthIsAChange) {
  Add("targets", "x", "one");
  State before = Publish();
  Add("targets", "x", "two");
  State after = Publish();
  ASSERT_OK_AND_ASSIGN(const auto plan, Diff(&before, after));
  EXPECT_THAT(plan, ElementsAre("change x one two"));
}

// The rules that every case above is an example of.
class RandomDiffTest : public DiffTest,
                       public ::testing::WithParamInterface<unsigned> {
 protected:
  RandomDiffTest() {
    repository_.Delegate("targets", "a", {"?"});
    repository_.Delegate("targets", "b", {"?"});
    repository_.Delegate("a", "c", {"?"});
    repository_.Delegate("b", "c", {"?"});
    repository_.Delegate("c", "d", {"?"});
  }
  unsigned Below(unsigned bound) {
    return static_cast<unsigned>(random_() % bound);
  }
  std::string SomeRole() {
    static constexpr const char* kRoles[] = {"targets", "a", "b", "c", "d"};
    return kRoles[Below(5)];
  }
  void ChangeSomething() {
    const std::string role = SomeRole();
    const std::string path(1, static_cast<char>('p' + Below(6)));
    switch (Below(8)) {
      case 0: {
        auto& delegations = repository_.TargetsRole(role).delegations;
        if (!delegations) break;
        auto& roles =
            std::get<std::vector<tuf::DelegatedRole>>(delegations->roles);
        std::swap(roles.front(), roles.back());
        roles.front().terminating = Below(2) == 0;
        roles.back().paths = tuf::PathPatterns{{Below(2) == 0 ? "?" : path}};
        break;
      }
      case 1:
      case 2:
      case 3:
        Remove(role, path);
        break;
      default:
        Add(role, path, fmt::format("content-{}", Below(3)));
    }
  }
  // Every path that there is, searched for in both states.
  std::vector<std::string> Searched(State& before, State& after) {
    std::vector<std::string> lines;
    for (char c = 'p'; c < 'p' + 6; ++c) {
      const std::string path(1, c);
      const auto old_target = before.view->Find(path);
      const auto new_target = after.view->Find(path);
      EXPECT_THAT(old_target, IsOk());
      EXPECT_THAT(new_target, IsOk());
      if (!old_target.ok() || !new_target.ok()) return lines;
      const ExpectedContent none;
      const ExpectedContent& was =
          *old_target ? (*old_target)->target.content : none;
      const ExpectedContent& is =
          *new_target ? (*new_target)->target.content : none;
      if (was == is) continue;
      const Action action = !*old_target   ? Action::kAdd
                            : !*new_target ? Action::kRemove
                                           : Action::kChange;
      lines.push_back(LineOf(action, path, was, is));
    }
    return lines;
  }

  std::mt19937 random_{GetParam()};
};

TEST_P(RandomDiffTest, PlanIsWhatSearchingForEveryPathFinds) {
  State before = Publish();
  for (int round = 0; round < 40; ++round) {
    for (unsigned i = Below(5); i > 0; --i) ChangeSomething();
    State after = Publish();
    ASSERT_OK_AND_ASSIGN(const auto plan, Diff(&before, after));
    ASSERT_THAT(plan, UnorderedElementsAreArray(Searched(before, after)))
        << "round " << round;
    before = std::move(after);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomDiffTest, ::testing::Range(1u, 6u));

}  // namespace
}  // namespace tufmirror::sync
