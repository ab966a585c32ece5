// The quick way through a root list: it may give up on anything, and must take
// nothing that a parser would read otherwise.
#include "pypi/root_list_scan.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "fmt/format.h"
#include "tufmirror/json/document.h"

namespace tufmirror::pypi {
namespace {

// With another entry behind it.
std::optional<ScannedEntry> Scan(std::string_view entry) {
  static std::string text;  // the result points into it
  text = fmt::format("{},{{\"name\":\"z\"}}]", entry);
  return ScanEntry(text, 0);
}

TEST(RootListScanTest, ReadsTheFormsThatIndexesWrite) {
  const auto pypi = Scan(R"({"_last-serial":123,"name":"Foo.Bar_2"})");
  ASSERT_TRUE(pypi.has_value());
  EXPECT_EQ(pypi->name, "Foo.Bar_2");
  EXPECT_EQ(pypi->serial, 123);
  const auto spaced = Scan("\n { \"name\" : \"a\" ,\t\"_last-serial\" : 0 } ");
  ASSERT_TRUE(spaced.has_value());
  EXPECT_EQ(spaced->name, "a");
  EXPECT_EQ(spaced->serial, 0);
  const auto plain = Scan(R"({"name":"a"})");
  ASSERT_TRUE(plain.has_value());
  EXPECT_EQ(plain->serial, std::nullopt);
  EXPECT_EQ(plain->next, std::string_view(R"({"name":"a"},)").size());
}

TEST(RootListScanTest, LeavesEverythingElseToTheParser) {
  for (const char* entry :
       {"",
        "{}",
        "{",
        "[]",
        "7",
        R"({"name":7})",
        R"({"name":"a\u0062"})",
        R"({"name":"a)",
        "{\"name\":\"a\tb\"}",
        "{\"name\":\"\xC3\xB6\"}",
        R"({"name":"a","name":"b"})",
        R"({"name":"a","more":1})",
        R"({"name":"a",})",
        R"({"name":"a" "_last-serial":1})",
        R"({"_last-serial":1})",
        R"({"name":"a","_last-serial":01})",
        R"({"name":"a","_last-serial":-1})",
        R"({"name":"a","_last-serial":1.5})",
        R"({"name":"a","_last-serial":1e3})",
        R"({"name":"a","_last-serial":"1"})",
        R"({"name":"a","_last-serial":1,"_last-serial":2})",
        R"({"name":"a","_last-serial":9999999999999999999})",
        R"({"name":"a"}})",
        R"({"name":"a"}])"}) {
    EXPECT_FALSE(Scan(entry).has_value()) << entry;
  }
}

TEST(RootListScanTest, TheLastEntryIsTheParsersToo) {
  EXPECT_FALSE(ScanEntry(R"({"name":"a"}])", 0).has_value());
  EXPECT_FALSE(ScanEntry(R"({"name":"a"}, ])", 0).has_value());
  EXPECT_FALSE(ScanEntry(R"({"name":"a"},)", 0).has_value());
  EXPECT_FALSE(ScanEntry("", 0).has_value());
  EXPECT_FALSE(ScanEntry("x", 7).has_value());
}

// Every entry with one byte changed: whatever is taken is what a parser reads.
TEST(RootListScanTest, AgreesWithTheParserOnEveryByte) {
  const std::string good = R"({"_last-serial":120,"name":"ab"})";
  int taken = 0;
  for (size_t at = 0; at < good.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string entry = good;
      entry[at] = static_cast<char>(byte);
      const auto scanned = Scan(entry);
      if (!scanned) continue;
      ++taken;
      const auto document = json::Document::Parse(entry);
      ASSERT_TRUE(document.ok()) << entry;
      EXPECT_EQ(*document->root().Find("name")->AsString("name"),
                scanned->name);
      const auto serial = document->root().Find("_last-serial");
      ASSERT_TRUE(serial.has_value()) << entry;
      EXPECT_EQ(*serial->AsInteger("serial"), scanned->serial);
    }
  }
  EXPECT_GT(taken, 100);
}

}  // namespace
}  // namespace tufmirror::pypi
