// Names of operating systems, machines and interpreters.
#include "tufmirror/pypi/target.h"

#include <algorithm>

#include "fmt/format.h"
#include "tufmirror/base/failure.h"
#include "tufmirror/base/status_macros.h"
#include "tufmirror/base/strings.h"

namespace tufmirror::pypi {
namespace {

struct SystemName {
  std::string_view name;
  OperatingSystem os;
  Libc libc;
};

constexpr SystemName kSystems[] = {
    {"linux", OperatingSystem::kLinux, Libc::kGlibc},
    {"linux-musl", OperatingSystem::kLinux, Libc::kMusl},
    {"macos", OperatingSystem::kMacos, Libc::kGlibc},
    {"windows", OperatingSystem::kWindows, Libc::kGlibc},
    {"android", OperatingSystem::kAndroid, Libc::kGlibc},
    {"ios", OperatingSystem::kIos, Libc::kGlibc},
    {"emscripten", OperatingSystem::kEmscripten, Libc::kGlibc},
};

struct MachineName {
  std::string_view name;
  std::string_view canonical;
};

constexpr MachineName kMachines[] = {
    {"amd64", "x86_64"}, {"x64", "x86_64"},         {"arm64", "aarch64"},
    {"x86", "i686"},     {"arm64_v8a", "aarch64"},  {"i386", "i686"},
    {"i586", "i686"},    {"armeabi_v7a", "armv7l"},
};

struct ImplementationName {
  std::string_view prefix;
  Implementation implementation;
};

constexpr ImplementationName kImplementations[] = {
    {"cpython", Implementation::kCpython},
    {"pypy", Implementation::kPypy},
    {"graalpy", Implementation::kGraalpy},
};

bool IsMachineCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

std::string CanonicalMachine(std::string_view machine) {
  std::string lower(machine);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  for (const MachineName& name : kMachines) {
    if (lower == name.name) return std::string(name.canonical);
  }
  return lower;
}

absl::StatusOr<TargetPlatform> TargetPlatform::Parse(std::string_view os,
                                                     std::string_view machine) {
  const auto* const system =
      std::find_if(std::begin(kSystems), std::end(kSystems),
                   [&](const SystemName& name) { return name.name == os; });
  if (system == std::end(kSystems)) {
    return MakeFailure(
        Failure::kMalformed,
        fmt::format("platform '{}': linux, linux-musl, macos, windows, "
                    "android, ios or emscripten expected",
                    Printable(os)));
  }
  std::string canonical = CanonicalMachine(machine);
  if (canonical.empty() ||
      !std::all_of(canonical.begin(), canonical.end(), IsMachineCharacter)) {
    return MakeFailure(Failure::kMalformed,
                       fmt::format("machine '{}': letters, digits and '_' "
                                   "expected, such as x86_64 or aarch64",
                                   Printable(machine)));
  }
  return TargetPlatform{
      .os = system->os, .machine = std::move(canonical), .libc = system->libc};
}

absl::StatusOr<Interpreter> Interpreter::Parse(std::string_view text) {
  Interpreter interpreter;
  std::string_view rest = text;
  for (const ImplementationName& name : kImplementations) {
    if (rest.substr(0, name.prefix.size()) != name.prefix) continue;
    interpreter.implementation = name.implementation;
    rest.remove_prefix(name.prefix.size());
    break;
  }
  if (!rest.empty() && rest.back() == 't' &&
      interpreter.implementation == Implementation::kCpython) {
    interpreter.free_threaded = true;
    rest.remove_suffix(1);
  }
  const absl::StatusOr<PythonVersion> version = PythonVersion::Parse(rest);
  if (!version.ok()) {
    return MakeFailure(
        Failure::kMalformed,
        fmt::format("interpreter '{}': a version such as 3.11, 3.13t, pypy3.10 "
                    "or graalpy3.11 expected",
                    Printable(text)));
  }
  interpreter.version = *version;
  return interpreter;
}

}  // namespace tufmirror::pypi
