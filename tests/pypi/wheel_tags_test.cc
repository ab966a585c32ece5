#include "tufmirror/pypi/wheel_tags.h"

#include <string>
#include <vector>

#include "support/status_matchers.h"

namespace tufmirror::pypi {
namespace {

using testing::FailsWith;
using testing::IsOk;

TargetPlatform Platform(std::string_view os, std::string_view machine) {
  absl::StatusOr<TargetPlatform> platform = TargetPlatform::Parse(os, machine);
  EXPECT_THAT(platform, IsOk()) << os;
  return platform.ok() ? *platform : TargetPlatform();
}

Interpreter Python(std::string_view text) {
  absl::StatusOr<Interpreter> interpreter = Interpreter::Parse(text);
  EXPECT_THAT(interpreter, IsOk()) << text;
  return interpreter.ok() ? *interpreter : Interpreter();
}

WheelTags Tags(std::string_view text) {
  absl::StatusOr<WheelTags> tags = WheelTags::Parse(text);
  EXPECT_THAT(tags, IsOk()) << text;
  return tags.ok() ? *tags : WheelTags();
}

TEST(PlatformTagTest, ClassifiesEveryKind) {
  const std::vector<std::pair<std::string, PlatformTag>> cases = {
      {"any", {.kind = PlatformKind::kAny}},
      {"manylinux1_x86_64", {PlatformKind::kManylinux, {2, 5}, "x86_64"}},
      {"manylinux2010_i686", {PlatformKind::kManylinux, {2, 12}, "i686"}},
      {"manylinux2014_aarch64", {PlatformKind::kManylinux, {2, 17}, "aarch64"}},
      {"manylinux_2_28_ppc64le",
       {PlatformKind::kManylinux, {2, 28}, "ppc64le"}},
      {"musllinux_1_2_armv7l", {PlatformKind::kMusllinux, {1, 2}, "armv7l"}},
      {"linux_x86_64", {PlatformKind::kLinux, {}, "x86_64"}},
      {"macosx_10_9_x86_64", {PlatformKind::kMacos, {10, 9}, "x86_64"}},
      {"macosx_11_0_arm64", {PlatformKind::kMacos, {11, 0}, "aarch64"}},
      {"macosx_10_9_universal2", {PlatformKind::kMacos, {10, 9}, "universal2"}},
      {"macosx_10_6_intel", {PlatformKind::kMacos, {10, 6}, "intel"}},
      {"macosx_10_6_fat3", {PlatformKind::kMacos, {10, 6}, "fat3"}},
      {"win32", {PlatformKind::kWindows, {}, "i686"}},
      {"win_amd64", {PlatformKind::kWindows, {}, "x86_64"}},
      {"win_arm64", {PlatformKind::kWindows, {}, "aarch64"}},
      {"Win_AMD64", {PlatformKind::kWindows, {}, "x86_64"}},
      {"android_21_arm64_v8a", {PlatformKind::kAndroid, {21, 0}, "aarch64"}},
      {"android_24_x86_64", {PlatformKind::kAndroid, {24, 0}, "x86_64"}},
      {"ios_13_0_arm64_iphoneos", {PlatformKind::kIos, {13, 0}, "aarch64"}},
      {"ios_13_0_x86_64_iphonesimulator",
       {PlatformKind::kIos, {13, 0}, "x86_64", true}},
      {"emscripten_3_1_58_wasm32",
       {PlatformKind::kEmscripten, {3, 1}, "wasm32"}},
      {"pyodide_2024_0_wasm32",
       {PlatformKind::kEmscripten, {2024, 0}, "wasm32"}},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(PlatformTag::Of(text), expected) << text;
  }
  for (const char* text :
       {"", "all", "manylinux_2_x86_64", "manylinux1_", "manylinux_x_1_x86_64",
        "manylinux2024_x86_64", "musllinux_1_1_", "linux_", "win_", "win64",
        "macosx_11_arm64", "ios_13_0_arm64", "android_x86_64",
        "macosx_9999999_0_x86_64", "openbsd_7_amd64", "emscripten_wasm32"}) {
    EXPECT_EQ(PlatformTag::Of(text), PlatformTag()) << text;
  }
}

TEST(PythonTagTest, ClassifiesEveryKind) {
  const std::vector<std::pair<std::string, PythonTag>> cases = {
      {"py3", {PythonKind::kGeneric, 3, {}}},
      {"py37", {PythonKind::kGeneric, 3, 7}},
      {"py2", {PythonKind::kGeneric, 2, {}}},
      {"cp311", {PythonKind::kCpython, 3, 11}},
      {"cp3_11", {PythonKind::kCpython, 3, 11}},
      {"CP27", {PythonKind::kCpython, 2, 7}},
      {"pp39", {PythonKind::kPypy, 3, 9}},
      {"pp3", {PythonKind::kPypy, 3, {}}},
      {"graalpy311", {PythonKind::kGraalpy, 3, 11}},
      {"jy27", {}},
      {"py", {}},
      {"pypy39", {}},
      {"source", {}},
      {"cp313t", {}},
      {"cp31111", {}},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(PythonTag::Of(text), expected) << text;
  }
}

TEST(AbiTagTest, ClassifiesEveryKind) {
  const std::vector<std::pair<std::string, AbiTag>> cases = {
      {"none", {.kind = AbiKind::kNone}},
      {"abi3", {.kind = AbiKind::kStable}},
      {"abi3t", {.kind = AbiKind::kStableFreeThreaded}},
      {"cp311", {AbiKind::kCpython, 3, 11, ""}},
      {"cp37m", {AbiKind::kCpython, 3, 7, "m"}},
      {"cp27mu", {AbiKind::kCpython, 2, 7, "mu"}},
      {"cp313t", {AbiKind::kCpython, 3, 13, "t"}},
      {"pypy39_pp73", {AbiKind::kPypy, 3, 9, ""}},
      {"graalpy231_310_native", {AbiKind::kGraalpy, 3, 10, ""}},
      {"graalpy_38_native", {AbiKind::kGraalpy, 3, 8, ""}},
      {"graalpy", {}},
      {"graalpy231", {}},
      {"cp3", {}},
      {"cp311x", {}},
      {"pypy39x", {}},
      {"abi4", {}},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(AbiTag::Of(text), expected) << text;
  }
}

TEST(WheelTagsTest, TakesCompressedSetsApart) {
  const WheelTags tags = Tags("py2.py3-none-manylinux1_x86_64.win32");
  EXPECT_EQ(tags.pythons.size(), 2u);
  EXPECT_EQ(tags.abis.size(), 1u);
  EXPECT_EQ(tags.platforms.size(), 2u);
  ASSERT_OK_AND_ASSIGN(
      const DistributionName wheel,
      ParseDistributionName("a-1-py2.py3-none-manylinux1_x86_64.win32.whl"));
  EXPECT_EQ(WheelTags::Of(wheel), tags);
  ASSERT_OK_AND_ASSIGN(const DistributionName sdist,
                       ParseDistributionName("a-1.tar.gz"));
  EXPECT_EQ(WheelTags::Of(sdist), WheelTags());
  EXPECT_FALSE(RunsOn(WheelTags(), TargetPlatform(), Interpreter()));
  for (const char* text :
       {"", "py3", "py3-none", "py3-none-any-x", "py3--any", "py3.-none-any"}) {
    EXPECT_THAT(WheelTags::Parse(text),
                FailsWith(Failure::kMalformed, "three sets"))
        << text;
  }
}

struct PythonCase {
  const char* tags;  // python-abi
  std::vector<const char*> runs;
  std::vector<const char*> does_not_run;
};

TEST(RunsOnTest, FollowsTheRulesForPythonAndAbi) {
  const PythonCase cases[] = {
      {"py3-none", {"3.2", "3.14", "3.13t", "pypy3.10"}, {"2.7"}},
      {"py2.py3-none", {"2.7", "3.9", "graalpy3.11"}, {}},
      {"py37-none", {"3.7", "3.8", "pypy3.9"}, {"3.6", "2.7"}},
      {"py2-none", {"2.7"}, {"3.8"}},
      {"py3-abi3", {}, {"3.8"}},
      {"py3-cp38", {}, {"3.8"}},
      {"cp311-cp311", {"3.11"}, {"3.10", "3.12", "pypy3.11"}},
      {"cp313-cp313", {"3.13"}, {"3.13t"}},
      {"cp313-cp313t", {"3.13t"}, {"3.13", "3.14t"}},
      {"cp37-cp37m", {"3.7"}, {"3.8"}},
      {"cp27-cp27mu", {"2.7"}, {"3.7"}},
      {"cp311-cp311d", {}, {"3.11"}},
      {"cp311-cp310", {}, {"3.11", "3.10"}},
      {"cp38-abi3", {"3.8", "3.9", "3.14"}, {"3.7", "3.13t", "pypy3.9", "2.7"}},
      {"cp3-abi3", {}, {"3.8"}},
      {"cp31-abi3", {}, {"3.8"}},
      {"cp315-abi3t", {"3.15t", "3.16t"}, {"3.15", "3.14t"}},
      {"cp315-abi3.abi3t", {"3.15t", "3.15", "3.16"}, {"3.14"}},
      {"cp39-none", {"3.9"}, {"3.10", "pypy3.9"}},
      {"cp313-none", {"3.13", "3.13t"}, {}},
      {"cp36.cp37.cp38-abi3", {"3.6", "3.12"}, {"3.5"}},
      {"cp27.cp38-cp27mu.cp38", {"2.7", "3.8"}, {"3.7"}},
      {"pp39-pypy39_pp73", {"pypy3.9"}, {"pypy3.10", "3.9"}},
      {"pp3-none", {"pypy3.9"}, {"3.9"}},
      {"pp310-none", {"pypy3.10"}, {"pypy3.9", "3.10"}},
      {"graalpy311-graalpy241_311_native", {"graalpy3.11"}, {"graalpy3.12"}},
      {"graalpy311-pypy311_pp73", {}, {"graalpy3.11"}},
      {"jy27-none", {}, {"2.7"}},
      {"py3-odd", {}, {"3.8"}},
  };
  for (const PythonCase& c : cases) {
    const WheelTags tags = Tags(std::string(c.tags) + "-any");
    for (const char* python : c.runs) {
      EXPECT_TRUE(RunsOn(tags, TargetPlatform(), Python(python)))
          << c.tags << " on " << python;
    }
    for (const char* python : c.does_not_run) {
      EXPECT_FALSE(RunsOn(tags, TargetPlatform(), Python(python)))
          << c.tags << " on " << python;
    }
  }
}

TEST(RunsOnTest, FollowsTheRulesForPlatforms) {
  struct Case {
    const char* tags;
    const char* os;
    const char* machine;
    bool runs;
  };
  const Case cases[] = {
      {"any", "windows", "x86_64", true},
      {"any", "emscripten", "wasm32", true},
      {"manylinux1_x86_64", "linux", "x86_64", true},
      {"manylinux1_x86_64", "linux", "aarch64", false},
      {"manylinux1_x86_64", "linux-musl", "x86_64", false},
      {"musllinux_1_1_x86_64", "linux-musl", "x86_64", true},
      {"musllinux_1_1_x86_64", "linux", "x86_64", false},
      {"linux_x86_64", "linux", "x86_64", true},
      {"linux_x86_64", "linux-musl", "x86_64", true},
      {"linux_x86_64", "macos", "x86_64", false},
      {"linux_armv7l", "linux", "armv7l", true},
      {"manylinux_2_17_i686.win32", "windows", "x86", true},
      {"win32", "windows", "x86_64", false},
      {"win_amd64", "windows", "x86_64", true},
      {"win_arm64", "windows", "arm64", true},
      {"win_amd64", "windows", "arm64", false},
      {"win_amd64", "linux", "x86_64", false},
      {"macosx_10_9_x86_64", "macos", "x86_64", true},
      {"macosx_10_9_x86_64", "macos", "arm64", false},
      {"macosx_11_0_arm64", "macos", "arm64", true},
      {"macosx_10_9_arm64", "macos", "arm64", false},
      {"macosx_10_9_universal2", "macos", "arm64", true},
      {"macosx_10_9_universal2", "macos", "x86_64", true},
      {"macosx_10_6_intel", "macos", "x86_64", true},
      {"macosx_10_6_intel", "macos", "arm64", false},
      {"macosx_10_6_fat", "macos", "x86_64", false},
      {"macosx_10_6_fat", "macos", "i386", true},
      {"macosx_10_6_fat3", "macos", "x86_64", true},
      {"macosx_10_6_fat64", "macos", "x86_64", true},
      {"macosx_10_6_fat64", "macos", "i386", false},
      {"macosx_10_6_universal", "macos", "ppc", true},
      {"android_21_arm64_v8a", "android", "aarch64", true},
      {"android_21_x86_64", "android", "aarch64", false},
      {"ios_13_0_arm64_iphoneos", "ios", "arm64", true},
      {"ios_13_0_arm64_iphoneos", "macos", "arm64", false},
      {"pyodide_2024_0_wasm32", "emscripten", "wasm32", true},
      {"odd", "linux", "x86_64", false},
  };
  for (const Case& c : cases) {
    const WheelTags tags = Tags(std::string("py3-none-") + c.tags);
    EXPECT_EQ(RunsOn(tags, Platform(c.os, c.machine), Interpreter()), c.runs)
        << c.tags << " on " << c.os << " " << c.machine;
  }
}

TEST(RunsOnTest, NewestSystemVersionsAreLimits) {
  TargetPlatform glibc = Platform("linux", "x86_64");
  glibc.max_libc = SystemVersion{2, 17};
  TargetPlatform musl = Platform("linux-musl", "x86_64");
  musl.max_libc = SystemVersion{1, 1};
  TargetPlatform macos = Platform("macos", "x86_64");
  macos.max_system = SystemVersion{12, 0};
  TargetPlatform android = Platform("android", "x86_64");
  android.max_system = SystemVersion{24, 0};
  TargetPlatform ios = Platform("ios", "arm64");
  ios.max_system = SystemVersion{13, 0};
  const std::vector<std::tuple<TargetPlatform, const char*, const char*>>
      cases = {
          {glibc, "manylinux2014_x86_64", "manylinux_2_18_x86_64"},
          {glibc, "manylinux_2_5_x86_64", "manylinux_3_0_x86_64"},
          {musl, "musllinux_1_1_x86_64", "musllinux_1_2_x86_64"},
          {macos, "macosx_12_0_x86_64", "macosx_13_0_x86_64"},
          {macos, "macosx_10_16_universal2", "macosx_12_1_universal2"},
          {android, "android_24_x86_64", "android_25_x86_64"},
          {ios, "ios_13_0_arm64_iphoneos", "ios_13_1_arm64_iphoneos"},
      };
  for (const auto& [platform, runs, too_new] : cases) {
    EXPECT_TRUE(PlatformTag::Of(runs).RunsOn(platform)) << runs;
    EXPECT_FALSE(PlatformTag::Of(too_new).RunsOn(platform)) << too_new;
  }
}

TEST(RunsOnTest, AsksForPlatformAndInterpreterApart) {
  const WheelTags tags = Tags("cp311-cp311-win_amd64");
  EXPECT_TRUE(RunsOnPlatform(tags, Platform("windows", "x86_64")));
  EXPECT_FALSE(RunsOnPlatform(tags, Platform("linux", "x86_64")));
  EXPECT_TRUE(RunsOnInterpreter(tags, Python("3.11")));
  EXPECT_FALSE(RunsOnInterpreter(tags, Python("3.12")));
  EXPECT_FALSE(RunsOn(tags, Platform("linux", "x86_64"), Python("3.11")));
}

}  // namespace
}  // namespace tufmirror::pypi
