#include "source/index_table.h"

#include <string>
#include <vector>

#include "source/index_memory.h"
#include "support/status_matchers.h"
#include "tufmirror/base/status_macros.h"

namespace tufmirror::source {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::IsEmpty;
using testing::IsOk;

IndexEntry FullEntry(const std::string& name) {
  return {.name = name,
          .listed = 12,
          .serial = 11,
          .digest = std::string(32, 'd'),
          .html = true,
          .etag = "W/\"e\"",
          .url = "https://mirror.example/x/",
          .unpublished = true,
          .absent = true,
          .gone = true,
          .again = true,
          .missing = 2,
          .changes_at = 1'800'000'000,
          .stale_since = 5};
}

std::vector<std::string> NamesOf(const IndexTable& table) {
  std::vector<std::string> names;
  EXPECT_THAT(table.ForEach([&](const IndexEntry& entry) {
    names.push_back(entry.name);
    return absl::OkStatus();
  }),
              IsOk());
  return names;
}

// As it is read in the next run.
IndexTable Again(const IndexTable& table) {
  return ParseIndexMemory(FormatIndexMemory({}, table))->table;
}

TEST(IndexTableTest, GivesBackWhatWasPut) {
  IndexTable table;
  table.Put(FullEntry("full"));
  table.Put({.name = "bare"});
  table.Put({.name = "same", .listed = 7, .serial = 7, .digest = "d"});
  const IndexTable read = Again(table);
  EXPECT_EQ(read.Find("full"), FullEntry("full"));
  EXPECT_EQ(read.Find("bare"), IndexEntry{.name = "bare"});
  EXPECT_EQ(read.Find("same")->listed, 7);
  EXPECT_FALSE(read.Find("none").has_value());
  EXPECT_FALSE(read.changed());
}

TEST(IndexTableTest, ChangesLieAboveWhatWasRead) {
  IndexTable table;
  for (const char* name : {"b", "d", "f"}) table.Put({.name = name});
  table = Again(table);
  table.Put({.name = "a"});
  table.Put({.name = "e"});
  table.Put({.name = "g"});
  table.Put({.name = "d", .missing = 1});
  table.Remove("f");
  table.Remove("none");
  EXPECT_THAT(NamesOf(table), ElementsAre("a", "b", "d", "e", "g"));
  EXPECT_EQ(table.Find("d")->missing, 1);
  EXPECT_FALSE(table.Find("f").has_value());
  EXPECT_THAT(NamesOf(Again(table)), ElementsAre("a", "b", "d", "e", "g"));
}

TEST(IndexTableTest, PuttingWhatIsThereChangesNothing) {
  IndexTable table;
  table.Put(FullEntry("full"));
  table = Again(table);
  table.Put({.name = "full"});
  EXPECT_TRUE(table.changed());
  table.Put(FullEntry("full"));
  EXPECT_FALSE(table.changed());
}

TEST(IndexTableTest, RefusesWhatIsNotSortedOrNotALine) {
  for (const char* text :
       {"b\t-\na\t-\n", "a\t-\na\t-\n", "a\n", "a\tz\n", "a\t-\tx\n", "\t-\n",
        "a\t-\t=\n", "a\t-\t\t\t\t\t\t\t\t\tone too many\t\n", "a\t-"}) {
    EXPECT_THAT(IndexTable::Parse(text, 0, std::string(text).size()),
                FailsWith(Failure::kMalformed))
        << text;
  }
}

TEST(IndexTableTest, AListIsComparedInAnyOrder) {
  using Difference = IndexListing::Difference;
  IndexTable table;
  table.Put({.name = "a", .listed = 1, .serial = 1, .digest = "d"});
  table.Put({.name = "b", .listed = 1, .serial = 3, .digest = "d"});
  table.Put({.name = "c", .digest = "d", .absent = true});
  table.Put({.name = "d", .listed = 4, .absent = true, .gone = true});
  table.Put({.name = "e"});
  table = Again(table);
  IndexListing listing(table);
  EXPECT_EQ(listing.See("c", 9), Difference::kSerial);
  EXPECT_EQ(listing.See("a", 1), Difference::kNone);
  EXPECT_EQ(listing.See("b", 3), Difference::kNone);
  EXPECT_EQ(listing.See("b", 1), Difference::kNone);
  EXPECT_EQ(listing.See("b", 2), Difference::kSerial);
  EXPECT_EQ(listing.See("a", std::nullopt), Difference::kSerial);
  EXPECT_EQ(listing.See("aa", 1), Difference::kUnknown);
  EXPECT_EQ(listing.See("d", 4), Difference::kSerial);  // it was gone
  EXPECT_THAT(listing.Unseen(), ElementsAre("e"));
  EXPECT_THAT(listing.Returned(), ElementsAre("c", "d"));
}

TEST(IndexMemoryTest, GivesBackTheFacts) {
  const IndexFacts facts{
      .index = "https://index.example/simple/",
      .selection = "abc",
      .html_only = true,
      .list_etag = "\"e\"",
      .list_digest = "abcd",
      .dependencies = {{"lib", {"fast", "nice"}}, {"base", {}}},
      .closure_open = true};
  ASSERT_OK_AND_ASSIGN(const IndexMemory memory,
                       ParseIndexMemory(FormatIndexMemory(facts, {})));
  EXPECT_EQ(memory.facts, facts);
  EXPECT_THAT(NamesOf(memory.table), IsEmpty());
}

TEST(IndexMemoryTest, AFileCutAnywhereIsNone) {
  IndexTable table;
  for (const char* name : {"a", "b"}) table.Put(FullEntry(name));
  const std::string text = FormatIndexMemory({}, table);
  ASSERT_THAT(ParseIndexMemory(text), IsOk());
  for (size_t length = 0; length < text.size(); ++length) {
    EXPECT_THAT(ParseIndexMemory(text.substr(0, length)),
                FailsWith(Failure::kMalformed));
  }
}

TEST(IndexMemoryTest, CursorsThatDoNotParseAreTheBeginning) {
  const IndexCursors cursors{.sweep = "m", .absent = "z"};
  EXPECT_EQ(ParseIndexCursors(FormatIndexCursors(cursors)), cursors);
  EXPECT_EQ(ParseIndexCursors("nonsense"), IndexCursors());
}

}  // namespace
}  // namespace tufmirror::source
