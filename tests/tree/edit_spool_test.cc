// The spool keeps order and every byte of paths and sources.
#include "tree/edit_spool.h"

#include <utility>
#include <vector>

#include "support/status_matchers.h"
#include "support/temp_directory.h"
#include "tufmirror/fs/file.h"

namespace tufmirror::tree {
namespace {

using ::testing::ElementsAre;
using testing::FailsWith;
using ::testing::IsEmpty;
using testing::IsOk;
using ::testing::Pair;
using testing::TempDirectory;

std::vector<std::pair<std::string, std::string>> EditsIn(EditSpool& spool) {
  std::vector<std::pair<std::string, std::string>> edits;
  EXPECT_THAT(
      spool.ForEach([&](const std::string& path, const std::string& source) {
        edits.emplace_back(path, source);
        return absl::OkStatus();
      }),
      IsOk());
  return edits;
}

TEST(EditSpool, KeepsOrderAndGrowsAfterReading) {
  const TempDirectory directory;
  ASSERT_OK_AND_ASSIGN(EditSpool spool,
                       EditSpool::Create(directory.Join("edits")));
  EXPECT_THAT(EditsIn(spool), IsEmpty());
  ASSERT_THAT(spool.AppendPut("b", "blobs/odd\nname"), IsOk());
  ASSERT_THAT(spool.AppendRemove("a"), IsOk());
  EXPECT_THAT(EditsIn(spool),
              ElementsAre(Pair("b", "blobs/odd\nname"), Pair("a", "")));
  ASSERT_THAT(spool.AppendPut("a", "blobs/1"), IsOk());
  EXPECT_THAT(EditsIn(spool), ElementsAre(Pair("b", "blobs/odd\nname"),
                                          Pair("a", ""), Pair("a", "blobs/1")));
}

TEST(EditSpool, ReplacesWhatAnEarlierRunLeft) {
  const TempDirectory directory;
  directory.Write("edits", std::string("x\0y\0", 4));
  ASSERT_OK_AND_ASSIGN(EditSpool spool,
                       EditSpool::Create(directory.Join("edits")));
  EXPECT_THAT(EditsIn(spool), IsEmpty());
}

TEST(EditSpool, HoldsFarMoreThanItsBuffer) {
  const TempDirectory directory;
  ASSERT_OK_AND_ASSIGN(EditSpool spool,
                       EditSpool::Create(directory.Join("edits")));
  for (int i = 0; i < 100000; ++i) {
    ASSERT_THAT(spool.AppendPut("simple/" + std::to_string(i),
                                "blobs/" + std::to_string(i)),
                IsOk());
  }
  int next = 0;
  EXPECT_THAT(
      spool.ForEach([&](const std::string& path, const std::string& source) {
        EXPECT_EQ(path, "simple/" + std::to_string(next));
        EXPECT_EQ(source, "blobs/" + std::to_string(next));
        ++next;
        return absl::OkStatus();
      }),
      IsOk());
  EXPECT_EQ(next, 100000);
}

TEST(EditSpool, CutOffIsRefused) {
  const TempDirectory directory;
  const std::string path = directory.Join("edits");
  ASSERT_OK_AND_ASSIGN(EditSpool spool, EditSpool::Create(path));
  ASSERT_THAT(spool.AppendPut("a", "blobs/1"), IsOk());
  EditsIn(spool);
  for (const std::string_view cut :
       {std::string_view("a\0blobs", 7), std::string_view("a\0", 2)}) {
    ASSERT_THAT(fs::WriteFileAtomically(path, cut, 0600, fs::Durability::kNone),
                IsOk());
    EXPECT_THAT(spool.ForEach([](const std::string&, const std::string&) {
      return absl::OkStatus();
    }),
                FailsWith(Failure::kMalformed));
  }
}

}  // namespace
}  // namespace tufmirror::tree
