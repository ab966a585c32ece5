// The search for a target along delegations (TUF 5.6.7).
#include "tufmirror/tuf/lookup.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/repository_fixture.h"
#include "support/status_matchers.h"
#include "tuf/role_loader.h"
#include "tufmirror/crypto/hash.h"

namespace tufmirror::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LookupTest : public ::testing::Test {
 protected:
  RepositoryFixture repository_;
  RoleLoader lookup_{repository_};
};

TEST_F(LookupTest, TheTopIsAskedFirstAndNothingElseIfItKnows) {
  repository_.AddTarget("targets", "a/x", "top");
  repository_.Delegate("targets", "alice", {"a/*"}, Terminating::kYes);
  repository_.AddTarget("alice", "a/x", "other");
  ASSERT_OK_AND_ASSIGN(const auto found, lookup_.Find("a/x"));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->role, "targets");
  EXPECT_EQ(found->target.path, "a/x");
  EXPECT_EQ(found->target.content.digests.sha256, crypto::Sha256Of("top"));
  EXPECT_THAT(lookup_.asked(), IsEmpty());
}

TEST_F(LookupTest, NothingIsFoundWhereNobodyListsIt) {
  EXPECT_EQ(lookup_.RoleFor("a/x"), "");
  repository_.Delegate("targets", "alice", {"a/*"});
  EXPECT_EQ(lookup_.RoleFor("a/x"), "");
  EXPECT_THAT(lookup_.asked(), ElementsAre("alice<targets"));
}

TEST_F(LookupTest, OnlyMatchingDelegationsAreAsked) {
  repository_.Delegate("targets", "alice", {"a/*"});
  repository_.Delegate("targets", "bob", {"b/*"});
  repository_.AddTarget("alice", "b/x", "not hers to give");
  repository_.AddTarget("bob", "b/x", "his");
  EXPECT_EQ(lookup_.RoleFor("b/x"), "bob");
  EXPECT_THAT(lookup_.asked(), ElementsAre("bob<targets"));
}

// Every link of the chain must cover the path, not only the last one.
TEST_F(LookupTest, ADelegateCannotWidenWhatItWasGiven) {
  repository_.Delegate("targets", "alice", {"a/*"});
  repository_.Delegate("alice", "mallory", {"*/*"});
  repository_.AddTarget("mallory", "b/x", "stolen");
  repository_.AddTarget("mallory", "a/x", "given");
  EXPECT_EQ(lookup_.RoleFor("b/x"), "");
  EXPECT_EQ(lookup_.RoleFor("a/x"), "mallory");
}

TEST_F(LookupTest, EarlierDelegationsWin) {
  repository_.Delegate("targets", "10", {"a/*"});
  repository_.Delegate("targets", "9", {"a/*"});
  repository_.AddTarget("10", "a/x", "first");
  repository_.AddTarget("9", "a/x", "second");
  EXPECT_EQ(lookup_.RoleFor("a/x"), "10");
  EXPECT_THAT(lookup_.asked(), ElementsAre("10<targets"));
  repository_.RemoveTarget("10", "a/x");
  EXPECT_EQ(lookup_.RoleFor("a/x"), "9");
}

TEST_F(LookupTest, IsPreOrderDepthFirst) {
  repository_.Delegate("targets", "a", {"*"});
  repository_.Delegate("targets", "b", {"*"});
  repository_.Delegate("a", "a1", {"*"});
  repository_.Delegate("a", "a2", {"*"});
  repository_.Delegate("a1", "a11", {"*"});
  repository_.Delegate("b", "b1", {"*"});
  EXPECT_EQ(lookup_.RoleFor("x"), "");
  EXPECT_THAT(lookup_.asked(), ElementsAre("a<targets", "a1<a", "a11<a1",
                                           "a2<a", "b<targets", "b1<b"));
  repository_.AddTarget("a11", "x", "deep");
  repository_.AddTarget("b", "x", "shallow");
  EXPECT_EQ(lookup_.RoleFor("x"), "a11");
}

TEST_F(LookupTest, TerminatingEndsTheSearchOfLaterSiblings) {
  repository_.Delegate("targets", "a", {"a/*"}, Terminating::kYes);
  repository_.Delegate("targets", "b", {"*/*"});
  repository_.AddTarget("b", "a/x", "shadowed");
  repository_.AddTarget("b", "b/x", "free");
  EXPECT_EQ(lookup_.RoleFor("a/x"), "");
  EXPECT_THAT(lookup_.asked(), ElementsAre("a<targets"));
  // It ends the search of what it matches only.
  EXPECT_EQ(lookup_.RoleFor("b/x"), "b");
}

TEST_F(LookupTest, TerminatingStillSearchesItsOwnDescendants) {
  repository_.Delegate("targets", "a", {"*"}, Terminating::kYes);
  repository_.Delegate("a", "a1", {"*"});
  repository_.Delegate("a", "a2", {"*"}, Terminating::kYes);
  repository_.Delegate("a", "a3", {"*"});
  repository_.AddTarget("a2", "x", "found");
  EXPECT_EQ(lookup_.RoleFor("x"), "a2");
  EXPECT_THAT(lookup_.asked(), ElementsAre("a<targets", "a1<a", "a2<a"));
  repository_.RemoveTarget("a2", "x");
  repository_.AddTarget("a3", "x", "behind the terminating one");
  EXPECT_EQ(lookup_.RoleFor("x"), "");
}

TEST_F(LookupTest, NotTerminatingGoesOnToLaterSiblings) {
  repository_.Delegate("targets", "a", {"*"}, Terminating::kNo);
  repository_.Delegate("targets", "b", {"*"});
  repository_.AddTarget("b", "x", "found");
  EXPECT_EQ(lookup_.RoleFor("x"), "b");
}

// "Any further statements that are not made by the delegated party or its
// descendants are ignored": its delegator's later siblings too.
TEST_F(LookupTest, TerminatingDeepInsideEndsTheWholeSearch) {
  repository_.Delegate("targets", "a", {"*"});
  repository_.Delegate("targets", "b", {"*"});
  repository_.Delegate("a", "a1", {"*"}, Terminating::kYes);
  repository_.AddTarget("b", "x", "ignored");
  EXPECT_EQ(lookup_.RoleFor("x"), "");
  EXPECT_THAT(lookup_.asked(), ElementsAre("a<targets", "a1<a"));
}

TEST_F(LookupTest, CyclesEnd) {
  repository_.Delegate("targets", "a", {"*"});
  repository_.Delegate("a", "b", {"*"});
  repository_.Delegate("b", "a", {"*"});
  repository_.Delegate("b", "b", {"*"});
  repository_.Delegate("b", "c", {"*"});
  repository_.AddTarget("c", "x", "behind the cycle");
  EXPECT_EQ(lookup_.RoleFor("x", 0), "c");
  EXPECT_THAT(lookup_.asked(), ElementsAre("a<targets", "b<a", "c<b"));
  EXPECT_EQ(lookup_.RoleFor("y", 0), "");
}

TEST_F(LookupTest, ATerminatingCycleEndsTheSearchToo) {
  repository_.Delegate("targets", "a", {"*"});
  repository_.Delegate("a", "b", {"*"});
  repository_.Delegate("b", "a", {"*"}, Terminating::kYes);
  repository_.Delegate("b", "c", {"*"});
  repository_.AddTarget("c", "x", "behind the terminating cycle");
  EXPECT_EQ(lookup_.RoleFor("x"), "");
}

TEST_F(LookupTest, ARoleReachedTwiceIsVisitedOnce) {
  repository_.Delegate("targets", "a", {"*"});
  repository_.Delegate("targets", "b", {"*"});
  repository_.Delegate("a", "shared", {"*"});
  repository_.Delegate("b", "shared", {"*"});
  EXPECT_EQ(lookup_.RoleFor("x"), "");
  EXPECT_THAT(lookup_.asked(),
              ElementsAre("a<targets", "shared<a", "b<targets"));
}

// Diamond: the shared role is what its delegator on this path says it is. The
// file is signed with the key that only b declares.
TEST_F(LookupTest, ASharedRoleIsVerifiedByTheDelegatorOnThePath) {
  repository_.Delegate("targets", "a", {"a/*"});
  repository_.Delegate("targets", "b", {"b/*"});
  repository_.Delegate("a", "shared", {"*/*"});
  repository_.signers["shared"] = {NewKey()};
  repository_.Delegate("b", "shared", {"*/*"});
  repository_.AddTarget("shared", "a/x", "not signed for a");
  repository_.AddTarget("shared", "b/x", "signed for b");
  EXPECT_EQ(lookup_.RoleFor("b/x"), "shared");
  EXPECT_THAT(lookup_.asked(), ElementsAre("b<targets", "shared<b"));
  EXPECT_THAT(lookup_.Find("a/x"), FailsWith(Failure::kThreshold, "shared"));
  EXPECT_THAT(lookup_.asked(), ElementsAre("a<targets", "shared<a"));
}

// 5.6.7: what cannot be validated ends the search; the target of a later
// sibling must not be offered in its place.
TEST_F(LookupTest, ARoleThatDoesNotVerifyEndsTheSearch) {
  repository_.Delegate("targets", "a", {"*"});
  repository_.Delegate("targets", "b", {"*"});
  repository_.AddTarget("b", "x", "second choice");
  repository_.signers["a"] = {NewKey()};
  EXPECT_THAT(lookup_.Find("x"), FailsWith(Failure::kThreshold, "a"));
  EXPECT_THAT(lookup_.asked(), ElementsAre("a<targets"));
}

TEST_F(LookupTest, AtMost32RolesAreVisited) {
  repository_.Delegate("targets", "r1", {"*"});
  for (int i = 1; i < 60; ++i) {
    repository_.Delegate("r" + std::to_string(i), "r" + std::to_string(i + 1),
                         {"*"});
  }
  repository_.AddTarget("r20", "near", "20");
  repository_.AddTarget("r60", "far", "60");
  EXPECT_EQ(lookup_.RoleFor("near"), "r20");
  EXPECT_EQ(lookup_.RoleFor("far"), "");
  EXPECT_EQ(lookup_.asked().size(), 32u);
  EXPECT_EQ(lookup_.RoleFor("far", 0), "r60");  // no cap
  EXPECT_EQ(lookup_.asked().size(), 60u);
}

// A wide delegation exhausts the cap as well as a deep one.
TEST_F(LookupTest, TheCapIsOfRolesVisitedNotOfDepth) {
  for (int i = 0; i < 40; ++i) {
    repository_.Delegate("targets", "r" + std::to_string(i), {"*"});
  }
  repository_.AddTarget("r39", "x", "too late");
  EXPECT_EQ(lookup_.RoleFor("x"), "");
  EXPECT_EQ(lookup_.asked().size(), 32u);
  EXPECT_EQ(lookup_.RoleFor("x", 0), "r39");
}

TEST_F(LookupTest, TheCapIsExactAndDoesNotCountTheTop) {
  repository_.Delegate("targets", "a", {"*"});
  repository_.Delegate("a", "b", {"*"});
  repository_.Delegate("b", "c", {"*"});
  repository_.AddTarget("b", "y", "second");
  repository_.AddTarget("c", "x", "third");
  EXPECT_EQ(lookup_.RoleFor("y", 2), "b");
  EXPECT_EQ(lookup_.RoleFor("x", 2), "");
  EXPECT_EQ(lookup_.RoleFor("x", 3), "c");
}

TEST_F(LookupTest, RolesThatDoNotMatchDoNotCountTowardsTheCap) {
  for (int i = 0; i < 100; ++i) {
    repository_.Delegate("targets", "r" + std::to_string(i), {"other/*"});
  }
  repository_.Delegate("targets", "last", {"x"});
  repository_.AddTarget("last", "x", "found");
  EXPECT_EQ(lookup_.RoleFor("x"), "last");
}

TEST_F(LookupTest, HashPrefixesRouteToTheirRole) {
  // SHA-256 of "foo" begins with 2c26.
  repository_.Delegate("targets", "low", tuf::PathHashPrefixes{{"0", "1"}});
  repository_.Delegate("targets", "mid", tuf::PathHashPrefixes{{"2b", "2c2"}});
  repository_.Delegate("targets", "all", tuf::PathHashPrefixes{{"2"}});
  repository_.AddTarget("low", "foo", "wrong bin");
  repository_.AddTarget("mid", "foo", "right bin");
  EXPECT_EQ(lookup_.RoleFor("foo"), "mid");
  EXPECT_THAT(lookup_.asked(), ElementsAre("mid<targets"));
}

TEST_F(LookupTest, SuccinctBinsRouteToTheirRole) {
  repository_.Delegate("targets", "bins", {"simple/*", "packages/*/*"},
                       Terminating::kYes);
  repository_.DelegateSuccinct("bins", 5, "bin");
  const std::string path = "packages/flit/flit-3.9.0.tar.gz";  // 6c9b...
  repository_.AddTarget("bin-0d", path, "right bin");
  repository_.AddTarget("bin-0c", path, "wrong bin");
  EXPECT_EQ(lookup_.RoleFor(path), "bin-0d");
  EXPECT_THAT(lookup_.asked(), ElementsAre("bins<targets", "bin-0d<bins"));
  EXPECT_EQ(repository_.BinNameOf("bins", path), "bin-0d");

  repository_.RemoveTarget("bin-0d", path);
  EXPECT_EQ(lookup_.RoleFor(path), "");
  EXPECT_THAT(lookup_.asked(), ElementsAre("bins<targets", "bin-0d<bins"));
}

// What a bin lists for a path of another bin is never found.
TEST_F(LookupTest, ABinIsNotAskedForPathsOfOtherBins) {
  repository_.DelegateSuccinct("targets", 1, "bin");
  repository_.AddTarget("bin-1", "foo", "2c is in bin 0");
  EXPECT_EQ(lookup_.RoleFor("foo"), "");
  EXPECT_THAT(lookup_.asked(), ElementsAre("bin-0<targets"));
}

// Readers of TAP 15 disagree; the strict reading cannot offer what another
// reader would not see.
TEST_F(LookupTest, BinsTerminateTheSearch) {
  repository_.Delegate("targets", "bins", {"*"}, Terminating::kNo);
  repository_.Delegate("targets", "later", {"*"});
  repository_.DelegateSuccinct("bins", 1, "bin");
  repository_.AddTarget("later", "foo", "behind the bins");
  EXPECT_EQ(lookup_.RoleFor("foo"), "");
  EXPECT_THAT(lookup_.asked(), ElementsAre("bins<targets", "bin-0<bins"));
}

TEST_F(LookupTest, PathsAreComparedAsGiven) {
  repository_.Delegate("targets", "a", {"a/*"});
  repository_.AddTarget("a", "a/x", "found");
  for (const char* other : {"A/x", "a//x", "./a/x", "/a/x", "a/x/", "a%2Fx",
                            "b/../a/x", "a\\x", "", "a/X", "a/x "}) {
    EXPECT_EQ(lookup_.RoleFor(other), "") << other;
  }
}

}  // namespace
}  // namespace tufmirror::testing
