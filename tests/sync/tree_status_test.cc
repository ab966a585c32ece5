// What a tree says of itself is read back as it was written, or not at all.
#include "sync/tree_status.h"

#include <gtest/gtest.h>

#include <string>

#include "support/status_matchers.h"

namespace tufmirror::sync {
namespace {

using testing::FailsWith;

constexpr char kText[] =
    "{\"delegating_roles\":[\"bins\",\"team/a\"],\"generation\":7,"
    "\"kind\":\"replica\",\"published\":\"2027-01-15T08:00:00Z\","
    "\"target_bytes\":123456789012,\"targets\":42}\n";

TreeStatus SomeStatus() {
  return {.kind = "replica",
          .generation = 7,
          .published = absl::FromUnixSeconds(1'800'000'000),
          .targets = 42,
          .target_bytes = 123'456'789'012,
          .delegating_roles = {"team/a", "bins"}};
}

TEST(TreeStatusTest, IsOneLineOfJsonForMonitors) {
  EXPECT_EQ(ToJson(SomeStatus()), kText);
}

TEST(TreeStatusTest, ComesBackAsItWasWritten) {
  TreeStatus status = SomeStatus();
  status.delegating_roles = {"a\"b\\c", "\xC3\xA9", "x y"};
  ASSERT_OK_AND_ASSIGN(const TreeStatus read, ParseTreeStatus(ToJson(status)));
  EXPECT_EQ(read.kind, status.kind);
  EXPECT_EQ(read.generation, status.generation);
  EXPECT_EQ(read.published, status.published);
  EXPECT_EQ(read.targets, status.targets);
  EXPECT_EQ(read.target_bytes, status.target_bytes);
  EXPECT_EQ(read.delegating_roles, status.delegating_roles);
}

TEST(TreeStatusTest, NoDelegatingRolesIsAnEmptyList) {
  TreeStatus status = SomeStatus();
  status.delegating_roles.clear();
  ASSERT_OK_AND_ASSIGN(const TreeStatus read, ParseTreeStatus(ToJson(status)));
  EXPECT_TRUE(read.delegating_roles.empty());
}

struct Damage {
  const char* from;
  const char* to;
};
class DamagedStatusTest : public ::testing::TestWithParam<Damage> {};

TEST_P(DamagedStatusTest, IsMalformed) {
  std::string text = kText;
  const std::string from = GetParam().from;
  const size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), GetParam().to);
  EXPECT_THAT(ParseTreeStatus(text), FailsWith(Failure::kMalformed)) << text;
}

INSTANTIATE_TEST_SUITE_P(
    Fields, DamagedStatusTest,
    ::testing::Values(
        Damage{kText, ""}, Damage{kText, "{}"}, Damage{kText, "[]"},
        Damage{kText, "null"}, Damage{"}\n", ""}, Damage{"}\n", "}}"},
        Damage{"\"replica\"", "1"}, Damage{"\"kind\"", "\"k\""},
        Damage{"42", "-42"}, Damage{"42", "42.5"}, Damage{"42", "\"42\""},
        Damage{"7,", "-1,"}, Damage{"123456789012", "true"},
        Damage{"2027-01-15T08:00:00Z", "yesterday"},
        Damage{"[\"bins\",\"team/a\"]", "\"bins\""}, Damage{"\"bins\"", "1"},
        Damage{"\"delegating_roles\"", "\"roles\""}));

TEST(TreeStatusTest, LastModifiedIsAsInPep381) {
  EXPECT_EQ(LastModifiedText(absl::FromUnixSeconds(1'800'000'000)),
            "20270115T08:00:00\n");
}

}  // namespace
}  // namespace tufmirror::sync
