// Which target paths a delegation covers: patterns and hash prefixes
// (TUF 4.5.1).
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "tufmirror/crypto/hash.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::testing {
namespace {

bool PatternMatches(std::string pattern, std::string_view path) {
  const bool matches = tuf::MatchesPattern(pattern, path);
  tuf::DelegatedRole role;
  role.paths = tuf::PathPatterns{{std::move(pattern)}};
  EXPECT_EQ(role.Matches(path), matches);
  return matches;
}

bool PrefixMatches(std::string prefix, std::string_view path) {
  tuf::DelegatedRole role;
  role.paths = tuf::PathHashPrefixes{{std::move(prefix)}};
  return role.Matches(path);
}

struct Case {
  const char* pattern;
  const char* path;
  bool matches;
};

TEST(PathPatternTest, MatchesAsTheSpecificationSays) {
  const Case cases[] = {
      // The specification's own examples.
      {"targets/*.tgz", "targets/foo.tgz", true},
      {"targets/*.tgz", "targets/bar.tgz", true},
      {"targets/*.tgz", "targets/foo.txt", false},
      {"foo-version-?.tgz", "foo-version-2.tgz", true},
      {"foo-version-?.tgz", "foo-version-a.tgz", true},
      {"foo-version-?.tgz", "foo-version-alpha.tgz", false},
      {"*.tgz", "foo.tgz", true},
      {"*.tgz", "targets/foo.tgz", false},
      {"foo.tgz", "foo.tgz", true},
      {"foo.tgz", "bar.tgz", false},
      // Stars.
      {"*", "a", true},
      {"*", "", true},
      {"*", "a/b", false},
      {"*", "/", false},
      {"**", "a", true},
      {"**", "a/b", false},
      {"a*", "a", true},
      {"*a", "a", true},
      {"*a*", "bab", true},
      {"*a*", "bbb", false},
      {"a*b*c", "a-b-b-c", true},
      {"a*b*c", "a-c-b", false},
      {"*/*", "a/b", true},
      {"*/*", "a", false},
      {"*/*", "a/b/c", false},
      {"a/*/c", "a/b/c", true},
      {"a/*/c", "a//c", true},
      {"a/*/c", "a/b/b/c", false},
      {"a/*", "a/", true},
      {"a/*", "a", false},
      {"a*c", "a/c", false},
      // Question marks.
      {"?", "a", true},
      {"?", "", false},
      {"?", "ab", false},
      {"?", "/", false},
      {"a?c", "a/c", false},
      {"a?c", "abc", true},
      {"??", "ab", true},
      {"?*", "", false},
      {"*?", "a", true},
      // One character, not one byte.
      {"?", "é", true},
      {"??", "é", false},
      {"*??", "é", false},
      {"?*?", "é", false},
      {"*?", "é", true},
      {"?é", "éé", true},
      {"a?b", "a€b", true},
      {"*?b", "a€b", true},
      {"a??b", "a€b", false},
      {"é", "É", false},
      // Literally.
      {"", "", true},
      {"", "a", false},
      {"a", "", false},
      {"A", "a", false},
      {"a", "A", false},
      {"*.WHL", "x.whl", false},
      {"a", "ab", false},
      {"b", "ab", false},
      {"/a", "a", false},
      {"a", "/a", false},
      {"a/", "a", false},
      // Nothing else is special.
      {"[ab]", "a", false},
      {"[ab]", "[ab]", true},
      {"[!a]", "b", false},
      {"{a,b}", "a", false},
      {"{a,b}", "{a,b}", true},
      {"a.c", "abc", false},
      {"a+", "aa", false},
      {"(a|b)", "a", false},
      {"\\*", "*", false},
      {"\\*", "\\anything", true},
      {"a\\b", "a\\b", true},
      {"^a$", "a", false},
      {"%61", "a", false},
      {"packages/flit/*", "packages/flit/flit-3.9.0.tar.gz", true},
      {"packages/flit/*", "packages/flit-core/x.whl", false},
      {"packages/flit/*", "packages/flit/../pip/pip.whl", false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(PatternMatches(c.pattern, c.path), c.matches)
        << "pattern '" << c.pattern << "', path '" << c.path << "'";
  }
}

TEST(PathPatternTest, NulIsACharacterLikeOthers) {
  EXPECT_FALSE(PatternMatches("a", std::string_view("a\0b", 3)));
  EXPECT_TRUE(PatternMatches("a*", std::string_view("a\0b", 3)));
}

TEST(PathPatternTest, AnyOfSeveralPatternsIsEnoughAndNoneMatchesNothing) {
  tuf::DelegatedRole role;
  role.paths = tuf::PathPatterns{{"a/*", "b/*"}};
  EXPECT_TRUE(role.Matches("a/x"));
  EXPECT_TRUE(role.Matches("b/x"));
  EXPECT_FALSE(role.Matches("c/x"));
  role.paths = tuf::PathPatterns{};
  EXPECT_FALSE(role.Matches("a/x"));
  EXPECT_FALSE(role.Matches(""));
  role.paths = tuf::PathHashPrefixes{};
  EXPECT_FALSE(role.Matches("a/x"));
}

// Backtracking matchers need longer than the universe has for these.
TEST(PathPatternTest, HostilePatternsEnd) {
  std::string stars;
  for (int i = 0; i < 2000; ++i) stars += "a*";
  stars += "b";
  const std::string path(4000, 'a');
  EXPECT_FALSE(PatternMatches(stars, path));
  EXPECT_TRUE(PatternMatches(stars, path + "b"));
  EXPECT_TRUE(PatternMatches(std::string(4000, '*'), path));
  EXPECT_FALSE(PatternMatches(std::string(4000, '*') + "b", path));
  std::string marks;
  for (int i = 0; i < 2000; ++i) marks += "*?";
  EXPECT_TRUE(PatternMatches(marks, path));
  EXPECT_FALSE(PatternMatches(marks, path.substr(0, 1999)));
}

// What is too long to be a target path costs nothing at all.
TEST(PathPatternTest, OverlongPatternsAndPathsNeverMatch) {
  const std::string longest(4096, 'a');
  EXPECT_TRUE(PatternMatches(longest, longest));
  EXPECT_TRUE(PatternMatches("*", longest));
  EXPECT_FALSE(PatternMatches("*", longest + "a"));
  EXPECT_FALSE(PatternMatches(longest + "a", longest + "a"));
  EXPECT_FALSE(PatternMatches(longest + "*", longest));
}

// The definition, as short as it can be written; exponential.
bool Reference(std::string_view pattern, std::string_view path) {
  if (pattern.empty()) return path.empty();
  if (pattern[0] == '*') {
    return Reference(pattern.substr(1), path) ||
           (!path.empty() && path[0] != '/' &&
            Reference(pattern, path.substr(1)));
  }
  if (path.empty()) return false;
  const bool same = pattern[0] == '?' ? path[0] != '/' : pattern[0] == path[0];
  return same && Reference(pattern.substr(1), path.substr(1));
}

TEST(PathPatternTest, AgreesWithTheDefinitionOnRandomInput) {
  std::mt19937 random(20261121);
  const auto text = [&](std::string_view alphabet) {
    std::string out(random() % 9, ' ');
    for (char& c : out) c = alphabet[random() % alphabet.size()];
    return out;
  };
  int matches = 0;
  for (int i = 0; i < 200'000; ++i) {
    const std::string pattern = text("ab/*?*");
    const std::string path = text("ab/");
    const bool expected = Reference(pattern, path);
    ASSERT_EQ(PatternMatches(pattern, path), expected)
        << "pattern '" << pattern << "', path '" << path << "'";
    matches += expected ? 1 : 0;
  }
  EXPECT_GT(matches, 1000);  // the sample says something
}

// SHA-256 of "foo" is 2c26b46b68ffc68f..., of "" e3b0c44298fc1c14....
TEST(PathHashPrefixTest, IsOfTheLowerCaseHexadecimalSha256OfTheRawPath) {
  for (const char* prefix : {"2", "2c", "2c2", "2c26b46b68ff"}) {
    EXPECT_TRUE(PrefixMatches(prefix, "foo")) << prefix;
  }
  EXPECT_TRUE(PrefixMatches(crypto::Sha256Of("foo").Hex(), "foo"));
  EXPECT_TRUE(PrefixMatches("e3b0", ""));
  for (const char* prefix :
       {"3", "2d", "c2", "26", "2C", "2C26", "2c26B", " 2c", "2c ", "0x2c",
        "LCa0a2j/xo/5m0U8HTBBNBNCLXBkg7+g+YpeiGJm564=", "2c*", "2?"}) {
    EXPECT_FALSE(PrefixMatches(prefix, "foo")) << prefix;
  }
  EXPECT_FALSE(PrefixMatches(crypto::Sha256Of("foo").Hex() + "0", "foo"));
  // Not of a normalised, decoded or absolute form of the path.
  for (const char* other : {"/foo", "FOO", "./foo", "%66oo", "foo/"}) {
    EXPECT_FALSE(PrefixMatches("2c26b46b", other)) << other;
  }
}

TEST(PathHashPrefixTest, AnyOfSeveralPrefixesIsEnough) {
  tuf::DelegatedRole role;
  role.paths = tuf::PathHashPrefixes{{"00", "2c"}};
  EXPECT_TRUE(role.Matches("foo"));
  EXPECT_FALSE(role.Matches(""));
}

}  // namespace
}  // namespace tufmirror::testing
