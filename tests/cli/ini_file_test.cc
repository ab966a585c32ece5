// INI files as Python's configparser has them.
#include "cli/ini_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "support/status_matchers.h"

namespace tufmirror::cli {
namespace {

using testing::FailsWith;

// "section.key@line: line|line" of each entry.
std::string Summary(std::string_view text) {
  const auto file = ParseIni(text);
  if (!file.ok()) return std::string(MessageOf(file.status()));
  std::string summary;
  for (const IniSection& section : file->sections) {
    for (const IniEntry& entry : section.entries) {
      summary += section.name + "." + entry.key + "@" +
                 std::to_string(entry.number) + ":";
      for (const IniLine& line : entry.lines) {
        summary += " " + std::to_string(line.number) + "|" + line.text;
      }
      summary += "\n";
    }
  }
  return summary;
}

TEST(IniFileTest, ReadsSectionsKeysAndValues) {
  EXPECT_EQ(Summary("[a]\nkey = value\nKEY2=x = y: z\n\n[ B ] \nk =\n"),
            "a.key@2: 2|value\na.key2@3: 3|x = y: z\n B .k@6:\n");
}

TEST(IniFileTest, IndentedLinesContinueAValue) {
  EXPECT_EQ(Summary("[a]\nk =\n  one\n\ttwo\n\n  three = 3\nl = 4\n"),
            "a.k@2: 3|one 4|two 6|three = 3\na.l@7: 7|4\n");
  EXPECT_EQ(Summary("[a]\n  k = 1\n  l = 2\n    [more]\n"),
            "a.k@2: 2|1\na.l@3: 3|2 4|[more]\n");
}

TEST(IniFileTest, CommentsAreWholeLinesAndEndNoValue) {
  EXPECT_EQ(
      Summary("; x\n[a]\nk =\n  one\n# not two\n  ; nor this\n  two # 2\n"),
      "a.k@3: 4|one 7|two # 2\n");
}

TEST(IniFileTest, LinesMayEndAsOnWindowsAndTheLastWithoutAnEnd) {
  EXPECT_EQ(Summary("[a]\r\nk = 1\r\n  2"), "a.k@2: 2|1 3|2\n");
  EXPECT_EQ(Summary(""), "");
}

TEST(IniFileTest, FindsWhatIsThere) {
  ASSERT_OK_AND_ASSIGN(const IniFile file, ParseIni("[a]\nk = 1\n  2\n"));
  ASSERT_NE(file.Find("a"), nullptr);
  EXPECT_EQ(file.Find("A"), nullptr);
  ASSERT_NE(file.Find("a")->Find("k"), nullptr);
  EXPECT_EQ(file.Find("a")->Find("k")->value(), "1 2");
  EXPECT_EQ(file.Find("a")->Find("l"), nullptr);
}

TEST(IniFileTest, WhatIsNoIniFileIsRefusedWithItsLine) {
  struct Row {
    const char* text;
    const char* says;
  };
  for (const Row& row :
       {Row{"k = 1\n", "line 1: a section expected before key 'k'"},
        Row{"[a]\n\njust a word\n", "line 3: 'key = value' expected"},
        Row{"[a]\n= 1\n", "line 2: 'key = value' expected"},
        Row{"[a\n", "line 1: '[section]' expected"},
        Row{"[]\n", "line 1: '[section]' expected"},
        Row{"[a]\n[b]\n[a]\n", "line 3: section 'a' is there for the second"},
        Row{"[a]\nk = 1\nK = 2\n",
            "line 3: key 'k' is there for the second"}}) {
    EXPECT_THAT(ParseIni(row.text), FailsWith(Failure::kMalformed, row.says));
  }
  EXPECT_THAT(ParseIni("[a]\nk = \xFF\n"),
              FailsWith(Failure::kMalformed, "UTF-8"));
  EXPECT_THAT(ParseIni(std::string((size_t{1} << 20) + 1, '#')),
              FailsWith(Failure::kTooLarge, "1048576 bytes"));
}

}  // namespace
}  // namespace tufmirror::cli
