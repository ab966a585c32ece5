// What the usual builds of Python say about the platform that they run on.
#include <string_view>

#include "tufmirror/pypi/marker.h"

namespace tufmirror::pypi {
namespace {

struct SystemValues {
  std::string_view os_name;
  std::string_view sys_platform;
  std::string_view platform_system;
};

SystemValues ValuesOf(OperatingSystem os) {
  switch (os) {
    case OperatingSystem::kLinux:
      return {"posix", "linux", "Linux"};
    case OperatingSystem::kMacos:
      return {"posix", "darwin", "Darwin"};
    case OperatingSystem::kWindows:
      return {"nt", "win32", "Windows"};
    case OperatingSystem::kAndroid:
      return {"posix", "android", "Android"};
    case OperatingSystem::kIos:
      return {"posix", "ios", "iOS"};
    case OperatingSystem::kEmscripten:
      return {"posix", "emscripten", "Emscripten"};
  }
  return {};
}

// The machine as that system spells it.
std::string MachineOf(const TargetPlatform& platform) {
  const std::string& machine = platform.machine;
  switch (platform.os) {
    case OperatingSystem::kWindows:
      if (machine == "x86_64") return "AMD64";
      if (machine == "aarch64") return "ARM64";
      if (machine == "i686") return "x86";
      return machine;
    case OperatingSystem::kMacos:
    case OperatingSystem::kIos:
      if (machine == "aarch64") return "arm64";
      if (machine == "i686") return "i386";
      return machine;
    default:
      return machine;
  }
}

}  // namespace

MarkerEnvironment MarkerEnvironment::Of(const TargetPlatform& platform,
                                        const Interpreter& interpreter) {
  const SystemValues values = ValuesOf(platform.os);
  MarkerEnvironment environment;
  environment.os_name = values.os_name;
  environment.sys_platform = values.sys_platform;
  environment.platform_system = values.platform_system;
  environment.platform_machine = MachineOf(platform);
  environment.python_version = interpreter.version.minor_str();
  if (interpreter.version.patch) {
    environment.python_full_version = interpreter.version.str();
  }
  switch (interpreter.implementation) {
    case Implementation::kCpython:
      environment.platform_python_implementation = "CPython";
      environment.implementation_name = "cpython";
      environment.implementation_version = environment.python_full_version;
      break;
    case Implementation::kPypy:
      environment.platform_python_implementation = "PyPy";
      environment.implementation_name = "pypy";
      break;
    case Implementation::kGraalpy:
      environment.platform_python_implementation = "GraalVM";
      environment.implementation_name = "graalpy";
      break;
  }
  return environment;
}

}  // namespace tufmirror::pypi
