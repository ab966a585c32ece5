#include "tufmirror/pypi/marker.h"

#include <string>
#include <vector>

#include "pypi/random_text.h"
#include "support/status_matchers.h"

namespace tufmirror::pypi {
namespace {

using testing::FailsWith;
using testing::IsOk;

Marker M(std::string_view text) {
  absl::StatusOr<Marker> marker = Marker::Parse(text);
  EXPECT_THAT(marker, IsOk()) << text;
  return marker.ok() ? *marker : Marker::Parse("os_name == ''").value();
}

MarkerEnvironment Linux(std::string_view python) {
  absl::StatusOr<TargetPlatform> platform =
      TargetPlatform::Parse("linux", "x86_64");
  absl::StatusOr<Interpreter> interpreter = Interpreter::Parse(python);
  EXPECT_THAT(platform, IsOk());
  EXPECT_THAT(interpreter, IsOk()) << python;
  return MarkerEnvironment::Of(*platform, *interpreter);
}

struct Case {
  const char* marker;
  bool holds;
};

void ExpectValues(const MarkerEnvironment& environment,
                  const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    EXPECT_EQ(M(c.marker).Evaluate(environment), c.holds) << c.marker;
    EXPECT_EQ(M(M(c.marker).str()).Evaluate(environment), c.holds) << c.marker;
  }
}

TEST(MarkerTest, ComparesVersionsAsVersions) {
  ExpectValues(Linux("3.10.4"),
               {{"python_version >= '3.9'", true},
                {"python_version < '3.9'", false},
                {"'3.9' <= python_version", true},
                {"'3.9' > python_version", false},
                {"python_version == '3.*'", true},
                {"python_version != '3.1.*'", true},
                {"python_version ~= '3.4'", true},
                {"python_version == '3.10.0'", true},
                {"python_version === '3.10'", true},
                {"python_version === '3.10.0'", false},
                {"python_full_version >= '3.10.4'", true},
                {"python_full_version < '3.10.4'", false},
                {"python_full_version > '3.10.4rc1'", true},
                {"implementation_version == '3.10.4'", true},
                {"'3.10.4' == '3.10.4.0'", true},
                {"python_version < python_full_version", true}});
}

TEST(MarkerTest, ComparesTheRestAsText) {
  ExpectValues(Linux("3.10.4"), {{"os_name == 'posix'", true},
                                 {"os_name != 'posix'", false},
                                 {"sys_platform == 'win32'", false},
                                 {"sys_platform in 'linux linux2'", true},
                                 {"'nux' in sys_platform", true},
                                 {"'win' not in sys_platform", true},
                                 {"python_version in '2.7, 3.10'", true},
                                 {"python_version not in '2.7'", true},
                                 // Text, as in Python: "3.1" is in "3.10".
                                 {"'3.1' in python_version", true},
                                 {"sys_platform < 'm'", true},
                                 {"sys_platform >= 'm'", false},
                                 {"sys_platform > 'linux'", false},
                                 {"sys_platform <= 'linux'", true},
                                 // One side is no version.
                                 {"platform_machine >= '1.0'", true},
                                 {"python_version == 'three'", false},
                                 {"python_version < 'three'", true},
                                 {"os_name === 'POSIX'", true},
                                 {"os_name ~= 'posix'", false},
                                 {"python_version < '=4'", true},
                                 {"'' == ''", true}});
}

TEST(MarkerTest, AndBindsStrongerThanOr) {
  const std::string yes = "os_name == 'posix'";
  const std::string no = "os_name == 'nt'";
  const MarkerEnvironment environment = Linux("3.10");
  EXPECT_TRUE(M(yes + " or " + no + " and " + no).Evaluate(environment));
  EXPECT_FALSE(
      M("(" + yes + " or " + no + ") and " + no).Evaluate(environment));
  EXPECT_TRUE(M(no + " and " + no + " or " + yes).Evaluate(environment));
  EXPECT_FALSE(M(no + " or " + no + " or " + no).Evaluate(environment));
  EXPECT_TRUE(
      M(yes + " and (" + no + " or (" + yes + "))").Evaluate(environment));
}

TEST(MarkerTest, ExtrasAreNormalizedAndOneOfThemIsEnough) {
  const MarkerEnvironment environment = Linux("3.10");
  const auto holds = [&](const char* marker, std::vector<std::string> extras) {
    return M(marker).Evaluate(environment, {.extras = std::move(extras)});
  };
  EXPECT_TRUE(holds("extra == 'Some.Extra'", {"some_extra"}));
  EXPECT_TRUE(holds("'some--extra' == extra", {"x", "SOME-EXTRA"}));
  EXPECT_FALSE(holds("extra == 'a'", {}));
  EXPECT_TRUE(holds("extra == ''", {}));
  EXPECT_TRUE(holds("extra != 'a'", {}));
  EXPECT_FALSE(holds("extra != 'a'", {"a"}));
  EXPECT_TRUE(holds("extra != 'a'", {"a", "b"}));
  EXPECT_FALSE(holds("extra == 'a' and extra == 'b'", {"a", "b"}));
  EXPECT_TRUE(holds("extra in 'a b'", {"b"}));
  // Names, even where they look like versions.
  EXPECT_FALSE(holds("extra == '1.0'", {"1"}));
  EXPECT_TRUE(holds("extra == '1.0'", {"1-0"}));
}

TEST(MarkerTest, LockFilesHaveSetsOfExtrasAndGroups) {
  const MarkerEnvironment environment = Linux("3.10");
  const MarkerSelection selection = {.extras = {"A.b", "c"},
                                     .dependency_groups = {"Dev"}};
  const auto holds = [&](const char* marker) {
    return M(marker).Evaluate(environment, selection);
  };
  EXPECT_TRUE(holds("'a-b' in extras and 'C' in extras"));
  EXPECT_FALSE(holds("'d' in extras"));
  EXPECT_TRUE(holds("'d' not in extras"));
  EXPECT_TRUE(holds("'dev' in dependency_groups"));
  EXPECT_FALSE(holds("'dev' not in dependency_groups"));
  EXPECT_FALSE(holds("'a-b' in dependency_groups"));
  EXPECT_FALSE(M("'a' in extras").Evaluate(environment));
}

TEST(MarkerTest, UnknownPatchReleaseMayBeAny) {
  ExpectValues(Linux("3.11"),
               {{"python_full_version < '3.11.3'", true},
                {"python_full_version >= '3.11.3'", true},
                {"python_full_version <= '3.11.0a6'", false},
                {"python_full_version < '3.11'", false},
                {"python_full_version < '3.10.4'", false},
                {"python_full_version == '3.11.2'", true},
                {"python_full_version == '3.10.*'", false},
                {"'3.11.3' <= python_full_version", true},
                {"'3.11' > python_full_version", false},
                {"'3.10.2' == python_full_version", false},
                {"'3.11.1' != python_full_version", true},
                {"'3.11' in python_full_version", true},
                {"'3.10.2' ~= python_full_version", true},
                {"implementation_version < '3.11'", false},
                {"python_full_version == implementation_version", true},
                {"python_full_version == 'odd'", true}});
}

TEST(MarkerTest, UnknownValuesNeverLeaveARequirementOut) {
  ExpectValues(Linux("pypy3.10"), {{"implementation_version < '1'", true},
                                   {"platform_release >= '20.0'", true},
                                   {"platform_version != ''", true},
                                   {"'x' in platform_version", true},
                                   {"os_name == 'nt' and "
                                    "platform_release >= '20.0'",
                                    false}});
  MarkerEnvironment known = Linux("3.10.1");
  known.platform_release = "5.15.0-azure";
  known.platform_version = "#1 SMP";
  ExpectValues(known, {{"platform_release >= '6'", false},
                       {"platform_release >= '5'", true},
                       {"'azure' in platform_release", true},
                       {"platform_version == 'x'", false}});
  known.platform_release = "19.6.0";
  ExpectValues(known, {{"platform_release >= '20.0'", false},
                       {"platform_release >= '9.0'", true}});
}

TEST(MarkerEnvironmentTest, SaysWhatTheUsualBuildsSay) {
  struct Row {
    const char* os;
    const char* machine;
    const char* interpreter;
    const char* marker;
  };
  const Row rows[] = {
      {"linux", "amd64", "3.11",
       "os_name == 'posix' and sys_platform == 'linux' and "
       "platform_system == 'Linux' and platform_machine == 'x86_64' and "
       "platform_python_implementation == 'CPython' and "
       "implementation_name == 'cpython' and python_version == '3.11'"},
      {"linux-musl", "aarch64", "3.11",
       "sys_platform == 'linux' and platform_machine == 'aarch64'"},
      {"macos", "aarch64", "3.13t",
       "os_name == 'posix' and sys_platform == 'darwin' and "
       "platform_system == 'Darwin' and platform_machine == 'arm64' and "
       "python_version == '3.13'"},
      {"windows", "x86_64", "3.11.2",
       "os_name == 'nt' and sys_platform == 'win32' and "
       "platform_system == 'Windows' and platform_machine == 'AMD64' and "
       "python_full_version == '3.11.2' and "
       "implementation_version == '3.11.2'"},
      {"windows", "arm64", "3.11", "platform_machine == 'ARM64'"},
      {"windows", "i686", "3.11", "platform_machine == 'x86'"},
      {"android", "arm64_v8a", "3.13",
       "sys_platform == 'android' and platform_machine == 'aarch64'"},
      {"ios", "arm64", "3.13",
       "sys_platform == 'ios' and platform_machine == 'arm64' and "
       "platform_system == 'iOS'"},
      {"emscripten", "wasm32", "3.13",
       "sys_platform == 'emscripten' and platform_machine == 'wasm32'"},
      {"linux", "x86_64", "pypy3.10",
       "platform_python_implementation == 'PyPy' and "
       "implementation_name == 'pypy' and python_version == '3.10'"},
      {"linux", "x86_64", "graalpy3.11",
       "platform_python_implementation == 'GraalVM' and "
       "implementation_name == 'graalpy'"},
  };
  for (const Row& row : rows) {
    ASSERT_OK_AND_ASSIGN(const TargetPlatform platform,
                         TargetPlatform::Parse(row.os, row.machine));
    ASSERT_OK_AND_ASSIGN(const Interpreter interpreter,
                         Interpreter::Parse(row.interpreter));
    EXPECT_TRUE(
        M(row.marker).Evaluate(MarkerEnvironment::Of(platform, interpreter)))
        << row.os << " " << row.interpreter;
  }
}

TEST(MarkerTest, WritesNormalForm) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"os_name=='nt'", "os_name == \"nt\""},
      {" os.name  not   in 'a\"b' ", "os_name not in 'a\"b'"},
      {"python_implementation=='CPython'",
       "platform_python_implementation == \"CPython\""},
      {"platform.python_implementation=='x'",
       "platform_python_implementation == \"x\""},
      {"sys.platform=='x'", "sys_platform == \"x\""},
      {"platform.version=='x'", "platform_version == \"x\""},
      {"extra == 'A_b'", "extra == \"a-b\""},
      {"((os_name=='a'))", "os_name == \"a\""},
      {"os_name=='a'and(os_name=='b'or os_name=='c')",
       "os_name == \"a\" and (os_name == \"b\" or os_name == \"c\")"},
      {"(os_name=='a' and os_name=='b') or os_name=='c'",
       "os_name == \"a\" and os_name == \"b\" or os_name == \"c\""},
      {"os_name=='a' or (os_name=='b' or (os_name=='c'))",
       "os_name == \"a\" or os_name == \"b\" or os_name == \"c\""},
  };
  for (const auto& [text, normal] : cases) {
    EXPECT_EQ(M(text).str(), normal) << text;
    EXPECT_EQ(M(normal), M(text)) << text;
  }
}

TEST(MarkerTest, KnowsWhetherItMentionsExtras) {
  EXPECT_TRUE(M("os_name == 'a' or extra == 'b'").MentionsExtra());
  EXPECT_TRUE(M("'a' in extras").MentionsExtra());
  EXPECT_FALSE(M("'extra' in os_name").MentionsExtra());
}

TEST(MarkerTest, RefusesWhatTheGrammarDoesNotHaveAndSaysWhere) {
  const std::vector<std::pair<std::string, const char*>> cases = {
      {"",
       "column 1: a marker variable or a quoted text expected, got the end"},
      {"os_name", "column 8: one of ~="},
      {"os_name ==", "column 11: a marker variable"},
      {"os_name = 'a'", "column 9: one of ~="},
      {"nonsense == 'a'", "column 1: a marker variable"},
      {"os_name == nt", "column 12: a marker variable"},
      {"os_name == 'a", "column 12: this quote is never closed"},
      {"os_name == 'a' 'b'", "column 16: 'and', 'or' or the end"},
      {"os_name == 'a' and", "column 19: a marker variable"},
      {"os_name == 'a' nor os_name == 'b'", "column 16"},
      {"os_name == 'a' andos_name == 'b'", "column 16"},
      {"(os_name == 'a'", "column 16: 'and', 'or' or ')' expected"},
      {"os_name == 'a')", "column 15"},
      {"()", "column 2: a marker variable"},
      {"os_name not 'a'", "column 13: 'in' after 'not' expected"},
      {"os_name notin 'a'", "column 9"},
      {"os_name == 'a\nb'", "UTF-8 text expected"},
      {"os_name == 'a\xFF'", "UTF-8 text expected"},
      {"extras == 'a'", "are sets"},
      {"'a' == extras", "are sets"},
      {"os_name in extras", "are sets"},
      {"'a' < dependency_groups", "are sets"},
      {std::string(65, '(') + "os_name == 'a'" + std::string(65, ')'),
       "column 65: parentheses more than 64 deep"},
      {"os_name == '" + std::string(17000, 'a') + "'", "17013 bytes"},
  };
  for (const auto& [text, why] : cases) {
    EXPECT_THAT(Marker::Parse(text), FailsWith(Failure::kMalformed, why))
        << text;
  }
  EXPECT_THAT(Marker::Parse(std::string(64, '(') + "os_name == 'a'" +
                            std::string(64, ')')),
              IsOk());
}

TEST(MarkerTest, NormalFormMeansTheSame) {
  RandomText random(3);
  const std::vector<MarkerEnvironment> environments = {
      Linux("3.8"), Linux("3.8.1"), Linux("3.10.1"), Linux("pypy3.10")};
  const std::vector<MarkerSelection> selections = {
      {},
      {.extras = {"x"}},
      {.extras = {"b-c", "a"}, .dependency_groups = {"b"}}};
  for (int round = 0; round < 3000; ++round) {
    const std::string text = random.Marker();
    const Marker marker = M(text);
    const Marker again = M(marker.str());
    ASSERT_EQ(again.str(), marker.str()) << text;
    for (const MarkerEnvironment& environment : environments) {
      for (const MarkerSelection& selection : selections) {
        ASSERT_EQ(again.Evaluate(environment, selection),
                  marker.Evaluate(environment, selection))
            << text;
      }
    }
  }
}

// What is not known can only add requirements: a marker that holds for a
// patch release holds for the minor release too.
TEST(MarkerTest, KnowingLessNeverMakesAMarkerFail) {
  RandomText random(4);
  std::vector<MarkerEnvironment> known;
  for (int patch = 0; patch < 4; ++patch) {
    known.push_back(Linux("3.8." + std::to_string(patch)));
    known.back().platform_release = patch == 0 ? "" : "5.4";
  }
  const MarkerEnvironment unknown = Linux("3.8");
  for (int round = 0; round < 3000; ++round) {
    const std::string text = random.Marker();
    const Marker marker = M(text);
    if (marker.Evaluate(unknown)) continue;
    for (const MarkerEnvironment& environment : known) {
      ASSERT_FALSE(marker.Evaluate(environment)) << text;
    }
  }
}

}  // namespace
}  // namespace tufmirror::pypi
