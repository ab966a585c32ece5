#include "tufmirror/guard/user_directories.h"

#include <gtest/gtest.h>

#include "support/status_matchers.h"

namespace tufmirror::guard {
namespace {

using testing::FailsWith;

TEST(UserDirectories, FollowTheXdgVariables) {
  ASSERT_OK_AND_ASSIGN(const UserDirectories found,
                       UserDirectoriesOf({{"XDG_DATA_HOME", "/d"},
                                          {"XDG_CACHE_HOME", "/c"},
                                          {"XDG_RUNTIME_DIR", "/r"}}));
  EXPECT_EQ(found.trust, "/d/tufmirror/trust");
  EXPECT_EQ(found.cache, "/c/tufmirror/guard");
  EXPECT_EQ(found.runtime, "/r/tufmirror");
}

TEST(UserDirectories, AreBelowHomeOtherwiseAndIgnoreRelativePaths) {
  ASSERT_OK_AND_ASSIGN(const UserDirectories found,
                       UserDirectoriesOf({{"HOME", "/home/u"},
                                          {"XDG_DATA_HOME", ""},
                                          {"XDG_CACHE_HOME", "relative"},
                                          {"XDG_RUNTIME_DIR", "r"}}));
  EXPECT_EQ(found.trust, "/home/u/.local/share/tufmirror/trust");
  EXPECT_EQ(found.cache, "/home/u/.cache/tufmirror/guard");
  EXPECT_EQ(found.runtime, "/home/u/.cache/tufmirror/run");
}

TEST(UserDirectories, WithoutAnyHomeThereIsNoPlace) {
  EXPECT_THAT(UserDirectoriesOf({}),
              FailsWith(Failure::kUsage, "HOME nor XDG_DATA_HOME"));
  EXPECT_THAT(UserDirectoriesOf({{"XDG_DATA_HOME", "/d"}, {"HOME", "here"}}),
              FailsWith(Failure::kUsage, "HOME nor XDG_CACHE_HOME"));
}

}  // namespace
}  // namespace tufmirror::guard
