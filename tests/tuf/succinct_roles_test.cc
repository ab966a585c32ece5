// TAP 15: how many bins, what they are called, which one a path belongs to.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tufmirror/crypto/hash.h"
#include "tufmirror/tuf/model.h"

namespace tufmirror::testing {
namespace {

tuf::SuccinctRoles Bins(int bit_length, std::string name_prefix = "bin") {
  tuf::SuccinctRoles bins;
  bins.bit_length = bit_length;
  bins.name_prefix = std::move(name_prefix);
  return bins;
}

TEST(SuccinctRolesTest, CountsBins) {
  EXPECT_EQ(Bins(1).bin_count(), 2u);
  EXPECT_EQ(Bins(3).bin_count(), 8u);
  EXPECT_EQ(Bins(14).bin_count(), 16384u);
  EXPECT_EQ(Bins(32).bin_count(), 4294967296u);
}

TEST(SuccinctRolesTest, NamesBinsInAsManyDigitsAsTheLastOneNeeds) {
  struct Case {
    int bits;
    uint64_t bin;
    const char* name;
  };
  for (const Case& c :
       {Case{1, 0, "bin-0"}, Case{1, 1, "bin-1"}, Case{3, 7, "bin-7"},
        Case{4, 15, "bin-f"}, Case{5, 0, "bin-00"}, Case{5, 31, "bin-1f"},
        Case{8, 10, "bin-0a"}, Case{8, 255, "bin-ff"}, Case{9, 256, "bin-100"},
        Case{14, 0, "bin-0000"}, Case{14, 16383, "bin-3fff"},
        Case{16, 171, "bin-00ab"}, Case{17, 1, "bin-00001"},
        Case{32, 0, "bin-00000000"}, Case{32, 4294967295u, "bin-ffffffff"}}) {
    EXPECT_EQ(Bins(c.bits).BinName(c.bin), c.name) << c.bits;
  }
}

// The example of TAP 15: prefix "alice.hbd", two digits.
TEST(SuccinctRolesTest, NamesTheBinsOfTap15sExample) {
  const tuf::SuccinctRoles bins = Bins(8, "alice.hbd");
  EXPECT_EQ(bins.BinName(0), "alice.hbd-00");
  EXPECT_EQ(bins.BinName(1), "alice.hbd-01");
  EXPECT_EQ(bins.BinName(2), "alice.hbd-02");
  EXPECT_EQ(bins.BinName(3), "alice.hbd-03");
  EXPECT_EQ(Bins(16, "alice.hbd-").BinName(0), "alice.hbd--0000");
}

// TAP 15: with three bits the bins start with 000, 001, 010, ... 111.
TEST(SuccinctRolesTest, ABinIsTheFirstBitsOfTheDigest) {
  const std::string foo = "foo";  // 2c26b46b... = 0010 1100 0010 0110 ...
  EXPECT_EQ(Bins(1).BinOf(foo), 0u);
  EXPECT_EQ(Bins(2).BinOf(foo), 0u);
  EXPECT_EQ(Bins(3).BinOf(foo), 1u);
  EXPECT_EQ(Bins(4).BinOf(foo), 2u);
  EXPECT_EQ(Bins(5).BinOf(foo), 5u);
  EXPECT_EQ(Bins(8).BinOf(foo), 0x2cu);
  EXPECT_EQ(Bins(14).BinOf(foo), 0x2c26u >> 2);
  EXPECT_EQ(Bins(31).BinOf(foo), 0x2c26b46bu >> 1);
  EXPECT_EQ(Bins(32).BinOf(foo), 0x2c26b46bu);
  // The first bit set: 8d9c318b...
  EXPECT_EQ(Bins(1).BinOf("simple/index.html"), 1u);
  EXPECT_EQ(Bins(32).BinOf("simple/index.html"), 0x8d9c318bu);
  EXPECT_EQ(Bins(8).BinOf(""), 0xe3u);
  EXPECT_EQ(Bins(14).BinNameOf("packages/flit/flit-3.9.0.tar.gz"),
            "bin-1b26");  // 6c9b5e... >> 2
}

TEST(SuccinctRolesTest, BinsAreThoseOfExplicitHashPrefixes) {
  const tuf::SuccinctRoles bins = Bins(8);
  for (int i = 0; i < 300; ++i) {
    const std::string path = "packages/p" + std::to_string(i);
    tuf::DelegatedRole explicit_bin;
    explicit_bin.paths =
        tuf::PathHashPrefixes{{crypto::Sha256Of(path).Hex().substr(0, 2)}};
    EXPECT_TRUE(explicit_bin.Matches(path));
    EXPECT_EQ(bins.BinNameOf(path),
              "bin-" + crypto::Sha256Of(path).Hex().substr(0, 2));
  }
}

TEST(SuccinctRolesTest, KnowsItsBinNames) {
  for (const int bits : {1, 2, 3, 4, 5, 8, 9}) {
    const tuf::SuccinctRoles bins = Bins(bits);
    for (uint64_t bin = 0; bin < bins.bin_count(); ++bin) {
      EXPECT_TRUE(bins.IsBinName(bins.BinName(bin))) << bins.BinName(bin);
    }
  }
  EXPECT_TRUE(Bins(32).IsBinName("bin-ffffffff"));
}

TEST(SuccinctRolesTest, KnowsNoOtherNames) {
  const tuf::SuccinctRoles bins = Bins(5);  // bin-00 ... bin-1f
  for (const char* name : {"",
                           "bin",
                           "bin-",
                           "bin-0",
                           "bin-000",
                           "bin-20",
                           "bin-ff",
                           "bin-1F",
                           "bin-0A",
                           "Bin-00",
                           "bin-0g",
                           "bin- 0",
                           "bin-+1",
                           "bin--1",
                           "bin-0x",
                           "bin_00",
                           "bin00",
                           "xbin-00",
                           "bin-00 ",
                           "bin-00\n",
                           "bin-00.json",
                           "bin-0000000000000000000000",
                           "targets",
                           "bin-00000000000000001f"}) {
    EXPECT_FALSE(bins.IsBinName(name)) << name;
  }
  EXPECT_FALSE(bins.IsBinName(std::string_view("bin-00\0", 7)));
  EXPECT_FALSE(Bins(3).IsBinName("bin-8"));
  EXPECT_FALSE(Bins(32).IsBinName("bin-100000000"));
  EXPECT_FALSE(Bins(32).IsBinName("bin-fffffffff"));
}

}  // namespace
}  // namespace tufmirror::testing
