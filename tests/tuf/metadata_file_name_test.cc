// Names of metadata files: a role name, whatever it is, stays one file.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tufmirror/tuf/model.h"

namespace tufmirror::testing {
namespace {

TEST(MetadataFileNameTest, VersionPrefixAndNone) {
  EXPECT_EQ(tuf::MetadataFileName("root", 7), "7.root.json");
  EXPECT_EQ(tuf::MetadataFileName("timestamp", std::nullopt), "timestamp.json");
  EXPECT_EQ(tuf::MetadataFileName("bin-00ff", 12), "12.bin-00ff.json");
  EXPECT_EQ(tuf::MetadataFileName("targets", 9223372036854775807),
            "9223372036854775807.targets.json");
}

TEST(MetadataFileNameTest, EncodesWhatIsNotUnreserved) {
  const std::string unreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
  EXPECT_EQ(tuf::MetadataFileName(unreserved, std::nullopt),
            unreserved + ".json");
  struct Case {
    const char* role;
    const char* file;
  };
  for (const Case& c :
       {Case{"a/b", "a%2Fb.json"}, Case{"../a", "..%2Fa.json"},
        Case{"/etc/passwd", "%2Fetc%2Fpasswd.json"}, Case{"a b", "a%20b.json"},
        Case{"a\\b", "a%5Cb.json"}, Case{"a%2Fb", "a%252Fb.json"},
        Case{"a:b", "a%3Ab.json"}, Case{"a?b#c", "a%3Fb%23c.json"},
        Case{"a+b", "a%2Bb.json"}, Case{"a*b", "a%2Ab.json"},
        Case{"é", "%C3%A9.json"}, Case{"\n", "%0A.json"},
        Case{"\x7f", "%7F.json"}, Case{"\xff", "%FF.json"}}) {
    EXPECT_EQ(tuf::MetadataFileName(c.role, std::nullopt), c.file);
    EXPECT_EQ(tuf::MetadataFileName(c.role, 3), std::string("3.") + c.file);
  }
  EXPECT_EQ(tuf::MetadataFileName(std::string_view("a\0b", 3), std::nullopt),
            "a%00b.json");
}

// The attack: a delegated role whose file would lie outside the metadata
// directory, or be that of another role.
TEST(MetadataFileNameTest, NoRoleNameEscapesOrCollides) {
  std::vector<std::string> roles = {
      ".",       "..",          "../x", "..\\x",   "./x",   "x/..",
      "/",       "//",          "a/b",  "a%2Fb",   "a%2fb", "a%252Fb",
      "%2e%2e",  "%2E%2E/x",    "a",    "a.json",  "1.a",   "A",
      "a/",      "/a",          "a\\",  "\\",      "C:\\x", "con",
      "http://", "file:///etc", "?",    "a?x=1",   "#",     "~",
      "~root",   " ",           "a ",   "\t",      "-rf",   "--",
      "é",       "e\xcc\x81",   "\xff", "\xc0\xaf"};
  roles.push_back(std::string("\0", 1));
  roles.push_back(std::string("a\0/../b", 7));
  for (int c = 1; c < 256; ++c) roles.push_back("q" + std::string(1, char(c)));
  std::set<std::string> files;
  for (const std::string& role : roles) {
    const std::string file = tuf::MetadataFileName(role, std::nullopt);
    EXPECT_TRUE(files.insert(file).second) << "two roles share " << file;
    EXPECT_NE(file, ".");
    EXPECT_NE(file, "..");
    for (const char c : file) {
      EXPECT_TRUE(c > ' ' && c < 0x7f && c != '/' && c != '\\' && c != '?' &&
                  c != '#' && c != ':')
          << file;
    }
  }
}

}  // namespace
}  // namespace tufmirror::testing
