// Which tags an installer accepts, by the rules of PEP 425 and of the PEPs for
// each platform. Tags are compared by rule; the hundreds of tags that an
// installer lists for its interpreter are never made.
#include <algorithm>

#include "tufmirror/pypi/wheel_tags.h"

namespace tufmirror::pypi {
namespace {

template <typename T>
bool AtMost(const T& value, const std::optional<T>& limit) {
  return !limit || value <= *limit;
}

// True if a macOS binary for `machine`, maybe a group, has code for `target`.
bool HasMacosCode(std::string_view machine, std::string_view target) {
  if (machine == target) return true;
  struct Group {
    std::string_view name;
    std::string_view machines[4];
  };
  // Installers know fat3 as fat32.
  static constexpr Group kGroups[] = {
      {"universal2", {"x86_64", "aarch64"}},
      {"universal", {"x86_64", "i686", "ppc", "ppc64"}},
      {"intel", {"x86_64", "i686"}},
      {"fat", {"i686", "ppc"}},
      {"fat3", {"x86_64", "i686", "ppc"}},
      {"fat32", {"x86_64", "i686", "ppc"}},
      {"fat64", {"x86_64", "ppc64"}},
  };
  return std::any_of(
      std::begin(kGroups), std::end(kGroups), [&](const Group& group) {
        return group.name == machine &&
               std::find(std::begin(group.machines), std::end(group.machines),
                         target) != std::end(group.machines);
      });
}

bool RunsOnMacos(const PlatformTag& tag, const TargetPlatform& platform) {
  // There is no macOS 10 for arm64, so installers do not look for its tags.
  if (tag.machine == "aarch64" && tag.version.major < 11) return false;
  return HasMacosCode(tag.machine, platform.machine) &&
         AtMost(tag.version, platform.max_system);
}

bool RunsOnLinux(const PlatformTag& tag, const TargetPlatform& platform) {
  if (tag.machine != platform.machine) return false;
  switch (tag.kind) {
    case PlatformKind::kLinux:
      return true;
    case PlatformKind::kManylinux:
      return platform.libc == Libc::kGlibc &&
             AtMost(tag.version, platform.max_libc);
    case PlatformKind::kMusllinux:
      return platform.libc == Libc::kMusl &&
             AtMost(tag.version, platform.max_libc);
    default:
      return false;
  }
}

bool IsExactly(const PythonTag& tag, const Interpreter& interpreter) {
  return tag.major == interpreter.version.major &&
         tag.minor == interpreter.version.minor;
}

bool IsAbiOf(const AbiTag& abi, const Interpreter& interpreter) {
  return abi.major == interpreter.version.major &&
         abi.minor == interpreter.version.minor;
}

// "py3" and "py37" promise to run on what comes later in the same major
// version; they promise nothing about an ABI.
bool AcceptsGeneric(const PythonTag& tag, const AbiTag& abi,
                    const Interpreter& interpreter) {
  return abi.kind == AbiKind::kNone && tag.major == interpreter.version.major &&
         (!tag.minor || *tag.minor <= interpreter.version.minor);
}

// "cp38-abi3" runs on 3.8 and later; the stable ABI came with 3.2.
bool AcceptsStable(const PythonTag& tag, const Interpreter& interpreter) {
  return tag.major == interpreter.version.major && tag.major == 3 &&
         tag.minor && *tag.minor >= 2 &&
         *tag.minor <= interpreter.version.minor;
}

bool AcceptsCpython(const PythonTag& tag, const AbiTag& abi,
                    const Interpreter& interpreter) {
  if (interpreter.implementation != Implementation::kCpython) return false;
  switch (abi.kind) {
    case AbiKind::kNone:
      return IsExactly(tag, interpreter);
    case AbiKind::kStable:
      return !interpreter.free_threaded && AcceptsStable(tag, interpreter);
    case AbiKind::kStableFreeThreaded:
      return interpreter.free_threaded && AcceptsStable(tag, interpreter);
    case AbiKind::kCpython:
      break;
    default:
      return false;
  }
  if (!IsExactly(tag, interpreter) || !IsAbiOf(abi, interpreter)) return false;
  // Pymalloc ("m") and wide characters ("u") were how most builds of 3.7 and
  // before were made; debug builds ("d") are nobody's target.
  return interpreter.free_threaded
             ? abi.flags == "t"
             : abi.flags.find_first_of("dt") == std::string::npos;
}

// PyPy and GraalPy: an ABI of their own, or none. "pp3" is any PyPy 3.
bool AcceptsAlternative(const PythonTag& tag, const AbiTag& abi,
                        AbiKind own_abi, const Interpreter& interpreter) {
  if (abi.kind == AbiKind::kNone) {
    return tag.major == interpreter.version.major &&
           (!tag.minor || tag.minor == interpreter.version.minor);
  }
  return abi.kind == own_abi && IsExactly(tag, interpreter) &&
         IsAbiOf(abi, interpreter);
}

bool Accepts(const PythonTag& tag, const AbiTag& abi,
             const Interpreter& interpreter) {
  switch (tag.kind) {
    case PythonKind::kGeneric:
      return AcceptsGeneric(tag, abi, interpreter);
    case PythonKind::kCpython:
      return AcceptsCpython(tag, abi, interpreter);
    case PythonKind::kPypy:
      return interpreter.implementation == Implementation::kPypy &&
             AcceptsAlternative(tag, abi, AbiKind::kPypy, interpreter);
    case PythonKind::kGraalpy:
      return interpreter.implementation == Implementation::kGraalpy &&
             AcceptsAlternative(tag, abi, AbiKind::kGraalpy, interpreter);
    case PythonKind::kOther:
      return false;
  }
  return false;
}

}  // namespace

bool PlatformTag::RunsOn(const TargetPlatform& platform) const {
  if (kind == PlatformKind::kAny) return true;
  switch (platform.os) {
    case OperatingSystem::kLinux:
      return RunsOnLinux(*this, platform);
    case OperatingSystem::kMacos:
      return kind == PlatformKind::kMacos && RunsOnMacos(*this, platform);
    case OperatingSystem::kWindows:
      return kind == PlatformKind::kWindows && machine == platform.machine;
    case OperatingSystem::kAndroid:
      return kind == PlatformKind::kAndroid && machine == platform.machine &&
             AtMost(version, platform.max_system);
    case OperatingSystem::kIos:
      return kind == PlatformKind::kIos && machine == platform.machine &&
             AtMost(version, platform.max_system);
    case OperatingSystem::kEmscripten:
      return kind == PlatformKind::kEmscripten && machine == platform.machine;
  }
  return false;
}

bool RunsOnPlatform(const WheelTags& tags, const TargetPlatform& platform) {
  return std::any_of(
      tags.platforms.begin(), tags.platforms.end(),
      [&](const PlatformTag& tag) { return tag.RunsOn(platform); });
}

bool RunsOnInterpreter(const WheelTags& tags, const Interpreter& interpreter) {
  for (const PythonTag& python : tags.pythons) {
    for (const AbiTag& abi : tags.abis) {
      if (Accepts(python, abi, interpreter)) return true;
    }
  }
  return false;
}

// The platform of a combination does not depend on its Python, nor the other
// way round, so the two questions can be asked apart.
bool RunsOn(const WheelTags& tags, const TargetPlatform& platform,
            const Interpreter& interpreter) {
  return RunsOnPlatform(tags, platform) && RunsOnInterpreter(tags, interpreter);
}

}  // namespace tufmirror::pypi
