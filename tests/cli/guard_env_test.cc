#include "cli/guard_env.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "cli/shell_quote.h"
#include "support/temp_directory.h"

namespace tufmirror::cli {
namespace {

TEST(ShellExports, SayOnlyWhatDiffers) {
  EXPECT_EQ(ShellExports({{"A", "1"}, {"B", "2"}, {"GONE", "x"}},
                         {{"A", "1"}, {"B", "3"}, {"NEW", "it's"}}),
            "unset GONE;\nexport B=3;\nexport NEW='it'\\''s';\n");
  EXPECT_EQ(ShellExports({{"A", "1"}}, {{"A", "1"}}), "");
}

TEST(ShellExports, NamesThatNoShellHasStayOut) {
  EXPECT_EQ(ShellExports({{"PIP_EXTRA-INDEX-URL", "x"}, {"$(id)", "x"}},
                         {{"1A", "x"}, {"A;B", "x"}, {"", "x"}}),
            "");
}

TEST(ShellExports, AShellReadsEveryValueAsItIs) {
  const testing::TempDirectory directory;
  for (const std::string value :
       {"", " ", "$(touch pwned)", "`id`", "a'b\"c\\d", "two\nlines", "*", "~",
        "http://127.0.0.1:1/simple/", "-n", "a;b&c|d>e", "\xff\xfe"}) {
    const std::string got = directory.Join("got");
    const std::string script = directory.Write(
        "script", "eval " + ShellQuoted(ShellExports({}, {{"VALUE", value}})) +
                      "\nprintf %s \"$VALUE\" >" + ShellQuoted(got) + "\n");
    ASSERT_EQ(std::system(("sh " + ShellQuoted(script)).c_str()), 0) << value;
    EXPECT_EQ(testing::ReadWholeFile(got), value);
  }
}

}  // namespace
}  // namespace tufmirror::cli
