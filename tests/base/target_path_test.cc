#include "tufmirror/base/target_path.h"

#include <gtest/gtest.h>

#include <string>

#include "support/status_matchers.h"

namespace tufmirror {
namespace {

using ::tufmirror::testing::FailsWith;
using ::tufmirror::testing::IsOk;

TEST(TargetPathTest, AcceptsOrdinaryPaths) {
  for (const char* text :
       {"a", "packages/flit/flit-3.9.0.tar.gz", "simple/index.html", "..a/b..",
        "a b/%2e%2e", "ünï/код", ".hidden", "a/.../b"}) {
    EXPECT_THAT(TargetPath::Parse(text), IsOk()) << text;
  }
}

TEST(TargetPathTest, RefusesEveryWayOut) {
  const std::string cases[] = {"",
                               "/etc/passwd",
                               "../x",
                               "a/../../x",
                               "a/..",
                               ".",
                               "./a",
                               "a/./b",
                               "a//b",
                               "a/",
                               "a\\..\\b",
                               std::string("a\0b", 3),
                               "a\nb",
                               "a\x7f",
                               "\xff",
                               "\xc0\xae\xc0\xae/x",
                               std::string(256, 'x'),
                               std::string(5000, 'x')};
  for (const std::string& text : cases) {
    EXPECT_THAT(TargetPath::Parse(text), FailsWith(Failure::kUnsafePath))
        << text;
  }
}

TEST(TargetPathTest, SplitsAndPrefixes) {
  const TargetPath nested = *TargetPath::Parse("a/b/c.whl");
  EXPECT_EQ(nested.filename(), "c.whl");
  EXPECT_EQ(nested.directory(), "a/b");
  EXPECT_EQ(nested.WithPrefix("ff")->str(), "a/b/ff.c.whl");
  const TargetPath flat = *TargetPath::Parse("c.whl");
  EXPECT_EQ(flat.directory(), "");
  EXPECT_EQ(flat.WithPrefix("ff")->str(), "ff.c.whl");
}

TEST(TargetPathTest, RefusesPrefixThatOverflowsTheFileName) {
  const TargetPath path = *TargetPath::Parse(std::string(200, 'x'));
  EXPECT_THAT(path.WithPrefix(std::string(64, 'f')),
              FailsWith(Failure::kUnsafePath, "265 bytes"));
}

}  // namespace
}  // namespace tufmirror
