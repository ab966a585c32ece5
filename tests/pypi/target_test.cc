#include "tufmirror/pypi/target.h"

#include <string>

#include "support/status_matchers.h"

namespace tufmirror::pypi {
namespace {

using testing::FailsWith;

TEST(PythonVersionTest, ReadsMinorAndPatchReleases) {
  ASSERT_OK_AND_ASSIGN(const PythonVersion minor, PythonVersion::Parse("3.11"));
  EXPECT_EQ(minor, (PythonVersion{.major = 3, .minor = 11}));
  EXPECT_EQ(minor.str(), "3.11");
  ASSERT_OK_AND_ASSIGN(const PythonVersion patch,
                       PythonVersion::Parse("3.10.0"));
  EXPECT_EQ(patch, (PythonVersion{.major = 3, .minor = 10, .patch = 0}));
  EXPECT_EQ(patch.str(), "3.10.0");
  EXPECT_EQ(patch.minor_str(), "3.10");
}

TEST(PythonVersionTest, RefusesWhatIsNotOne) {
  for (const char* text : {"", "3", "3.", ".3", "3.x", "3.11.", "3.11.4.1",
                           "3.11rc1", " 3.11", "3.011", "3.99999", "-3.1"}) {
    EXPECT_THAT(PythonVersion::Parse(text),
                FailsWith(Failure::kMalformed, "such as 3.11"))
        << text;
  }
}

TEST(TargetPlatformTest, NamesEveryMachineOneWay) {
  struct Case {
    const char* os;
    const char* machine;
    OperatingSystem expected_os;
    const char* expected_machine;
  };
  const Case cases[] = {
      {"linux", "x86_64", OperatingSystem::kLinux, "x86_64"},
      {"linux-musl", "ARM64", OperatingSystem::kLinux, "aarch64"},
      {"macos", "arm64", OperatingSystem::kMacos, "aarch64"},
      {"windows", "AMD64", OperatingSystem::kWindows, "x86_64"},
      {"windows", "x86", OperatingSystem::kWindows, "i686"},
      {"android", "armeabi_v7a", OperatingSystem::kAndroid, "armv7l"},
      {"ios", "arm64", OperatingSystem::kIos, "aarch64"},
      {"emscripten", "wasm32", OperatingSystem::kEmscripten, "wasm32"},
  };
  for (const Case& c : cases) {
    ASSERT_OK_AND_ASSIGN(const TargetPlatform platform,
                         TargetPlatform::Parse(c.os, c.machine));
    EXPECT_EQ(platform.os, c.expected_os) << c.os;
    EXPECT_EQ(platform.machine, c.expected_machine) << c.os;
    EXPECT_EQ(platform.libc,
              std::string(c.os) == "linux-musl" ? Libc::kMusl : Libc::kGlibc);
  }
}

TEST(TargetPlatformTest, RefusesUnknownSystemsAndOddMachines) {
  EXPECT_THAT(TargetPlatform::Parse("beos", "x86_64"),
              FailsWith(Failure::kMalformed, "platform 'beos': linux"));
  EXPECT_THAT(TargetPlatform::Parse("linux", ""),
              FailsWith(Failure::kMalformed, "machine ''"));
  EXPECT_THAT(TargetPlatform::Parse("linux", "x86-64"),
              FailsWith(Failure::kMalformed, "machine 'x86-64'"));
}

TEST(InterpreterTest, ReadsImplementationVersionAndThreading) {
  ASSERT_OK_AND_ASSIGN(const Interpreter plain, Interpreter::Parse("3.11"));
  EXPECT_EQ(plain, (Interpreter{.implementation = Implementation::kCpython,
                                .version = {.major = 3, .minor = 11}}));
  ASSERT_OK_AND_ASSIGN(const Interpreter named,
                       Interpreter::Parse("cpython3.11"));
  EXPECT_EQ(named, plain);
  ASSERT_OK_AND_ASSIGN(const Interpreter threaded, Interpreter::Parse("3.13t"));
  EXPECT_TRUE(threaded.free_threaded);
  EXPECT_EQ(threaded.version.minor, 13u);
  ASSERT_OK_AND_ASSIGN(const Interpreter pypy,
                       Interpreter::Parse("pypy3.10.2"));
  EXPECT_EQ(pypy.implementation, Implementation::kPypy);
  EXPECT_EQ(pypy.version.patch, 2u);
  ASSERT_OK_AND_ASSIGN(const Interpreter graal,
                       Interpreter::Parse("graalpy3.11"));
  EXPECT_EQ(graal.implementation, Implementation::kGraalpy);
}

TEST(InterpreterTest, RefusesWhatIsNotOne) {
  for (const char* text :
       {"", "python3.11", "cpython", "pypy3.10t", "311", "3.11tt", "cp311"}) {
    EXPECT_THAT(Interpreter::Parse(text),
                FailsWith(Failure::kMalformed, "interpreter '"))
        << text;
  }
}

}  // namespace
}  // namespace tufmirror::pypi
